"""Nothing of the worklist or of the tasks is off the screen or cut: dates and units above all."""

import pytest

from tests.browser.screens import Worklist

CUT = """
selector => [...document.querySelectorAll(selector)].flatMap(row => [row, ...row.querySelectorAll('*')])
  .filter(part => part.offsetParent && (part.getBoundingClientRect().right > innerWidth
    || (part.matches('.c3-when, .c3-value small') && part.scrollWidth > part.clientWidth)))
  .map(part => part.className + ': ' + part.textContent)
"""


@pytest.mark.parametrize("width", [390, 700, 768, 960, 1280, 1920])
def test_nothing_of_a_row_is_off_the_screen(worklist: Worklist, width: int) -> None:
    worklist.page.set_viewport_size({"width": width, "height": 844})
    worklist.page.locator(".c3-row").first.wait_for()
    assert worklist.page.evaluate(CUT, ".c3-worklist tr") == []
    worklist.open_tasks()
    worklist.page.locator(".c3-tasks tbody tr").first.wait_for()
    assert worklist.page.evaluate(CUT, ".c3-tasks tr") == []
