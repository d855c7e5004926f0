"""The page Enrolment, run whole on made-up figures: what a manager sees, presses and takes along."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.access.permissions import Role
from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.enrolment_counts import EnrolmentCounts
from dashboard.domain.pilot.enrolment_disclosure import may_show
from dashboard.domain.pilot.enrolment_rows import EnrolmentList, Listed, enrolment_rows
from dashboard.domain.pilot.funnel import WHOLE, Step
from dashboard.domain.pilot.number_list import WORK, after_of
from dashboard.domain.values.datatypes import PartialDate
from dashboard.errors import ServerUnavailable
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.pilot import widget
from dashboard.ui.pilot.view import read_enrolment_view
from dashboard.ui.session import enrolment as reads
from dashboard.ui.session import session
from tests.pages import samples
from tests.pages.conftest import Answers, shown
from tests.unit.enrolment_of_the_pilot import enrolment_counts
from tests.unit.people_of_the_pilot import KEY, MANAGER

Given = Callable[[EnrolmentCounts], AppTest]


@pytest.fixture
def given(app: AppTest, answers: Answers, monkeypatch: pytest.MonkeyPatch) -> Given:
    """The page on these counts, opened by a manager."""

    def opened(counts: EnrolmentCounts) -> AppTest:
        figures = may_show(counts)
        people = [
            Listed(f"{site.site}-{number}", site, frozenset(step for step in Step if number < of[step]))
            for site, of in counts.funnel.items() if site.level is Level.SITE
            for number in range(of[Step.SCREENED])
        ]  # fmt: skip
        listed = EnrolmentList(figures, enrolment_rows(people, figures, KEY))
        monkeypatch.setattr(reads, "get_enrolment", lambda *args: figures)
        monkeypatch.setattr(reads, "list_enrolment", lambda *args: listed)
        monkeypatch.setattr(session, "user", lambda: MANAGER)
        app.switch_page(str(navigation.ENROLMENT))
        return app

    return opened


def test_the_target_comes_first_and_then_the_way_there(given: Given) -> None:
    page = shown(given(enrolment_counts()).run())
    marks = ("Synthetic", "184 of 600", "31% of the target by 30-Jun-2027", "105 behind", "22-Dec-2028",
             "46 people were enrolled since 01-Sep-2026 (84 days)", "From screening to the end", "Enrolment over time",
             "By region and site", "By team", "Sites on one scale", "Why people are lost", "How complete the data are",
             "Teams, conferences and care plans")  # fmt: skip
    places = [page.index(words) for words in marks]
    assert places == sorted(places)
    assert page.count("“–”: not shown, because a count below 5 could be worked out from it") == 1
    assert "fewer than 5" in page and "not shown" in page and "90% of consented" in page


def test_a_region_is_chosen_and_stays_in_the_address(given: Given) -> None:
    app = given(enrolment_counts())
    app.query_params["region"] = "r1"
    page = shown(app.run())
    assert "Site 1.0" in page and "Site 0.0" not in page
    app.query_params["region"] = "nowhere"
    assert "184 of 600" in shown(app.run())


def test_a_number_opens_its_list_by_pseudonym(given: Given) -> None:
    app = given(enrolment_counts())
    app.query_params["list"], app.query_params["region"], app.query_params["site"] = "enrolled", "r0", "r0-s1"
    page = shown(app.run())
    assert "Enrolled: Site 0.1" in page and "24 people are listed." in page
    assert page.count('class="c3-pseudonym"') == 24
    app.query_params.clear()
    app.query_params["list"] = "screened"
    page = shown(app.run())
    assert "559 people are listed." in page and "1 to 25 of 559" in page
    app.query_params["list"] = "active"
    assert "whether they are among these is left out" in shown(app.run())
    app.query_params["list"], app.query_params["site"], app.query_params["region"] = "eligible", "nowhere", "r0"
    assert "The number is not shown, and so neither are the people." in shown(app.run())


def test_nobody_enrolled_and_before_the_start(given: Given) -> None:
    counts = enrolment_counts(people=1, sites=(1,))
    assert counts.study is not None
    study = replace(counts.study, start=PartialDate("2027-01-01"))
    page = shown(given(replace(counts, enrolled={}, study=study)).run())
    assert "not begun" in page and "The study begins on 01-Jan-2027." in page
    assert "No point of the enrolment curve may be shown." in page


def test_few_of_late_do_not_reach_the_target(given: Given) -> None:
    counts = enrolment_counts()
    early = {area: {date(2026, 1, 1): sum(months.values())} for area, months in counts.enrolled.items()}
    page = shown(given(replace(counts, enrolled=early)).run())
    assert "not at this pace" in page and "Fewer than 5 people were enrolled since 01-Sep-2026" in page


def test_no_study_is_said(given: Given) -> None:
    page = shown(given(EnrolmentCounts(None, samples.AS_OF)).run())
    assert "No study is recorded" in page and "<table" not in page


def test_without_targets_and_with_records_that_cannot_be_read(given: Given) -> None:
    counts = enrolment_counts()
    assert counts.study is not None
    bare = replace(counts.study, sites=tuple(replace(each, targets=()) for each in counts.study.sites))
    page = shown(given(replace(counts, study=bare, unreadable=3, completeness={}, work={})).run())
    assert "no target" in page and "3 records could not be read." in page
    assert "How complete the data are" not in page and "Teams, conferences" not in page


def test_an_unreachable_server_is_a_sentence_and_later_leaves_the_last(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = given(enrolment_counts())

    def away(*args: object) -> None:
        raise ServerUnavailable("server-timeout", reference="r1")

    answer = reads.get_enrolment
    monkeypatch.setattr(reads, "get_enrolment", away)
    assert "did not answer" in shown(app.run())
    monkeypatch.setattr(reads, "get_enrolment", answer)
    assert "184 of 600" in shown(app.run())
    monkeypatch.setattr(reads, "get_enrolment", away)
    page = shown(app.run())
    assert "has not answered in time since" in page and "184 of 600" in page


@pytest.mark.parametrize(
    ("pressed", "address"),
    [
        ({"do": "enrolment"}, {"study": "s"}),
        ({"do": "care"}, {"view": "care"}),
        ({"do": "region", "region": "r1"}, {"study": "s", "region": "r1"}),
        ({"do": "list", "list": "consented", "region": "r1", "site": "x"},
         {"study": "s", "region": "r1", "list": "consented", "site": "x"}),
        ({"do": "list", "list": "nothing", "region": "r1", "site": "x"}, {"study": "s", "region": "r1"}),
        ({"do": "list", "list": "active", "region": "r1", "team": "t", "site": "x"},
         {"study": "s", "region": "r1", "list": "active", "team": "t"}),
        ({"do": "list", "list": "enrolled", "since": "2026-09-30", "until": "2026-10-31"},
         {"study": "s", "list": "enrolled", "since": "2026-09-30", "until": "2026-10-31"}),
        ({"do": "list", "list": "enrolled", "since": "2026-09-30", "until": "x"}, {"study": "s", "list": "enrolled"}),
        ({"do": "list", "after": "approached", "lost": "declined", "reason": "none"},
         {"study": "s", "after": "approached", "lost": "declined", "reason": "none"}),
        ({"do": "list", "datum": "hba1c", "region": "r1", "site": "x"},
         {"study": "s", "region": "r1", "site": "x", "datum": "hba1c"}),
        ({"do": "list", "work": "plans", "region": "r1"}, {"study": "s", "region": "r1", "work": "plans"}),
        ({"do": "list", "work": "nothing"}, {"study": "s"}),
        ({"do": "list", "after": "none"}, {"study": "s", "after": "none"}),
        ({"do": "list", "after": "nothing", "lost": "declined", "reason": "none"}, {"study": "s"}),
        ({"do": "list", "lost": "declined", "reason": "none"}, {"study": "s"}),
        ({"do": "close"}, {"study": "s", "region": "r0"}),
        ({"do": "page", "n": 3}, {"study": "s", "region": "r0", "list": "enrolled", "page": "3"}),
        ({"do": "page", "n": "x"}, {"study": "s", "region": "r0", "list": "enrolled"}),
        ({"do": "else"}, None),
    ],
)  # fmt: skip
def test_what_a_press_asks_for(
    pressed: dict[str, Any], address: dict[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, str]] = []
    view = widget.EnrolmentView("s", "r0", Step.ENROLLED)
    monkeypatch.setattr(navigation, "enrolment_view", lambda: view)
    monkeypatch.setattr(navigation, "show_enrolment", lambda to: asked.append(navigation.write_enrolment_view(to)))
    widget.on_press(pressed)
    assert asked == ([] if address is None else [address])


def test_who_cares_for_patients_too_goes_on_to_the_page_screening(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = given(enrolment_counts())
    app.query_params["list"] = "enrolled"
    assert "open-screening" not in shown(app.run())
    both = replace(MANAGER, roles=(*MANAGER.roles, Role.COORDINATOR))
    monkeypatch.setattr(session, "user", lambda: both)
    assert "screening?step=enrolled" in shown(app.run())
    opened: list[Any] = []
    monkeypatch.setattr(navigation, "enrolment_view", lambda: widget.EnrolmentView("s", "r0", Step.ENROLLED, "r0-s1"))
    monkeypatch.setattr(navigation, "open_screening", opened.append)
    widget.on_press({"do": "screening"})
    assert [(each.wanted.step, each.wanted.site) for each in opened] == [("enrolled", "r0-s1")]


def test_every_number_that_is_shown_opens_a_list(given: Given) -> None:
    """Of steps in the whole, in regions, sites and teams; of the points of the curve, and of those who are lost."""
    app = given(enrolment_counts())
    page = shown(app.run())
    figures = may_show(enrolment_counts())
    for each in figures.areas:
        for step, count in each.steps.items():
            area = each.area
            places = {"region": area.region, "list": str(step), "site": area.site, "team": area.team}
            key = "-".join(("list", *(f"{name}-{value}" for name, value in places.items() if value)))
            assert (f'data-key="{key}"' in page) == (count.value is not None), (area, step)
    assert figures.curves is not None and figures.lost is not None
    for day, _ in figures.curves[WHOLE].points:
        assert f"until-{day}" in page
    for lost in figures.lost[WHOLE]:
        after = f"list-after-{after_of(lost.step)}"
        assert (f'"{after}"' in page) == (lost.people.value is not None)
        assert all(f'"{after}-lost-{state}-reason-{reason}"' in page for state, reason, _ in lost.reasons)
    assert sum(len(lost.reasons) for lost in figures.lost[WHOLE]) > 5
    for complete in figures.complete:
        places = {"region": complete.area.region, "site": complete.area.site}
        where = "".join(f"{name}-{value}-" for name, value in places.items() if value)
        for datum, count in complete.having.items():
            assert (f'"list-{where}datum-{datum}"' in page) == (count.value is not None), complete.area
    for work in figures.work:
        where = f"region-{work.area.region}-" if work.area.region else ""
        for name in WORK:
            assert f'"list-{where}work-{name}"' in page


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ({"list": "withdrawn"}, "Withdrawn: All regions"),
        ({"list": "screened", "region": "r0", "team": "r0-s0-a"}, "Screened: Team 0-s0-a"),
        ({"list": "enrolled", "until": "2026-11-23"}, "Enrolled: All regions, until 23-Nov-2026"),
        ({"datum": "hba1c"}, "HbA1c: All regions"),
        ({"after": "approached"}, "Lost after: Approached: All regions"),
        (
            {"after": "approached", "lost": "declined", "reason": "no-time"},
            "Lost after: Approached, Said no: No time: All regions",
        ),
    ],
)
def test_the_list_of_one_number_has_pseudonyms_alone(
    given: Given, monkeypatch: pytest.MonkeyPatch, address: dict[str, str], title: str
) -> None:
    app = given(enrolment_counts())
    figures = may_show(enrolment_counts())
    number = read_enrolment_view(address).number
    assert number is not None
    people = number.value(figures)
    assert people is not None
    names = tuple(f"AAAA-{each:04}-BB" for each in range(people))
    monkeypatch.setattr(reads, "list_enrolment", lambda *args: EnrolmentList(figures, (), names))
    app.query_params.update(address)
    page = shown(app.run())
    assert title in page and f"{people} people are listed. These pseudonyms are made for this number" in page
    assert page.count('class="c3-pseudonym"') == min(people, 25)
    monkeypatch.setattr(reads, "list_enrolment", lambda *args: EnrolmentList(figures, ()))
    assert "could not be read as they were counted" in shown(app.run())


def test_conferences_and_teams_open_their_days_and_names(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    app = given(enrolment_counts())
    figures = may_show(enrolment_counts())
    held = ((date(2026, 9, 2), "Team A"), (None, ""))
    monkeypatch.setattr(reads, "list_enrolment", lambda *args: EnrolmentList(figures, (), held=held))
    app.query_params["work"] = "conferences"
    page = shown(app.run())
    assert "Conferences held: All regions" in page and "Team A" in page and "02-Sep-2026" in page
    app.query_params["work"], app.query_params["region"] = "teams", "r0"
    page = shown(app.run())
    assert "Teams: Region 0" in page and "02-Sep-2026" not in page


def test_a_number_that_is_not_shown_has_no_list(given: Given) -> None:
    app = given(enrolment_counts())
    app.query_params.update({"after": "approached", "lost": "declined", "reason": "nothing"})
    assert "The number is not shown, and so neither are the people." in shown(app.run())
