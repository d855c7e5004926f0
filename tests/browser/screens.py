"""The screens as a person meets them: what can be read there and what can be pressed; no test looks for a selector."""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import Download, Locator, Page, TimeoutError, expect

from tests.patience import PATIENCE_MS

COUNT = ".c3-count"
TAB = ".c3-tabs [aria-current=page]"


# What the field of a list holds: the words in it, or the tags beside it.
HOLDS = """(field, text) => {
  const tags = field.closest('.stMultiSelect')?.querySelectorAll('[data-tag]') ?? [];
  return [field.value, ...[...tags].map((tag) => tag.ariaLabel)].some((each) => each.includes(text));
}"""
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def choose(box: Locator, text: str) -> None:
    """Opens a list, types, and takes the first option with the text, until the list is closed and holds it.

    A list closes when anything around it scrolls, and takes no choice while it does: a person opens it once more.
    """
    option = box.page.get_by_role("option").filter(has_text=text).first
    for _ in range(round(PATIENCE_MS / 3_000)):
        box.scroll_into_view_if_needed()
        box.page.evaluate(TWO_FRAMES)  # the scrolling has been told to the page
        box.click()
        box.fill(text)
        with suppress(TimeoutError):
            option.click(timeout=3_000)
            option.wait_for(state="hidden")
            if box.evaluate(HOLDS, text):
                return
    raise AssertionError(f"{text!r} was never taken from the list")


class Screen:
    """What every page has: the way in, the ribbon, find-a-patient, the choice of who looks."""

    path = "/"

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def open(self, query: str = "") -> Self:
        self.page.goto(self.url + self.path + (f"?{query}" if query else ""))
        return self.ready()

    def ready(self) -> Self:
        """Waits until the page has been shown in full and its script rests. It rests before its first run too: so the
        top bar, which a run begins with, has to be there first.
        """
        expect(self.page.locator(".c3-demo")).to_be_visible()
        self.page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        return self

    def until(self, holds: Callable[[], bool], told: str) -> None:
        """Looks again and again until it holds: what a press changes arrives when it arrives."""
        for _ in range(round(PATIENCE_MS / 100)):
            if holds():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(told)

    def reload(self) -> Self:
        self.page.reload()
        return self.ready()

    def find(self, text: str) -> Locator:
        """Ctrl+K, then the text; the matches."""
        self.page.keyboard.press("Control+k")
        field = self.page.get_by_role("dialog").get_by_label("Name, identifier or birth date")
        field.fill(text)
        return self.page.get_by_role("dialog").locator("a.c3-match")

    def as_user(self, name: str) -> Self:
        """Choose another practitioner of the demo in the sidebar."""
        opener = self.page.get_by_test_id("stExpandSidebarButton")
        if opener.is_visible():
            opener.click()
        choice = self.page.get_by_test_id("stSidebar").get_by_role("combobox")
        choose(choice, name)
        expect(self.page.locator(".c3-demo .c3-user")).to_contain_text(name)
        return self.ready()

    @property
    def current_user(self) -> str:
        """The name of who looks."""
        return self.page.locator(".c3-demo .c3-user").inner_text()

    def toast(self) -> Locator:
        return self.page.get_by_test_id("stToast")


