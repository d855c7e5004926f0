"""`python -m dashboard.guidelines check` says what is wrong in the guideline files; `document` writes their page.

`check` looks at the project's rules and those of the folder DASHBOARD_GUIDELINES_DIR, or of folders named behind it.
"""

import argparse
import sys
from pathlib import Path

from dashboard.errors import OperatorError
from dashboard.fhir.guidelines.check import check
from dashboard.fhir.guidelines.library import FOLDER, read_library
from dashboard.fhir.terminology_files import load_terminology
from dashboard.guidelines.document import PAGE, document
from dashboard.settings import load_settings


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m dashboard.guidelines", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("command", choices=("check", "document"))
    parser.add_argument("folders", nargs="*", type=Path, help="folders of rules beside the project's own")
    given = parser.parse_args(arguments)
    terminology = load_terminology()
    if given.command == "document":
        PAGE.write_text(document(read_library(terminology, FOLDER)), encoding="utf-8")
        _print(f"{PAGE} is written.")
        return 0
    try:
        named = load_settings().guidelines_dir
    except OperatorError as error:
        _print(str(error))
        return 1
    folders = (FOLDER, *(given.folders or ([named] if named else [])))
    problems = check(terminology, *folders)
    for problem in problems:
        _print(str(problem))
    rules = len(read_library(terminology, *folders).every_rule)
    _print(f"{rules} rules are in force, {len(problems)} problems.")
    return 1 if problems else 0


def _print(words: str) -> None:
    sys.stdout.write(words + "\n")


if __name__ == "__main__":
    sys.exit(main())
