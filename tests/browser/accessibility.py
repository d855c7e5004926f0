"""What axe-core finds against the accessibility rules on a page as it is now."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

SERIOUS = ("serious", "critical")
# The package's own `run` reads the script into the page each time and brings back what was right too: half a second.
RUN = "async () => (await axe.run({resultTypes: ['violations']})).violations"


def violations(page: Page) -> list[dict[str, Any]]:
    """Returns every violation, in axe's own words."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(RUN)
    return found


def serious(page: Page) -> list[str]:
    """Returns a line for each serious or critical violation: the rule, its words, and the first elements."""
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes'][:3]]}"
        for each in violations(page)
        if each["impact"] in SERIOUS
    ]
