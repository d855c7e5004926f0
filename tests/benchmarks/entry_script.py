"""The dashboard's entry script for scripts that wrap it: compiled once, as Streamlit does with what it runs."""

from functools import lru_cache
from pathlib import Path
from types import CodeType

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"


def run_app() -> None:
    """One run of it."""
    exec(_code(), {"__name__": "__main__", "__file__": str(APP)})


@lru_cache(maxsize=1)
def _code() -> CodeType:
    return compile(APP.read_text(encoding="utf-8"), str(APP), "exec")
