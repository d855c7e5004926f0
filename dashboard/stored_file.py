"""Small JSON files in the data folder: changed under a lock, written whole, never overwritten when they cannot be read.

with changing(path) as stored:       # a dict; nobody else of this machine changes the file meanwhile
    stored["name"] = "value"         # is written at the end of the block, unless it raises
"""

import fcntl
import json
import logging
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

log = logging.getLogger(__name__)

LOCK_SECONDS: Final = 5.0
"""How long a change waits for another's, which takes some milliseconds."""


def read_object(path: Path) -> dict[str, Any]:
    """Returns the JSON object of the file, {} where there is none.

    Raises OSError where it cannot be read, ValueError where it holds anything but a JSON object.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except RecursionError as problem:
        raise ValueError("nested too deeply") from problem
    if not isinstance(stored, dict):
        raise ValueError("no JSON object")
    return stored


@contextmanager
def changing(path: Path) -> Iterator[dict[str, Any]]:
    """Yields what the file holds and writes it back at the end, where it was changed.

    Threads and processes do so one after the other. A file that holds no JSON object is set aside and not lost.
    Raises OSError (TimeoutError where another change does not end).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.with_name(path.name + ".lock")):
        try:
            before = path.read_bytes() if path.exists() else b""
            stored = read_object(path)
        except ValueError:
            aside = path.with_name(f"{path.stem}-damaged-{uuid.uuid4().hex[:8]}{path.suffix}")
            path.replace(aside)
            log.error("a stored file could not be understood and is set aside")
            before, stored = b"", {}
        yield stored
        text = _json(stored)
        if text != before:
            _write(path, text)


def write_object(path: Path, value: dict[str, Any]) -> None:
    """Writes the file anew, whole or not at all, and through to the disk. Raises OSError."""
    _write(path, _json(value))


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _write(path: Path, text: bytes) -> None:
    # Written to another file and put in place at once: a crash leaves the old file as it was.
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Holds the lock of a file of its own, which stays: a lock on a file that is replaced protects nothing."""
    with path.open("ab") as held:
        end = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as busy:
                if time.monotonic() > end:
                    raise TimeoutError("another change of the file does not end") from busy
                time.sleep(0.005)
        yield
