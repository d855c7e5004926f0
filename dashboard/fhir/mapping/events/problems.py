"""Condition and AllergyIntolerance: what a patient has or had, how sure it is, since when."""

from typing import Final

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.events import Certainty, Doubt, EventKind, EventState
from dashboard.fhir.mapping import allergy_intolerance as allergies
from dashboard.fhir.mapping import condition as problems
from dashboard.fhir.mapping.events.states import state_of
from dashboard.fhir.mapping.events.told import Beside, Told, meaning, ordered, somebody, timed
from dashboard.fhir.mapping.reading import Json, code_of, origin, partial_date

_SURE: Final = frozenset({"confirmed", ""})


def certainty_of(verification: str) -> Certainty:
    """Of a verificationStatus; a word that R4 does not know confirms nothing."""
    if verification in _SURE:
        return Certainty.CONFIRMED
    return Certainty.REFUTED if verification == "refuted" else Certainty.UNCONFIRMED


def condition(resource: Json, beside: Beside) -> Told | Exclusion:
    """A span from onset to abatement, "2009" staying a year; without an onset it begins when it was recorded."""
    problem = problems.condition(resource, beside.terminology)
    if problem is None:
        return Exclusion.ENTERED_IN_ERROR
    meant = meaning(resource.get("code"), beside.terminology)
    onset, _, words = timed(resource, "onset")
    over, until, _ = timed(resource, "abatement")
    start, end, doubts = ordered(onset, until or over)
    recorded = partial_date(resource.get("recordedDate"))
    if start is None and recorded is not None:
        start, end, doubts = ordered(recorded, end)
        doubts = (Doubt.RECORDED, *doubts)
    certainty = certainty_of(problem.verification_status)
    who, by = somebody(resource.get("asserter"), resource.get("recorder"))
    severity = meaning(resource.get("severity"), beside.terminology).text
    return Told(
        origin=problem.origin,
        kind=EventKind.CONDITION,
        text=problem.text,
        start=start,
        end=end,
        state=_going_on(problem.clinical_status, "Condition", ended=until is not None or over is not None)
        if certainty is not Certainty.REFUTED
        else EventState.UNKNOWN,
        certainty=certainty,
        belongings=meant.belongings,
        perhaps=meant.perhaps,
        codes=problem.code,
        unmapped=problem.unmapped,
        detail=words,
        status=problem.clinical_status,
        # One story where the condition is staged (G3a, then G3b); else the same disease.
        track=f"condition:{problem.keys[0] if problem.keys and problem.stage else meant.same}",
        stage=problem.stage,
        severity=severity,
        who=who,
        by=by,
        recorded=recorded,
        doubts=doubts,
    )


def _going_on(status: str, kind: str, ended: bool) -> EventState:
    if not status:
        return EventState.DONE if ended else EventState.ONGOING
    state = state_of(kind, status)
    assert isinstance(state, EventState)
    return state


def allergy_intolerance(resource: Json, beside: Beside) -> Told | Exclusion:
    """From its onset, or since it was recorded. A statement that there is none is no event: the banner says it."""
    verification = code_of(resource.get("verificationStatus"))
    if verification == "entered-in-error":
        return Exclusion.ENTERED_IN_ERROR
    meant = meaning(resource.get("code"), beside.terminology)
    if allergies.NO_KNOWN_ALLERGY in meant.codes or not allergies.PARTLY_NONE.isdisjoint(meant.codes):
        return Exclusion.NO_NEWS
    allergy = allergies.written_allergy(resource, beside.terminology)
    certainty = certainty_of(verification)
    start, until, words = timed(resource, "onset")
    recorded = partial_date(resource.get("recordedDate"))
    start, end, doubts = ordered(start, until)
    if start is None and recorded is not None:
        start, doubts = recorded, (Doubt.RECORDED,)
    who, by = somebody(resource.get("asserter"), resource.get("recorder"))
    refuted = certainty is Certainty.REFUTED
    return Told(
        origin=origin(resource),
        kind=EventKind.ALLERGY,
        text=allergy.text,
        start=start,
        end=end,
        state=EventState.UNKNOWN if refuted else _going_on(allergy.clinical_status, "AllergyIntolerance", ended=False),
        certainty=certainty,
        belongings=meant.belongings,
        perhaps=meant.perhaps,
        codes=meant.codes,
        unmapped=meant.unmapped,
        detail=", ".join(filter(None, (allergy.reaction, words))),
        status=allergy.clinical_status,
        track=f"allergy:{meant.same or allergy.text.casefold()}",
        severity=allergy.criticality,
        who=who,
        by=by,
        recorded=recorded,
        doubts=doubts,
    )