class Worklist(Screen):
    """The patients of my teams, and the tab with my tasks."""

    def ready(self) -> Self:
        super().ready()
        expect(self.page.locator("table.c3-table, .c3-empty").first).to_be_visible()
        # In a process that has just started: until all is read, the rows are by name and change.
        expect(self.page.locator(".c3-progress")).to_have_count(0)
        return self

    @property
    def rows(self) -> Locator:
        return self.page.locator("tr[data-row]")

    @property
    def names(self) -> list[str]:
        return self.page.locator("tr[data-row] a.c3-who").all_inner_texts()

    @property
    def ids(self) -> list[str]:
        found = self.rows.evaluate_all("rows => rows.map(row => row.dataset.row)")
        return [str(each) for each in found]

    @property
    def count(self) -> int:
        """How many patients or tasks match, as the page says: beside the filters, and without any in the tab."""
        found = re.search(r"\d+", self.page.locator(f"{COUNT}, {TAB}").last.inner_text())
        assert found
        return int(found[0])

    def expect_count(self, count: int) -> None:
        """The first number is the count: "6 patients of 30", or "Patients30" in the tab."""
        expect(self.page.locator(f"{COUNT}, {TAB}").last).to_have_text(re.compile(rf"^\D*{count}(?!\d)"))

    def tile(self, label: str) -> Locator:
        return self.page.locator(f'[data-key="tile-{label}"]')

    def tile_count(self, label: str) -> int:
        return int(self.tile(label).locator(".c3-tilecount").inner_text())

    def pill(self, condition: str) -> Locator:
        return self.page.locator(f'[data-key="pill-{condition}"]')

    def sort_by(self, column: str) -> None:
        self.page.locator(f'[data-key="sort-{column}"]').click()

    def press(self, key: str) -> None:
        """The button of ours with this key ("next", "clear" ...)."""
        self.page.locator(f'[data-key="{key}"]').click()

    def search(self, text: str) -> None:
        self.page.get_by_role("textbox", name="Search this list").fill(text)

    def open_tasks(self) -> None:
        self.press("tab-tasks")
        expect(self.page.locator(COUNT)).to_contain_text("open task")

    def export(self, kind: str) -> Download:
        """Press Export, then "CSV" or "Excel"; the file."""
        self.page.get_by_role("button", name=re.compile("Export")).click()
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name=kind).click()
        self.page.keyboard.press("Escape")
        return download.value

    def save_view(self, name: str) -> None:
        self.page.get_by_role("button", name=re.compile("Views")).click()
        field = self.page.get_by_label("Name for what you see now")
        field.fill(name)
        field.press("Tab")
        self.page.get_by_role("button", name="Save this view").click()
        expect(self.toast()).to_contain_text("View saved")
        self.page.keyboard.press("Escape")

    def apply_view(self, name: str) -> None:
        self.page.get_by_role("button", name=re.compile("Views")).click()
        self.page.get_by_role("button", name=name, exact=True).click()

    def expect_tasks(self, count: int) -> None:
        expect(self.page.locator(".c3-count").first).to_contain_text(re.compile(rf"\b{count} open tasks?\b"))


class Patient(Screen):
    """One person on one screen."""

    path = "/patient"

    def open_id(self, patient_id: str) -> Self:
        return self.open(f"id={patient_id}")

    def ready(self) -> Self:
        super().ready()
        expect(self.page.locator(".c3-patientbanner h1")).to_be_visible()
        return self

    @property
    def name(self) -> str:
        return self.page.locator(".c3-patientbanner h1").inner_text()

    @property
    def banner(self) -> Locator:
        return self.page.locator(".c3-patientbanner")


class CarePlan(Screen):
    """The shared plan of one patient, and the form that is open on it."""

    path = "/care_plan"

    def open_id(self, patient_id: str, **view: str) -> Self:
        return self.open(urlencode({"id": patient_id, **view}))

    def ready(self) -> Self:
        super().ready()
        expect(self.page.locator(".c3-careplan, .c3-noplan, .c3-error, .c3-versions").first).to_be_visible()
        return self

    @property
    def goals(self) -> Locator:
        return self.page.locator(".c3-plangoal")

    @property
    def form(self) -> Locator:
        return self.page.locator(".st-key-plan-form")

    def press(self, key: str) -> None:
        """The first button of ours whose key begins like this ("edit-goal-7", "go-on-" ...)."""
        self.page.locator(f'[data-key^="{key}"]').first.click()

    def change(self, goal: int) -> Locator:
        """Opens the form of the goal at this place; its words."""
        ident = self.goals.nth(goal).get_attribute("data-key") or ""
        self.press(ident.replace("goal-", "edit-", 1))
        words = self.form.get_by_label("In words")
        expect(words).to_be_visible()
        return words

    def type_words(self, text: str) -> None:
        """Writes the words of the item whose form is open; until the server has them."""
        self.form.get_by_label("In words").fill(text)
        expect(self.form.locator(".c3-counter").first).to_contain_text("kept for you")

    def why(self, reason: str = "Review of the plan") -> None:
        choose(self.form.get_by_role("combobox", name="Why this change"), reason)

    def save(self) -> None:
        self.form.get_by_role("button", name=re.compile("^Save")).click()


class Recommendations(Screen):
    """What guidelines suggest for one patient."""

    path = "/recommendations"

    def open_id(self, patient_id: str) -> Self:
        return self.open(urlencode({"id": patient_id}))

    def ready(self) -> Self:
        super().ready()
        expect(self.page.locator(".c3-rechead, .c3-error").first).to_be_visible()
        return self

    @property
    def cards(self) -> Locator:
        """Those that can be seen, without those behind "more"."""
        return self.page.locator(".c3-rec[data-finding]:visible")

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def card(self, key: str) -> Locator:
        return self.page.locator(f'.c3-rec[data-finding="{key}"]')

    def answered(self, section: str, key: str) -> Locator:
        """The line of a card that was answered: in the section "declined" or "accepted"."""
        return self.page.locator(f'[data-answered="{section}-{key}"]')

    def summary_of(self, card: Locator) -> str:
        return card.locator("h3 > span").last.inner_text()

    def press(self, card: Locator, words: str) -> None:
        card.get_by_role("button", name=re.compile(f"^{words}")).first.click()
        expect(self.dialog).to_be_visible()


