"""`make screenshots`: the tests that take pictures, of every page in every look and of two people at one plan; then
those of the README.
"""

import sys
from pathlib import Path

import pytest

from tests.browser.pictures import FOLDER, copy_to_readme


def main() -> int:
    """The exit code of the tests."""
    files = [str(Path(__file__).with_name(name)) for name in ("test_themes_and_sizes.py", "test_care_plan.py")]
    code = int(pytest.main(["-q", *files, *sys.argv[1:]]))
    if code == 0:
        copy_to_readme()
        sys.stdout.write(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
