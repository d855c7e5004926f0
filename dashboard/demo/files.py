"""The YAML files of data/demo/, read once; what a person would want to edit is there, not in the code.

The demo reads these itself instead of through the client, for they are its own words and not anybody's record.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).resolve().parents[2] / "data" / "demo"
QUESTIONNAIRES: Final = FOLDER.parent / "questionnaires"
# libyaml's loader where it was compiled in: five times faster.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def words(name: str) -> Any:
    """What `data/demo/<name>.yaml` says."""
    return yaml.load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader


@cache
def stories() -> tuple[dict[str, Any], ...]:
    """The written stories, by file name."""
    return tuple(words(path.stem) for path in sorted(FOLDER.glob("story-*.yaml")))
