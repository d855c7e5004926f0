"""How far it is: a bar that redraws itself on a terminal, a line every few seconds anywhere else."""

import sys
import threading
import time
from typing import Final, TextIO

_WIDTH: Final = 30
_TERMINAL_SECONDS: Final = 0.2
_PLAIN_SECONDS: Final = 5.0


class Progress:
    """Counts steps and records; safe to use from several threads. `total` 0: not known, no bar is drawn."""

    def __init__(self, label: str, total: int, out: TextIO = sys.stdout) -> None:
        self._label, self._total, self._out = label, total, out
        self._steps = self._records = 0
        self._began = self._shown = time.monotonic()
        self._terminal = out.isatty()
        self._lock = threading.Lock()

    def step(self, records: int) -> None:
        """One more step, with so many records written by it."""
        with self._lock:
            self._steps += 1
            self._records += records
            now = time.monotonic()
            if now - self._shown >= (_TERMINAL_SECONDS if self._terminal else _PLAIN_SECONDS):
                self._shown = now
                self._show(now)

    def end(self) -> None:
        """Draws the last state, where a bar was drawn."""
        if self._terminal and self._steps:
            self._show(time.monotonic())
            self._out.write("\n")
            self._out.flush()

    def _show(self, now: float) -> None:
        rate = self._records / max(0.001, now - self._began)
        text = f"{self._label} {self._steps:,}{f' of {self._total:,}' if self._total else ''}, "
        text += f"{self._records:,} records, {rate:,.0f} a second"
        if self._terminal:
            done = _WIDTH * min(self._steps, self._total) // self._total if self._total else 0
            bar = f"[{'#' * done}{'.' * (_WIDTH - done)}] " if self._total else ""
            self._out.write(f"\r{bar}{text}\x1b[K")
        else:
            self._out.write(f"{text}\n")
        self._out.flush()
