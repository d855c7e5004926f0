"""Whoever follows only the screen finds the answer to a question at once, or after one press."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page

from tests.browser.screens import Patient, Worklist
from tests.running import Launched

QUESTIONS: dict[str, list[list[str]]] = yaml.safe_load(
    (Path(__file__).parents[1] / "spec" / "questions.yaml").read_text(encoding="utf-8")
)
# Who asks: the patient's own general practitioner.
ASKED_BY = {
    "pat-mary-aldous": "Rachel Newton",
    "pat-derek-thorne": "Rachel Newton",
    "pat-surinder-sandhu": "Rachel Newton",
    "pat-ronald-pickering": "Emma Bancroft",
    "pat-begona-etxeberria": "Olatz Etxeberria",
    "pat-jose-antonio-ibarra": "Asier Etxeberria",
    "pat-gunilla-aberg": "Johanna Sandberg",
    "pat-sture-jonsson": "Anna Lindberg",
}
# The longest text that reads as one row or sentence; a whole section that happens to hold all the words is no answer.
ROW = 420

# The text of each thing that can be seen as a whole, together with what is hidden from sight left out.
SEEN = """(longest) => {
  const found = new Set();
  for (const part of document.querySelectorAll('.stApp *')) {
    const box = part.getBoundingClientRect();
    if (!box.width || !box.height || box.top < 0 || box.left < 0) continue;
    if (box.bottom > innerHeight || box.right > innerWidth) continue;
    const text = (part.innerText ?? '').replace(/\\s+/g, ' ').trim();
    if (!text || text.length > longest) continue;
    // What the fixed banner covers is not seen.
    const top = document.elementFromPoint(box.left + Math.min(box.width / 2, 20), box.top + box.height / 2);
    if (!top || !(part.contains(top) || top.contains(part))) continue;
    found.add(text);
  }
  return [...found];
}"""

# What one press may be: a link to a part of the page, or what opens something; nothing that changes the record.
PRESSES = ".c3-jump a, .c3-panel summary"

# When the page has stood still for five frames: a press opens something, or scrolls there.
SCROLLED = """async () => {
  const main = document.querySelector('[data-testid=stMain]');
  for (let still = 0, last = ''; still < 5;) {
    await new Promise(requestAnimationFrame);
    const now = `${main.scrollTop} ${main.scrollHeight} ${document.getAnimations().length}`;
    still = now === last ? still + 1 : 0;
    last = now;
  }
}"""


def seen(page: Page) -> list[str]:
    """The rows and sentences that are on the screen now."""
    return list(page.evaluate(SEEN, ROW))


def answered(question: list[str], texts: list[str]) -> bool:
    """Whether one text has all parts of the answer."""

    def has(text: str, part: str) -> bool:
        return any(re.search(rf"(?<![\d.]){re.escape(each)}(?!\d)", text, re.IGNORECASE) for each in part.split("|"))

    return any(all(has(text, part) for part in question[1:]) for text in texts)


@pytest.mark.parametrize("patient_id", QUESTIONS)
def test_twenty_questions(page: Page, dashboard: Launched, patient_id: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    worklist = Worklist(page, dashboard.url).open()
    if ASKED_BY[patient_id] not in worklist.current_user:
        worklist.as_user(ASKED_BY[patient_id])
        page.locator(f'tr[data-row="{patient_id}"]').wait_for()
        # The list of demo users would take a quarter of the screen.
        page.get_by_test_id("stSidebarCollapseButton").click()
    Patient(page, dashboard.url).open_id(patient_id)
    screens: dict[str, list[str]] = {"first screen": seen(page)}
    for number in range(page.locator(PRESSES).count()):
        press = page.locator(PRESSES).nth(number)
        box: Any = press.bounding_box()
        if not box or box["y"] + box["height"] > 720 or box["y"] < 0:
            continue
        name = press.inner_text()
        press.click()
        page.evaluate(SCROLLED)
        screens[name] = seen(page)
        if press.evaluate("part => part.matches('summary')"):
            press.click()
        page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
        page.evaluate(SCROLLED)
    lost = [each for each in QUESTIONS[patient_id] if not any(answered(each, texts) for texts in screens.values())]
    assert not lost, f"{len(lost)} of {len(QUESTIONS[patient_id])} not answered by {list(screens)}: {lost}"
