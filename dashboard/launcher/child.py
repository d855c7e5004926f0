"""Runs a module as its own process that ends with the launcher: `python -m dashboard.launcher.child MODULE ARGS`.

The launcher holds the other end of this process's standard input and never writes. Reading it returns only when the
launcher has gone, however it went (killed, crashed), on every system; no process is left behind.
"""

import os
import runpy
import signal
import sys
import threading
import time

# How long an orderly end may take before the process is cut off.
GRACE_SECONDS = 5.0


def _end_with_launcher() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


def main() -> None:
    """Runs the module named by the first argument as `__main__`, with the remaining arguments as its own."""
    threading.Thread(target=_end_with_launcher, daemon=True, name="end-with-launcher").start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
