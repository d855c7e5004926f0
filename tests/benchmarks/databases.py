"""A loaded database for each size of cohort, made once and kept in .data/bench: 10,000 patients take their time."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from tests.running import ROOT, Parts

SUMMARY_CACHE = ROOT / ".data" / "bench"
SEED = 7


def cohort_folder(patients: int, say: Callable[[str], None]) -> Path:
    """A data folder whose database holds the demo cohort of that size; loads it if it is not there yet."""
    folder = SUMMARY_CACHE / str(patients)
    told = folder / "loaded.json"
    if not told.exists():
        say(f"loading {patients} demo patients into {folder} (kept for the next time) ...")
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("fhir.sqlite*"):
            left.unlink()
        started = time.monotonic()
        with Parts(folder) as parts:
            parts.start_server()
            parts.load_demo("--patients", str(patients), "--seed", str(SEED))
        told.write_text(json.dumps({"seconds": round(time.monotonic() - started, 1)}) + "\n", encoding="utf-8")
    return folder


def loading_seconds(folder: Path) -> float:
    """How long the load took when it was done."""
    return float(json.loads((folder / "loaded.json").read_text(encoding="utf-8"))["seconds"])