class Timeline(Screen):
    """One patient's whole story."""

    path = "/timeline"

    def open_id(self, patient_id: str, **view: str) -> Self:
        return self.open(urlencode({"id": patient_id, **view}))

    def ready(self) -> Self:
        super().ready()
        drawn = ".js-plotly-plot .main-svg .cartesianlayer, table.c3-events, .c3-room, .c3-narrow, .c3-empty, .c3-error"
        self.page.locator(drawn).first.wait_for(state="attached")
        return self

    @property
    def figure(self) -> Locator:
        return self.page.locator(".js-plotly-plot")

    @property
    def detail(self) -> Locator:
        return self.page.locator(".c3-detail")

    @property
    def picked(self) -> str:
        """The heading of the details that are open."""
        return self.detail.locator("h2").inner_text()

    @property
    def address(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.page.url).query))

    @property
    def words(self) -> str:
        """Everything written in the figure and on its axis."""
        return " | ".join(self.page.locator(".js-plotly-plot text, .c3-axisdates text").all_text_contents())

    def press(self, key: str) -> None:
        """The button of ours with this key ("span-5y", "kind-plan", "since" ...)."""
        self.page.locator(f'[data-key="{key}"]').click()

    def switch_kind(self, name: str) -> None:
        """More, then the switch of a group of kinds ("contacts")."""
        self.page.get_by_role("button", name="More", exact=True).click()
        self.press(f"kind-{name}")
        self.expect_address(off=name)
        self.page.keyboard.press("Escape")

    def expect_address(self, **values: str) -> None:
        self.until(lambda: values.items() <= self.address.items(), f"{self.page.url} lacks {values}")
        self.ready()

    def places(self, name: str) -> list[tuple[float, float]]:
        """Where the points of a trace of the figure are on screen."""
        seen: list[list[tuple[float, float]]] = [[]]

        def rests() -> bool:
            # A figure that is drawn anew moves its points.
            self.page.wait_for_timeout(300)
            seen.append([(x, y) for x, y in self.page.evaluate(POINTS, name)])
            return bool(seen[-1]) and seen[-1] == seen[-2]

        self.until(rests, f"no point of {name} comes to rest")
        return seen[-1]


# The middle of every point of the trace with that name, as plotly has drawn it.
POINTS = """(name) => {
  const plot = document.querySelector('.js-plotly-plot');
  const full = plot?._fullData?.find((trace) => trace.name === name);
  if (!full) return [];
  const layers = [...plot.querySelectorAll('.scatterlayer .trace')];
  const layer = layers.find((each) => each.__data__?.[0]?.trace?.uid === full.uid);
  return [...(layer?.querySelectorAll('path.point') ?? [])].map((each) => {
    const box = each.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  });
}"""


class LiveConference(Screen):
    """The screen of a conference that runs, or does not run yet."""

    path = "/conference_live"

    def open_id(self, ident: str) -> Self:
        return self.open(f"id={ident}")

    def ready(self) -> Self:
        expect(self.page.locator(".c3-liveline, .c3-conference").first).to_be_visible()
        return self

    @property
    def who(self) -> Locator:
        """Who is discussed."""
        return self.page.locator(".c3-patientbanner h1").filter(visible=True)

    @property
    def line(self) -> Locator:
        """The line at the foot: which patient of how many, who presents."""
        return self.page.locator(".c3-liveline")

    @property
    def decided(self) -> Locator:
        """What is decided about the patient."""
        return self.page.locator(".c3-decided")

    def press(self, key: str) -> None:
        """The button of the conference with this key ("next", "mask", "present" ...)."""
        self.page.locator(f".st-key-live_{key} button").first.click()

    def decide(self, text: str, owner: str) -> None:
        """Writes a decision for somebody, until the page says that it is saved."""
        pane = self.page.locator(".st-key-live-decide")
        pane.get_by_label("What is decided").fill(text)
        choose(pane.get_by_role("combobox", name="Who does it"), owner)
        pane.locator(".st-key-decide_save button").click()
        expect(self.decided.locator("li").filter(has_text=text)).to_contain_text("Saved.")

    @property
    def text(self) -> str:
        """All that is on the page, seen or not, and the title of its window."""
        return f"{self.page.title()} {self.page.locator('body').text_content()}"


