"""Reports on the timeline: DiagnosticReport, ImagingStudy and DocumentReference."""

from dashboard.domain.record.diagnostic_report import DiagnosticReport
from dashboard.domain.record.document_reference import DocumentReference
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.imaging_study import ImagingStudy
from dashboard.domain.timeline.drafts import DraftContext, EventDraft, in_order
from dashboard.domain.timeline.events import Certainty, Event, EventKind, LaneReason
from dashboard.domain.timeline.lanes import first_of_each, meaning_of
from dashboard.domain.timeline.states import UNCONFIRMED, state_of


def diagnostic_report_event(report: DiagnosticReport, context: DraftContext) -> EventDraft | Exclusion:
    """Returns the report, in the lanes of its results; the values are the events of the Observations."""
    state = state_of("DiagnosticReport", report.status)
    if isinstance(state, Exclusion):
        return state
    meaning = meaning_of(report.code, context.terminology)
    start, end, date_warnings = in_order(report.start, report.end)
    certain, possible = context.inherited(LaneReason.PART, report.results)
    return EventDraft(
        Event(
            origin=report.origin,
            kind=EventKind.REPORT,
            text=meaning.text,
            start=start or (report.issued if end is None else None),
            end=end,
            state=state,
            certainty=Certainty.UNCONFIRMED if report.status in UNCONFIRMED else Certainty.CONFIRMED,
            memberships=first_of_each((*meaning.certain, *certain)),
            codes=report.code.codings,
            unmapped=meaning.unmapped,
            detail=report.conclusion,
            status=report.status,
            track=f"report:{meaning.key}",
            who=report.performer.name,
            recorded=report.issued,
            date_warnings=date_warnings,
        ),
        possible=first_of_each((*meaning.possible, *possible)),
        performer=report.performer.to,
    )


def imaging_study_event(study: ImagingStudy, context: DraftContext) -> EventDraft | Exclusion:
    """Returns the study, named by its description or procedure, else by how and where in the body."""
    state = state_of("ImagingStudy", study.status)
    if isinstance(state, Exclusion):
        return state
    meaning = meaning_of(study.procedure, context.terminology)
    by_reason, inherited, why = context.reasons(study.reason_codes, study.reason_references)
    return EventDraft(
        Event(
            origin=study.origin,
            kind=EventKind.REPORT,
            text=study.description or meaning.text or ", ".join(study.series),
            start=study.started,
            state=state,
            memberships=first_of_each((*meaning.certain, *by_reason)),
            codes=study.procedure.codings,
            unmapped=meaning.unmapped,
            status=study.status,
            who=study.interpreter.name,
            why=why,
        ),
        possible=first_of_each((*meaning.possible, *inherited)),
        performer=study.interpreter.to,
    )


def document_event(document: DocumentReference, context: DraftContext) -> EventDraft | Exclusion:
    """Returns the document: when what it is about took place, else when it was written."""
    state = state_of("DocumentReference", document.status)
    if isinstance(state, Exclusion):
        return state
    meaning = meaning_of(document.type, context.terminology)
    start, end, date_warnings = in_order(document.start, document.end)
    described = (document.description, *document.titles)
    name = meaning.text or next(filter(None, described), "")
    certain, possible = context.inherited(LaneReason.PART, document.related)
    return EventDraft(
        Event(
            origin=document.origin,
            kind=EventKind.REPORT,
            text=name,
            start=start or (document.written if end is None else None),
            end=end,
            state=state,
            certainty=Certainty.UNCONFIRMED if document.doc_status in UNCONFIRMED else Certainty.CONFIRMED,
            memberships=first_of_each((*meaning.certain, *certain)),
            codes=document.type.codings,
            unmapped=meaning.unmapped,
            detail=next((words for words in described if words and words != name), ""),
            status=document.status,
            track=f"document:{meaning.key}",
            who=document.author.name,
            recorded=document.written,
            date_warnings=date_warnings,
        ),
        possible=first_of_each((*meaning.possible, *possible)),
        performer=document.author.to,
    )
