"""Made-up recommendations for the tests of pages: a small record, and the project's own rules over it."""

from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

from dashboard.domain.guidelines.contradiction import Contradiction
from dashboard.domain.guidelines.evaluate import Finding
from dashboard.domain.guidelines.guidance import Guidance, Reply, ReplyKind, new_guidance
from dashboard.domain.guidelines.recommendations import (
    PatientCount,
    Recommendations,
    RulesInForce,
    ScreenCounts,
    TeamCounts,
    with_rules,
)
from dashboard.domain.guidelines.reconciliation import Decision, Reconciliation, Way, decided, new_reconciliation
from dashboard.domain.guidelines.rule import Indicator
from dashboard.domain.record.allergy import AllergyState
from dashboard.domain.record.people import Person
from dashboard.domain.record.views import Section
from dashboard.domain.risk.risks import risks
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.errors import Failure
from dashboard.fhir.guidelines.read_record import read_record
from dashboard.fhir.mapping import goal
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_recommendations import rules_in_force
from dashboard.ui.recommendations.page import RecommendationsPage
from dashboard.ui.shared.view_time import ViewTime
from tests.guidelines import library
from tests.pages import samples
from tests.unit import people_and_teams as make

Json = dict[str, Any]
STOP_METFORMIN = "03-metformin-kidney/stop"
ROWS: tuple[Json, ...] = (
    make.condition("c1", "p1") | {"code": make.concept(make.SNOMED, make.T2DM, "Type 2 diabetes")},
    make.condition("c2", "p1") | {"code": make.concept(make.SNOMED, "84114007", "Heart failure")},
    make.condition("c3", "p1") | {"code": make.concept(make.SNOMED, make.CKD_3B, "CKD stage 3b")},
    make.medicine("m1", "p1"),
    make.medicine("m2", "p1", "C09AA05", medicationCodeableConcept=make.concept(make.ATC, "C09AA05", "ramipril")),
    make.observation("o1", "p1", "33914-3", 28, "mL/min/{1.73_m2}", "2026-11-20"),
    make.observation("o2", "p1", "2823-3", 6.2, "mmol/L", "2026-11-20"),
    make.observation("o3", "p1", "59261-8", 71, "mmol/mol", "2026-09-12"),
    make.observation("o4", "p1", "44260-8", 2, "{score}", "2026-11-15"),
)
"""Diabetes, heart failure and kidney disease, on metformin and ramipril, with an eGFR of 28 and a potassium of 6.2."""


def recommendations(
    who: Person = samples.ALDOUS, *more: Json, without: tuple[str, ...] = (), **changed: Any
) -> Recommendations:
    """What our rules say of the made-up record, with more records or without some types (then unread)."""
    rows = [row for row in (*ROWS, *more) if row["resourceType"] not in without]
    record = replace(read_record(rows, load_terminology(), samples.TODAY), person=who)
    found = Recommendations(
        person=who,
        fetched=samples.AS_OF,
        on=samples.TODAY,
        record=record,
        unread=frozenset(without),
        not_read=dict.fromkeys(without, Failure("server-timeout", (("reference", "r1"),))),
        allergy_state=AllergyState.NONE_KNOWN,
        risks=risks(record, samples.TODAY, load_terminology(), "GB", frozenset(without)),
        screened=changed.pop("screened", None),
    )
    in_force: RulesInForce = changed.pop("in_force", rules_in_force(library()))
    return replace(with_rules(found, in_force, load_terminology()), **changed)


HEART = (make.observation("o9", "p1", "10230-1", 35, "%", "2026-10-01"),)
"""With an ejection fraction of 35 % heart failure asks for the ramipril that a potassium of 6.2 speaks against."""


def clash(**changed: Any) -> Recommendations:
    """A record of which guidelines contradict each other in its potassium, with two goals."""
    goals = tuple(
        goal.from_fhir(make.goal(ident, "p1") | {"description": {"text": words}}, load_terminology())
        for ident, words in (("g1", "Stay within 2 kg of dry weight"), ("g2", "Keep kidney function"))
    )
    who = replace(samples.ALDOUS, id="p1")
    return replace(recommendations(who, *HEART, goals=Section(goals)), **changed)


def clash_page() -> tuple[RecommendationsPage, Contradiction]:
    """The page of that record with the contradiction about potassium, for its dialogs."""
    page = RecommendationsPage(clash(), ViewTime(samples.AS_OF, UTC), may_change=True, may_decide=True)
    return page, next(each for each in page.contradictions if each.target == "potassium")


def decided_page() -> tuple[RecommendationsPage, Contradiction, Reconciliation]:
    """The same once the team has decided."""
    page, found = clash_page()
    me = NamedReference(Reference("Practitioner", "gp"), "Dr Jane Okafor")
    issue = new_reconciliation(found, Reference("Patient", "p1"), me, samples.AS_OF, Reference("DetectedIssue", "di1"))
    decision = Decision(Way.THIRD_WAY, "A potassium binder", "Heart first", me, PartialDate("2026-11-23"))
    return page, found, decided(replace(issue, source=None), decision)


def team_counts() -> TeamCounts:
    """Of the worklist's people: Aldous has a critical one, Bramhall one to consider, Okonkwo none."""
    aldous, bramhall, okonkwo, *rest = (each.id for each in samples.PEOPLE)
    counts = {
        aldous: PatientCount(6, 3, Indicator.CRITICAL),
        bramhall: PatientCount(1, 0, Indicator.INFO),
        okonkwo: PatientCount(0, 4),
    }
    return TeamCounts({who: ScreenCounts(each, each) for who, each in counts.items()}, tuple(rest))


def answered(kind: ReplyKind, key: str = STOP_METFORMIN, patient_id: str = "p1", **reply: Any) -> Guidance:
    """What a colleague has answered to a card as it is now, as a page reads it."""
    who = NamedReference(Reference("Practitioner", "nurse"), "Ms Anna Lind")
    found = recommendations()
    finding = next(each for each in found.findings if f"{each.rule.id}/{each.advice.key}" == key)
    at = samples.AS_OF - timedelta(days=2)
    made = new_guidance(
        finding, Reference("Patient", patient_id), who, at, lambda _: "1", Reference("GuidanceResponse", "gr1")
    )
    given = Reply(kind, who, PartialDate(at.isoformat()), **reply)
    return replace(made, replies=(given,), source=None)


def card_page(*guidance: Guidance) -> tuple[Finding, RecommendationsPage]:
    """A card of the patient p1 and the page that it is on, for the dialogs."""
    found = recommendations(replace(samples.ALDOUS, id="p1"), guidance=Section(guidance))
    page = RecommendationsPage(found, ViewTime(samples.AS_OF, UTC), may_change=True)
    finding = page.finding(STOP_METFORMIN)
    assert finding is not None
    return finding, page