class Enrolment(Screen):
    """How the pilot stands against its target; for pilot managers."""

    path = "/enrolment"

    def ready(self) -> Self:
        super().ready()
        expect(self.page.locator("table.c3-funnel, .c3-empty, .c3-error").first).to_be_visible()
        return self

    @property
    def funnel(self) -> dict[str, str]:
        """What the funnel says of each step."""
        cells = self.page.locator(".c3-funnel tbody").locator("th, [data-label=People]").all_inner_texts()
        return dict(zip(cells[::2], cells[1::2], strict=True))


class Pilot(Screen):
    """The patients in care: counts and pseudonyms; for pilot managers."""

    path = "/enrolment?view=care"

    def ready(self) -> Self:
        super().ready()
        expect(self.page.locator("table.c3-pseudonyms, table.c3-funnel, .c3-empty, .c3-error").first).to_be_visible()
        return self

    @property
    def areas(self) -> Locator:
        return self.page.locator(".c3-areas tbody tr")

    @property
    def pseudonyms(self) -> list[str]:
        return self.page.locator(".c3-pseudonym").all_inner_texts()

    def export(self, kind: str) -> Download:
        """Press Export, then the file's name; the file."""
        self.page.get_by_role("button", name=re.compile("Export")).click()
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name=kind).click()
        self.page.keyboard.press("Escape")
        return download.value


class Screening(Screen):
    """The screening list; for clinicians and coordinators."""

    path = "/screening"

    def ready(self) -> Self:
        super().ready()
        expect(
            self.page.locator("table.c3-screening, .c3-empty, .c3-error, .st-key-screening-save").first
        ).to_be_visible()
        return self

    @property
    def rows(self) -> Locator:
        return self.page.locator("tr[data-row]")

    @property
    def ticked(self) -> Locator:
        """The boxes of people that have a tick."""
        return self.page.locator("input[data-pick]:checked")

    def tick(self, row: int, *, shift: bool = False) -> None:
        """Presses the box of the person at this place of the list."""
        self.rows.nth(row).get_by_role("checkbox").click(modifiers=["Shift"] if shift else [])

    def expect_chosen(self, people: int) -> None:
        """The bar has come, or come anew, and the boxes say the same."""
        words = "1 person chosen" if people == 1 else f"{people} people chosen"
        expect(self.page.locator(".st-key-screening-bar [role=status]")).to_contain_text(words)
        expect(self.ticked).to_have_count(people)

    def begin(self, change: str) -> None:
        """Presses a change of those who are chosen."""
        self.page.get_by_role("button", name=change, exact=True).click()
        self.expect_form(change)

    def expect_form(self, change: str) -> None:
        """The form has come, with the preview, which moves the buttons below it when it comes."""
        expect(self.page.get_by_role("heading", name=re.compile(f"^{change}: "))).to_be_visible()
        expect(self.page.locator("table.c3-preview")).to_be_visible()
        self.ready()

    def fill(self, label: str, text: str) -> None:
        field = self.page.get_by_label(label)
        field.fill(text)
        field.press("Tab")

    def save(self, people: int, done: str) -> None:
        """Saves the change that is being filled in; until the list says of how many."""
        words = "1 person" if people == 1 else f"{people} people"
        self.page.get_by_role("button", name=f"Save for {words}").click()
        expect(self.page.locator(".c3-done [role=status]")).to_have_text(f"{words}: {done}")
        self.ready()

    def choose_again(self) -> None:
        """Chooses those who were just changed."""
        self.page.get_by_role("button", name="Choose these again").click()


class MyRecord(Screen):
    """A patient's own record, or that of whom a carer cares for."""

    path = "/my_record"

    def ready(self) -> Self:
        super().ready()
        expect(self.page.locator(".c3-own, .c3-error").first).to_be_visible()
        return self

    @property
    def name(self) -> str:
        return self.page.locator(".c3-patientbanner h1").inner_text()

    def record_readers(self) -> Locator:
        """Open "Who looked at this record"; its lines."""
        self.page.get_by_text("Who looked at this record").click()
        return self.page.locator(".c3-looks li")


class Audit(Screen):
    """Who looked at what; for administrators."""

    path = "/audit"

    def ready(self) -> Self:
        super().ready()
        expect(self.page.locator(".c3-audit, .c3-empty, .c3-error").first).to_be_visible()
        return self

    @property
    def lines(self) -> Locator:
        return self.page.locator(".c3-audit tbody tr")

    def has(self, *words: str) -> bool:
        """Whether a line on this page says all of these."""
        found = self.lines
        for said in words:
            found = found.filter(has_text=said)
        return found.count() > 0
