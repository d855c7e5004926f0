"""The counts of recommendations of a team: the same as the page's, computed once a record, in the background."""

from collections.abc import Callable
from datetime import date

import pytest

from dashboard.actions.decline_recommendation import decline_recommendation
from dashboard.actions.save import new_reference
from dashboard.actions.withdraw_reply import withdraw_reply
from dashboard.cache import team_recommendations
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.cache.team_resources import FACTS_OF_ANSWERS
from dashboard.domain.guidelines.evaluate import Outcome
from dashboard.domain.guidelines.fact import FactKind
from dashboard.domain.guidelines.guidance import new_guidance
from dashboard.domain.guidelines.recommendations import Recommendations, TeamCounts
from dashboard.domain.guidelines.reconciliation import Decision, Way, decided, new_reconciliation
from dashboard.domain.guidelines.rule import Indicator
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.errors import ServerUnavailable
from dashboard.fhir.guidelines.library import Library
from dashboard.fhir.mapping.writable import to_fhir
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_new_recommendations import get_new_recommendations
from dashboard.queries.get_recommendations import get_recommendations
from dashboard.queries.get_team_recommendations import get_team_recommendations
from dashboard.queries.get_worklist import get_worklist
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.guidelines import library
from tests.pages.recommendation_samples import HEART, ROWS
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


def test_the_worklist_counts_what_the_page_says_is_open() -> None:
    team = Team()

    def page() -> Recommendations:
        return get_recommendations(
            team.server, make.user("gp"), make.scope("gp"), T, library(), "p1", AS_OF,
            team_cache=team.cache, patient_cache=PatientCache(),
        )  # fmt: skip

    def agree() -> int:
        found = page()
        for shared in (False, True):
            count, shown = team.counts().counts["p1"].on(shared=shared), found.open(shared=shared)
            assert (count.applies, count.worst) == (len(shown), shown[0].advice.indicator), shared
            assert count.cannot_say == len(found.shown(Outcome.CANNOT_SAY, shared=shared))
        assert count.grave and count.worst is Indicator.CRITICAL
        return team.counts().counts["p1"].alone.applies

    before, user = agree(), make.user("gp")
    assert before > len(page().open(shared=True)), "one card rests on the answer to a single question"
    me = NamedReference(user.practitioner, user.name)
    card = new_guidance(
        page().open(shared=True)[0], Reference("Patient", "p1"), me, AS_OF, lambda _: "1",
        new_reference("GuidanceResponse"),
    )  # fmt: skip
    answered = decline_recommendation(
        team.server, user, "p1", card, None, "person-declines", reason="Asked her", at=AS_OF
    ).value
    team.refresh()
    assert agree() == before - 1
    withdraw_reply(team.server, user, "p1", answered, reason="Asked again", at=AS_OF)
    team.refresh()
    assert agree() == before


def test_where_the_answers_or_procedures_could_not_be_read_the_worklist_and_the_page_say_the_same() -> None:
    for kind in ("GuidanceResponse", "Procedure"):
        team = Team()
        team.server.failing[kind] = ServerUnavailable("server-timeout", reference="r1")
        found = get_recommendations(
            team.server, make.user("gp"), make.scope("gp"), T, library(), "p1", AS_OF,
            team_cache=team.cache, patient_cache=PatientCache(),
        )  # fmt: skip
        count = team.counts().counts["p1"].alone
        assert (count.applies, count.cannot_say) == (len(found.open(shared=False)), len(found.of(Outcome.CANNOT_SAY)))
        listed = get_worklist(team.server, make.user("gp"), make.scope("gp"), T, AS_OF, team_cache=team.cache)
        assert Notice("section-failed", kind) in listed.notices


def test_every_question_that_rules_ask_for_is_read_of_a_team() -> None:
    asked = {name for each in library().facts_used() if each.kind is FactKind.SCORE for name in each.value_sets}
    assert asked == set(FACTS_OF_ANSWERS)


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
    assert team.counts(fewer).counts["p1"].alone.applies < team.counts().counts["p1"].alone.applies
    assert evaluated.count("p1") == 3


def test_what_could_not_be_read_of_the_team_makes_no_card_apply() -> None:
    whole = Team().counts().counts["p1"].alone
    for kind in ("Observation", "Condition", "MedicationRequest"):
        team = Team()
        team.server.failing[kind] = ServerUnavailable("server-timeout", reference="r1")
        count = team.counts().counts["p1"].alone
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


def test_a_contradiction_that_the_team_has_decided_is_on_no_agenda() -> None:
    team = Team()
    for row in HEART:
        team.server.put(row)
    team.refresh()

    def clashing() -> set[str]:
        asked = (team.server, make.user("gp"), make.scope("gp"), T, library(), {"p1": None}, AS_OF, team.cache)
        return {each.target for each in get_new_recommendations(*asked)["p1"].contradictions}

    assert "potassium" in clashing()
    [found] = [
        each
        for each in get_recommendations(
            team.server, make.user("gp"), make.scope("gp"), T, library(), "p1", AS_OF,
            team_cache=team.cache, patient_cache=PatientCache(),
        ).contradictions
        if each.target == "potassium"
    ]  # fmt: skip
    me, at = NamedReference(Reference("Practitioner", "gp"), "Dr Jane Okafor"), AS_OF
    issue = new_reconciliation(found, Reference("Patient", "p1"), me, at, Reference("DetectedIssue", "di1"))
    decision = Decision(Way.MORE, "Keep it", "Heart first", me, PartialDate("2026-11-20"))
    team.server.put({**to_fhir(decided(issue, decision)), "id": "di1"})
    assert "potassium" not in clashing()
    team.server.failing["DetectedIssue"] = ServerUnavailable("server-timeout", reference="r1")
    assert "potassium" in clashing()  # as if nobody had decided
