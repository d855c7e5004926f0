"""What every page looks like: the pages that are pictured, the looks they are pictured in, and where pictures go."""

import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image
from playwright.sync_api import Page

from tests.browser.screens import Audit, CarePlan, Enrolment, MyRecord, Patient, Pilot, Screening, Timeline, Worklist
from tests.running import ROOT

FOLDER = ROOT / "tests" / "screenshots"
# Those the README shows.
TOGETHER = ("together-1-both-write", "together-2-one-saves", "together-3-the-other-decides", "together-4-both-see-it")
"""Two people at one plan, one window above the other: taken where the browser test has two people change one field."""
IN_README = ("worklist-light-1280", "patient-light-1280", "timeline-light-1280", "care-plan-light-1280", *TOGETHER)
# The story with all four conditions (data/demo/README.md).
STORY = "pat-mary-aldous"
README_FOLDER = ROOT / "data" / "pictures"
GAP = 8


@dataclass(frozen=True, slots=True)
class Appearance:
    """A theme and a screen."""

    scheme: str
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.scheme}-{self.width}"

    def context(self) -> dict[str, Any]:
        return {"color_scheme": self.scheme, "viewport": {"width": self.width, "height": self.height}}


APPEARANCES = tuple(Appearance(scheme, *size) for scheme in ("light", "dark") for size in ((1280, 720), (1920, 1080)))


def _worklist(page: Page, url: str) -> None:
    Worklist(page, url).open()


def _tasks(page: Page, url: str) -> None:
    Worklist(page, url).open().open_tasks()


def _patient(page: Page, url: str) -> None:
    Patient(page, url).open_id(STORY)


def _timeline(page: Page, url: str) -> None:
    Timeline(page, url).open_id(STORY)


def _timeline_picked(page: Page, url: str) -> None:
    picked = f"Observation/{STORY}-obs-story-2-potassium"
    Timeline(page, url).open_id(STORY, at=picked, since="conference").detail.wait_for()


def _timeline_years(page: Page, url: str) -> None:
    Timeline(page, url).open_id(STORY, span="all")


def _timeline_large(page: Page, url: str) -> None:
    Timeline(page, url).open_id(STORY, large="yes")


def _timeline_table(page: Page, url: str) -> None:
    Timeline(page, url).open_id(STORY, view="table", since="conference")


def _care_plan(page: Page, url: str) -> None:
    CarePlan(page, url).open_id(STORY)


def _care_plan_form(page: Page, url: str) -> None:
    CarePlan(page, url).open_id(STORY).change(2)


def _care_plan_history(page: Page, url: str) -> None:
    CarePlan(page, url).open_id(STORY, view="history")


def _recommendations(page: Page, url: str) -> None:
    page.goto(f"{url}/recommendations?id={STORY}")
    page.locator(".c3-rec").first.wait_for()


def _conference(page: Page, url: str) -> None:
    page.goto(f"{url}/conference?id=conf-sw-warwick-4")
    page.locator(".c3-proposed").first.wait_for()


def _minutes(page: Page, url: str) -> None:
    page.goto(f"{url}/conference_minutes?id=conf-sw-warwick-2")
    page.get_by_role("heading", name="Minutes").wait_for()


def _nobody_matches(page: Page, url: str) -> None:
    Worklist(page, url).open("q=nobody+has+this+name")


def _audit(page: Page, url: str) -> None:
    # Somebody must have looked at something.
    Worklist(page, url).open().as_user("Demo administrator")
    Audit(page, url).open()


def _rule_use(page: Page, url: str) -> None:
    # Somebody must have seen something.
    _recommendations(page, url)
    Worklist(page, url).open().as_user("Demo administrator")
    page.goto(f"{url}/rule_use")
    page.locator(".c3-areas, [role=status]").first.wait_for()


def _pilot(page: Page, url: str) -> None:
    Worklist(page, url).open()
    Pilot(page, url).as_user("Demo pilot manager").open()


def _enrolment(page: Page, url: str) -> None:
    Worklist(page, url).open()
    Enrolment(page, url).as_user("Demo pilot manager").open()


def _screening(page: Page, url: str) -> None:
    Worklist(page, url).open().as_user("Joanna Crowther")
    Screening(page, url).open()


def _my_record(page: Page, url: str) -> None:
    Worklist(page, url).open()
    MyRecord(page, url).as_user("Demo patient").open()


PAGES: dict[str, Callable[[Page, str], None]] = {
    "worklist": _worklist,
    "tasks": _tasks,
    "patient": _patient,
    "timeline": _timeline,
    "timeline-picked": _timeline_picked,
    "timeline-years": _timeline_years,
    "timeline-large": _timeline_large,
    "timeline-table": _timeline_table,
    "care-plan": _care_plan,
    "care-plan-form": _care_plan_form,
    "care-plan-history": _care_plan_history,
    "recommendations": _recommendations,
    "no-match": _nobody_matches,
    "audit": _audit,
    "rule-use": _rule_use,
    "enrolment": _enrolment,
    "patients-in-care": _pilot,
    "screening": _screening,
    "my-record": _my_record,
    "conference": _conference,
    "conference-minutes": _minutes,
}


def show(page: Page, url: str, name: str) -> None:
    """Goes to the page and waits until nothing moves."""
    PAGES[name](page, url)
    page.mouse.move(0, 0)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(300)


# When the next two frames are drawn and what moves has come to rest; what moves for ever is not waited for.
AT_REST = """async () => {
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  const moves = document.getAnimations().filter((each) => each.effect?.getTiming().iterations !== Infinity);
  await Promise.allSettled(moves.map((each) => each.finished));
}"""


def laid_out(page: Page) -> None:
    """Waits for a window that was made another size: a figure is laid out anew a moment later, all else sooner."""
    page.evaluate(AT_REST)
    page.wait_for_timeout(600 if page.locator(".js-plotly-plot").count() else 150)


def take(page: Page, name: str, appearance: Appearance) -> None:
    """Writes tests/screenshots/<page>-<theme>-<width>.png."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=FOLDER / f"{name}-{appearance}.png")


def take_both(above: Page, below: Page, name: str) -> None:
    """Writes tests/screenshots/<name>.png: what two people see at the same time, one window above the other."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for page in (above, below):
        page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
        page.wait_for_timeout(300)
    windows = [Image.open(io.BytesIO(page.screenshot())).convert("RGB") for page in (above, below)]
    width, height = max(each.width for each in windows), sum(each.height for each in windows) + GAP
    both = Image.new("RGB", (width, height), "black")
    top = 0
    for window in windows:
        both.paste(window, (0, top))
        top += window.height + GAP
    both.quantize(128).save(FOLDER / f"{name}.png", optimize=True)


def copy_to_readme() -> None:
    """Puts the README's pictures where it shows them from."""
    README_FOLDER.mkdir(parents=True, exist_ok=True)
    for name in IN_README:
        shutil.copy(FOLDER / f"{name}.png", README_FOLDER / f"{name}.png")
