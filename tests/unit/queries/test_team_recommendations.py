"""The counts of recommendations of a team: the same as the page's, computed once a record, in the background."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from dashboard.cache import team_recommendations
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.guidelines.recommendations import TeamCounts, counted, with_rules
from dashboard.domain.guidelines.rule import Indicator
from dashboard.errors import ServerUnavailable
from dashboard.fhir.guidelines.library import Library
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_new_recommendations import get_new_recommendations
from dashboard.queries.get_recommendations import get_recommendations
from dashboard.queries.get_team_recommendations import get_team_recommendations
from dashboard.queries.get_worklist import get_worklist
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.guidelines import library
from tests.pages.recommendation_samples import ROWS
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

T = load_terminology()


class Team:
    """A fake server, a team cache, and the work that is to be done in the background, which a test does."""

    def __init__(self, patients: int = 0) -> None:
        known = {(row["resourceType"], row["id"]): row for row in (*make.cohort(), *ROWS)}
        more = [
            row
            for n in range(10, 10 + patients)
            for row in (make.patient(f"p{n}", "X"), make.care_team(f"p{n}", ["gp"]))
        ]
        self.server = FakeFhirServer([*known.values(), *more])
        self.cache = TeamCache(start=lambda work: work())
        self.work: list[Callable[[], None]] = []
        self.asked: list[str] = []

    def counts(self, rules: Library | None = None) -> TeamCounts:
        if self.cache.peek(make.scope("gp")) is None:
            self.refresh()  # the worklist is read first
        return get_team_recommendations(
            self.server, make.user("gp"), make.scope("gp"), T, rules or library(), AS_OF, self.cache, self.work.append
        )

    def refresh(self) -> None:
        get_worklist(self.server, make.user("gp"), make.scope("gp"), T, AS_OF, True, self.cache)


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whom the rules were asked for."""
    asked: list[str] = []
    real = team_recommendations.evaluate_record

    def evaluate(record, *rest):  # type: ignore[no-untyped-def]
        asked.append(record.person.id)
        return real(record, *rest)

    monkeypatch.setattr(team_recommendations, "evaluate_record", evaluate)
    monkeypatch.setattr(team_recommendations, "PAUSE_SECONDS", 0)
    return asked


def test_the_worklist_counts_what_the_page_says_of_what_both_read() -> None:
    """Neither Procedures nor answers to single questions are read of a team."""
    team = Team()
    page = get_recommendations(
        team.server, make.user("gp"), make.scope("gp"), T, library(), "p1", AS_OF,
        team_cache=team.cache, patient_cache=PatientCache(),
    )  # fmt: skip
    of_page = counted(with_rules(replace(page, unread=team_recommendations.NOT_IN_TEAM), page.in_force, T).findings)
    of_team = team.counts().counts["p1"]
    assert (of_team.applies, of_team.worst) == (of_page.applies, of_page.worst) and of_team.worst is Indicator.CRITICAL
    assert of_team.grave and of_team.cannot_say == of_page.cannot_say


def test_only_who_is_in_the_worklist_is_counted_and_it_is_on_record(trail: Trail) -> None:
    counts = Team().counts()
    assert set(counts.counts) == {"p1", "p2", "p3"} and not counts.pending
    # Once: the counts are of what the worklist has read.
    assert [(each.what, {one.id for one in each.patients}) for each in trail.records] == [
        ("get_worklist", {"p1", "p2", "p3"})
    ]


def test_a_team_that_was_just_read_is_counted_in_the_background(evaluated: list[str]) -> None:
    team = Team(patients=10)
    first = team.counts()
    assert len(first.counts) == len(evaluated) == team_recommendations.AT_ONCE
    assert len(first.pending) == 13 - team_recommendations.AT_ONCE and len(team.work) == 1
    second = team.counts()  # one thread is at work, not two; and a look asks about a few more
    assert len(team.work) == 1 and set(first.counts) < set(second.counts)
    team.work.pop()()
    last = team.counts()
    assert len(last.counts) == 13 and not last.pending
    assert team.counts() is last


def test_a_record_that_did_not_change_is_never_asked_again(evaluated: list[str]) -> None:
    team = Team()
    before = team.counts()
    assert sorted(evaluated) == ["p1", "p2", "p3"]
    team.server.put(make.observation("o9", "p2", "2823-3", 4.1, "mmol/L", "2026-11-19"))
    team.refresh()
    after = team.counts()
    # A refresh reads the last seconds again, in which p1 was saved too.
    assert (evaluated.count("p2"), evaluated.count("p3")) == (2, 1) and after.counts["p3"] is before.counts["p3"]


def test_other_rules_are_asked_of_everybody(evaluated: list[str]) -> None:
    team = Team()
    team.counts()
    fewer = Library(library().rules[:3], library().facts)
    assert team.counts(fewer).counts["p1"].applies < team.counts().counts["p1"].applies
    assert evaluated.count("p1") == 3


def test_what_could_not_be_read_of_the_team_makes_no_card_apply() -> None:
    whole = Team().counts().counts["p1"]
    for kind in ("Observation", "Condition", "MedicationRequest"):
        team = Team()
        team.server.failing[kind] = ServerUnavailable("server-timeout", reference="r1")
        count = team.counts().counts["p1"]
        assert count.applies < whole.applies and count.cannot_say > whole.cannot_say, kind


def test_what_is_new_on_an_agenda_is_asked_once_and_of_the_own_patients_alone(
    trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = team_recommendations.new_since

    def count(record, *rest):  # type: ignore[no-untyped-def]
        asked.append(record.person.id)
        return real(record, *rest)

    monkeypatch.setattr(team_recommendations, "new_since", count)
    team = Team()
    team.refresh()

    def new_of(**since: str) -> dict[str, set[str]]:
        found = get_new_recommendations(
            team.server, make.user("gp"), make.scope("gp"), T, library(),
            {ident: date.fromisoformat(day) for ident, day in since.items()}, AS_OF, team.cache,
        )  # fmt: skip
        return {ident: {each.rule.id for each in new.findings} for ident, new in found.items()}

    found = new_of(p1="2026-11-18", p4="2026-11-18", p999="2026-11-18")
    assert set(found) == {"p1"} and "03-metformin-kidney" in found["p1"]
    assert new_of(p1="2026-11-18") == found and asked == ["p1"]
    new_of(p1="2026-11-19")
    assert asked == ["p1", "p1"]
    record = [each for each in trail.records if each.what == "get_new_recommendations"]
    assert [{one.id for one in each.patients} for each in record] == [{"p1"}] * 3
