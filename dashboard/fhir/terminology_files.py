"""Reads data/terminology: FHIR JSON, one resource a file, in any folder below it."""

import json
from functools import lru_cache
from pathlib import Path

from dashboard.domain.values.terminology import Terminology

FOLDER = Path(__file__).resolve().parents[2] / "data" / "terminology"


def load_terminology(folder: Path | None = None) -> Terminology:
    """The terminology of a folder (default: the project's), read once per process.

    ValueError names the file that is not JSON or not usable as terminology.
    """
    return _load(folder or FOLDER)


@lru_cache(maxsize=8)
def _load(folder: Path) -> Terminology:
    resources = []
    for path in sorted(folder.rglob("*.json")):
        try:
            resource = json.loads(path.read_text(encoding="utf-8"))
            Terminology([resource])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path.relative_to(folder)} cannot be used as terminology: {error}") from error
        resources.append(resource)
    if not resources:
        raise ValueError("the terminology folder holds no JSON file; value sets and concept maps belong there")
    return Terminology(resources)
