"""AllergyIntolerance: what a patient is allergic to, how sure it is, since when."""

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.drafts import in_order
from dashboard.domain.timeline.events import Certainty, Doubt, EventKind, EventState
from dashboard.domain.timeline.kinds.condition import certainty_of, clinical_state
from dashboard.fhir.mapping import allergy_intolerance as allergies
from dashboard.fhir.mapping.events.told import Beside, Told, meaning, somebody, told
from dashboard.fhir.mapping.reading import Json, code_of, origin, partial_date, timed


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
    start, end, doubts = in_order(start, until)
    if start is None and recorded is not None:
        start, doubts = recorded, (Doubt.RECORDED,)
    who, by = somebody(resource.get("asserter"), resource.get("recorder"))
    refuted = certainty is Certainty.REFUTED
    return told(
        origin=origin(resource),
        kind=EventKind.ALLERGY,
        text=allergy.text,
        start=start,
        end=end,
        state=EventState.UNKNOWN
        if refuted
        else clinical_state("AllergyIntolerance", allergy.clinical_status, ended=False),
        certainty=certainty,
        belongings=meant.certain,
        perhaps=meant.possible,
        codes=meant.codes,
        unmapped=meant.unmapped,
        detail=", ".join(filter(None, (allergy.reaction, words))),
        status=allergy.clinical_status,
        track=f"allergy:{meant.key or allergy.text.casefold()}",
        severity=allergy.criticality,
        who=who,
        by=by,
        recorded=recorded,
        doubts=doubts,
    )
