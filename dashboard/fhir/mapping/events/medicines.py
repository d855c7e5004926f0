"""MedicationRequest and MedicationStatement: a span on the track of its substance; each dose is a record of its own."""

from functools import lru_cache

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.drafts import in_order
from dashboard.domain.timeline.events import Belonging, Bond, EventKind, EventState
from dashboard.domain.timeline.lanes import first_of_each
from dashboard.domain.timeline.states import state_of
from dashboard.domain.values.datatypes import Coding
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.events.told import Beside, Told, meaning, reasons, somebody, told
from dashboard.fhir.mapping.medication_request import concept_of, written_medicine
from dashboard.fhir.mapping.reading import Json, concept_text, partial_date, text


def medication(resource: Json, beside: Beside) -> Told | Exclusion:
    """The medicine, in the lanes of its reason and, perhaps, of what its class treats.

    How long a request may be dispensed says when it ended only once it has ended: one that is active goes on.
    """
    kind, status = text(resource.get("resourceType")), text(resource.get("status"))
    state = state_of(kind, status, text(resource.get("intent")), resource.get("doNotPerform") is True)
    if isinstance(state, Exclusion):
        return state
    terms = beside.terminology
    medicine = written_medicine(resource, terms, beside.substances)
    meant = meaning(concept_of(resource, beside.substances), terms)
    by_reason, perhaps, why = reasons(resource, beside)
    goes_on = kind == "MedicationRequest" and state is EventState.ONGOING
    start, end, doubts = in_order(medicine.started, None if goes_on else medicine.ended)
    who, by = somebody(resource.get("requester"), resource.get("informationSource"))
    return told(
        origin=medicine.origin,
        kind=EventKind.MEDICINE,
        text=medicine.text,
        start=start,
        end=end,
        state=state,
        belongings=first_of_each((*meant.certain, *by_reason)),
        perhaps=first_of_each((*_by_class(medicine.code, terms), *meant.possible, *perhaps)),
        codes=medicine.code,
        unmapped=meant.unmapped,
        detail=medicine.dose,
        status=status,
        track=f"medicine:{medicine.atc or meant.key or medicine.text.casefold()}",
        atc=medicine.atc,
        who=who,
        by=by,
        why=", ".join(filter(None, (why, concept_text(resource.get("statusReason"))))),
        recorded=partial_date(resource.get("authoredOn") or resource.get("dateAsserted")),
        doubts=doubts,
    )


@lru_cache(maxsize=4096)
def _by_class(codes: tuple[Coding, ...], terminology: Terminology) -> tuple[Belonging, ...]:
    found = terminology.atc_with_derivation(codes)
    if found is None:
        return ()
    atc, why = found
    served = terminology.conditions_served(atc)
    return tuple(Belonging(lane, Bond.DRUG_CLASS, why.equivalence, why.through) for lane in served)
