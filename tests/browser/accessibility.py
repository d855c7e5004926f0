"""What axe-core finds against the accessibility rules on a page as it is now."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SERIOUS = ("serious", "critical")


def violations(page: Page) -> list[dict[str, Any]]:
    """Returns every violation, in axe's own words."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return found


def serious(page: Page) -> list[str]:
    """Returns a line for each serious or critical violation: the rule, its words, and the first elements."""
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes'][:3]]}"
        for each in violations(page)
        if each["impact"] in SERIOUS
    ]
