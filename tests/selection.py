"""Which tests are not in the fast core (`make test-fast`), beside those marked `slow` or by their server: a rule for a
folder, so that a new test falls under it without a mark.
"""

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
# Many inputs each, over servers, sheets and pages. The fast core has the units of every room, the tables of the clinic
# (spec), and the first test of every file of pages, which opens that page.
WHOLE_RUN_ONLY = ("contract", "paper")
FIRST_OF_FILE = ("pages",)


def mark_by_folder(items: list[pytest.Item]) -> None:
    """Marks `slow` what is not in the fast core."""
    begun: set[Path] = set()
    for item in items:
        if _is_in(item, WHOLE_RUN_ONLY) or (_is_in(item, FIRST_OF_FILE) and item.path in begun):
            item.add_marker("slow")
        begun.add(item.path)


def _is_in(item: pytest.Item, folders: tuple[str, ...]) -> bool:
    return any(item.path.is_relative_to(TESTS / folder) for folder in folders)
