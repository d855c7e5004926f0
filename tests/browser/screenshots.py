"""`make screenshots`: the test of every page in every look, which takes the pictures; then those of the README."""

import sys
from pathlib import Path

import pytest

from tests.browser.pictures import FOLDER, copy_to_readme


def main() -> int:
    """The exit code of the tests."""
    code = int(pytest.main(["-q", str(Path(__file__).with_name("test_themes_and_sizes.py")), *sys.argv[1:]]))
    if code == 0:
        copy_to_readme()
        sys.stdout.write(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
