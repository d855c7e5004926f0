"""A loaded database for each size of cohort, made once in .data/bench: loading 10,000 patients takes long."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from tests.running import ROOT, Parts

DATABASES = ROOT / ".data" / "bench"
SEED = 7


def cohort_folder(patients: int, say: Callable[[str], None]) -> Path:
    """Returns the data folder of the demo cohort of this size; loads the cohort first if that was not done before."""
    folder = DATABASES / str(patients)
    loaded = folder / "loaded.json"
    if not loaded.exists():
        say(f"loading {patients} demo patients into {folder} (and used again the next time) ...")
        folder.mkdir(parents=True, exist_ok=True)
        for incomplete in folder.glob("fhir.sqlite*"):
            incomplete.unlink()
        started = time.monotonic()
        with Parts(folder) as parts:
            parts.start_server()
            parts.load_demo("--patients", str(patients), "--seed", str(SEED))
        loaded.write_text(json.dumps({"seconds": round(time.monotonic() - started, 1)}) + "\n", encoding="utf-8")
    return folder


def loading_seconds(folder: Path) -> float:
    """Returns how long the load took when it was done."""
    return float(json.loads((folder / "loaded.json").read_text(encoding="utf-8"))["seconds"])
