"""DiagnosticReport, ImagingStudy, DocumentReference and QuestionnaireResponse: what was written about the patient."""

from typing import Any

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.drafts import in_order
from dashboard.domain.timeline.events import Bond, Certainty, EventKind
from dashboard.domain.timeline.lanes import first_of_each, lanes_of_codes
from dashboard.domain.timeline.states import UNCONFIRMED, state_of
from dashboard.domain.values.datatypes import Coding, PartialDate
from dashboard.fhir.mapping.events.told import Beside, Told, meaning, reasons, somebody, told
from dashboard.fhir.mapping.reading import (
    CannotRead,
    Json,
    concept_text,
    many,
    one,
    origin,
    partial_date,
    period,
    reference,
    text,
    timed,
)
from dashboard.fhir.questionnaire_files import questionnaire_titles


def diagnostic_report(resource: Json, beside: Beside) -> Told | Exclusion:
    """A report, in the lanes of its results; the values are the Observations' own events."""
    status = text(resource.get("status"))
    state = state_of("DiagnosticReport", status)
    if isinstance(state, Exclusion):
        return state
    meant = meaning(resource.get("code"), beside.terminology)
    if not meant.text:
        raise CannotRead("no-code")
    issued = partial_date(resource.get("issued"))
    start, end, _ = timed(resource, "effective")
    start, end, doubts = in_order(start, end)
    parts, perhaps = beside.inherited(Bond.PART, map(reference, many(resource.get("result"))))
    who, by = somebody(resource.get("performer"), resource.get("resultsInterpreter"))
    return told(
        origin=origin(resource),
        kind=EventKind.REPORT,
        text=meant.text,
        start=start or (issued if end is None else None),
        end=end,
        state=state,
        certainty=Certainty.UNCONFIRMED if status in UNCONFIRMED else Certainty.CONFIRMED,
        belongings=first_of_each((*meant.certain, *parts)),
        perhaps=first_of_each((*meant.possible, *perhaps)),
        codes=meant.codes,
        unmapped=meant.unmapped,
        detail=text(resource.get("conclusion")) or concept_text(resource.get("conclusionCode")),
        status=status,
        track=f"report:{meant.key}",
        who=who,
        by=by,
        recorded=issued,
        doubts=doubts,
    )


def imaging_study(resource: Json, beside: Beside) -> Told | Exclusion:
    """Pictures that were taken: named by the procedure, else by how and where in the body."""
    status = text(resource.get("status"))
    state = state_of("ImagingStudy", status)
    if isinstance(state, Exclusion):
        return state
    meant = meaning(resource.get("procedureCode"), beside.terminology)
    series = many(resource.get("series"))
    seen = [_shown(part.get(name)) for part in series for name in ("modality", "bodySite")]
    by_reason, perhaps, why = reasons(resource, beside)
    who, by = somebody(resource.get("interpreter"), resource.get("referrer"))
    name = text(resource.get("description")) or meant.text or ", ".join(dict.fromkeys(filter(None, seen)))
    if not name:
        raise CannotRead("no-code")
    return told(
        origin=origin(resource),
        kind=EventKind.REPORT,
        text=name,
        start=partial_date(resource.get("started")),
        state=state,
        belongings=first_of_each((*meant.certain, *by_reason)),
        perhaps=first_of_each((*meant.possible, *perhaps)),
        codes=meant.codes,
        unmapped=meant.unmapped,
        status=status,
        who=who,
        by=by,
        why=why,
    )


def _shown(coding: Any) -> str:
    part = one(coding)
    return text(part.get("display")) or text(part.get("code"))


def document_reference(resource: Json, beside: Beside) -> Told | Exclusion:
    """A letter or document: when what it is about took place, else when it was written."""
    status, doc_status = text(resource.get("status")), text(resource.get("docStatus"))
    state = Exclusion.ENTERED_IN_ERROR if doc_status == "entered-in-error" else state_of("DocumentReference", status)
    if isinstance(state, Exclusion):
        return state
    meant = meaning(resource.get("type") or resource.get("category"), beside.terminology)
    written = partial_date(resource.get("date"))
    context = one(resource.get("context"))
    start, end, doubts = in_order(*period(context.get("period")))
    titles = [text(one(part.get("attachment")).get("title")) for part in many(resource.get("content"))]
    name = meant.text or text(resource.get("description")) or next(filter(None, titles), "")
    if not name:
        raise CannotRead("no-code")
    described = [text(resource.get("description")), *titles]
    related, perhaps = beside.inherited(Bond.PART, map(reference, many(context.get("related"))))
    who, by = somebody(resource.get("author"), resource.get("authenticator"), resource.get("custodian"))
    return told(
        origin=origin(resource),
        kind=EventKind.REPORT,
        text=name,
        start=start or (written if end is None else None),
        end=end,
        state=state,
        certainty=Certainty.UNCONFIRMED if doc_status in UNCONFIRMED else Certainty.CONFIRMED,
        belongings=first_of_each((*meant.certain, *related)),
        perhaps=first_of_each((*meant.possible, *perhaps)),
        codes=meant.codes,
        unmapped=meant.unmapped,
        detail=next((words for words in described if words and words != name), ""),
        status=status,
        track=f"document:{meant.key}",
        who=who,
        by=by,
        recorded=written,
        doubts=doubts,
    )


def questionnaire_response(resource: Json, beside: Beside) -> Told | Exclusion:
    """Answers to a questionnaire, in the lanes of the questionnaire and of the results derived from it. The answers
    themselves are not told here: some are not for a shared screen.
    """
    status = text(resource.get("status"))
    state = state_of("QuestionnaireResponse", status)
    if isinstance(state, Exclusion):
        return state
    own = origin(resource)
    sure, perhaps = beside.inherited(Bond.PART, beside.derived.get(own, ()))
    canonical = text(resource.get("questionnaire")).split("|", 1)[0]
    name = questionnaire_titles().get(canonical) or canonical.rstrip("/").rsplit("/", 1)[-1]
    if not name:
        raise CannotRead("no-code")
    base, _, last = canonical.rstrip("/").rpartition("/")
    asked = (Coding(base, last),) if last.strip() else ()
    authored: PartialDate | None = partial_date(resource.get("authored"))
    who, by = somebody(resource.get("author"), resource.get("source"))
    return told(
        origin=own,
        kind=EventKind.QUESTIONNAIRE,
        text=name,
        start=authored,
        state=state,
        belongings=sure,
        perhaps=first_of_each((*lanes_of_codes(asked, beside.terminology), *perhaps)),
        status=status,
        track=f"questionnaire:{canonical}",
        who=who,
        by=by,
        recorded=authored,
    )
