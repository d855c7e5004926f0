"""Records of the audit in words: what was done, by whom, about whom; and as a file."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from dashboard.domain.audit.record import AuditEntry, AuditKind, AuditOutcome, AuditPage, joined_searches
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.spreadsheet import Cells, csv_file
from dashboard.ui.shared.wording import mark, t, tn

KINDS = {
    AuditKind.PATIENT_READ: mark("Opened the record"),
    AuditKind.PATIENT_QUERY: mark("Saw in a list"),
    AuditKind.QUERY: mark("Searched"),
    AuditKind.CREATE: mark("Created"),
    AuditKind.UPDATE: mark("Changed"),
    AuditKind.EXPORT: mark("Exported"),
    AuditKind.PRINT: mark("Printed"),
    AuditKind.EMERGENCY_ACCESS: mark("Broke the glass"),
    AuditKind.SIGN_IN: mark("Signed in"),
    AuditKind.SIGN_OUT: mark("Signed out"),
    AuditKind.REFUSAL: mark("Was refused"),
}
WHATS = {
    "get_worklist": mark("worklist"),
    "get_my_tasks": mark("my tasks"),
    "get_patient": mark("patient page"),
    "get_timeline": mark("timeline"),
    "get_event": mark("one record of the timeline"),
    "find_patients": mark("find a patient"),
    "find_patient_id": mark("whose identifier it is"),
    "list_task_owners": mark("who can be given a task"),
    "get_audit": mark("the audit"),
    "get_counts": mark("the pilot in counts"),
    "get_enrolment": mark("the figures of enrolment"),
    "get_evaluation": mark("the evaluation of the pilot"),
    "list_enrolment": mark("the list behind a figure of enrolment"),
    "screen_patients": mark("screening for the pilot"),
    "get_own_record": mark("the own record"),
    "get_who_looked": mark("who looked at the record"),
    "get_recommendations": mark("recommendations"),
    "get_rule_use": mark("the use of guideline rules"),
    "export_rule_use": mark("the use of guideline rules, as a file"),
    "get_new_recommendations": mark("new recommendations of an agenda"),
    "ask_cds_services": mark("recommendations of other services"),
    "get_care_plan": mark("care plan"),
    "get_plan_history": mark("history of the care plan"),
    "start_plan": mark("begin a care plan"),
    "decline_recommendation": mark("decline a recommendation"),
    "withdraw_reply": mark("take back an answer to a recommendation"),
    "note_recommendations_seen": mark("note which recommendations were shown"),
    "save_plan": mark("change the care plan"),
    "sign_plan": mark("sign the care plan off"),
    "record_agreement": mark("who agrees to the care plan"),
    "link_activities": mark("put medicines and appointments into the care plan, or take them out"),
    "restore_version": mark("bring back an old version"),
    "convert_activity_details": mark("make records of a plan's activities"),
    "finish_broken_save": mark("finish a save that broke off"),
    "undo_broken_save": mark("undo a save that broke off"),
    "add_task": mark("add a task"),
    "withdraw_task": mark("take back a task"),
    "complete_task": mark("complete a task"),
    "reopen_task": mark("reopen a task"),
    "reassign_task": mark("hand a task on"),
    "comment_on_task": mark("comment on a task"),
    "tick_own_task": mark("tick of an own task"),
    "untick_own_task": mark("tick of an own task taken back"),
    "list_candidate": mark("put somebody on the screening list"),
    "list_candidates": mark("put people on the screening list"),
    "reconcile_contradiction": mark("decide between guidelines that contradict each other"),
    "take_back_reconciliation": mark("take back a decision between guidelines"),
    "record_screening_answers": mark("answers to the questions of the screening"),
    "take_back_screening_answers": mark("answers to the questions of the screening, taken back"),
    "change_enrolment": mark("change how somebody stands in the pilot"),
    "list_conferences": mark("case conferences"),
    "list_coming_conferences": mark("own case conferences of the next days"),
    "get_conference": mark("a case conference"),
    "get_meeting": mark("a case conference that runs"),
    "get_discussed_patient": mark("the patient whom a case conference discusses"),
    "get_discussed_recommendations": mark("recommendations for the patient whom a case conference discusses"),
    "plan_conference": mark("plan a case conference"),
    "move_conference": mark("change a case conference"),
    "cancel_conference": mark("call a case conference off"),
    "answer_conference": mark("answer an invitation"),
    "change_agenda": mark("change an agenda"),
    "write_conference_note": mark("note of a case conference"),
    "start_conference": mark("start a case conference"),
    "end_conference": mark("end a case conference"),
    "record_attendance": mark("who is at a case conference"),
    "discuss_patient": mark("discuss a patient"),
    "record_decision": mark("decision of a case conference"),
    "leave_discussion": mark("leave a patient of a case conference"),
    "withdraw_decision": mark("take back a decision"),
    "conclude_patient": mark("conclude a patient"),
    "postpone_patients": mark("postpone patients"),
    "send_minutes_back": mark("send minutes back"),
    "sign_minutes": mark("sign minutes"),
    "get_conference_history": mark("history of case conferences"),
    "get_patient_conferences": mark("case conferences about the patient"),
    "get_minutes": mark("minutes of a case conference"),
    "file_minutes": mark("file minutes in the record"),
    "export_patients": mark("export of a list"),
    "print_patients": mark("printed sheets"),
    "note_browser_print": mark("printed by the browser"),
    "export_audit": mark("export of the audit"),
    "export_counts": mark("export of the pilot's counts"),
    "export_enrolment": mark("export of the figures of enrolment"),
    "start_emergency_access": mark("emergency access"),
    "end_emergency_access": mark("end of an emergency access"),
    "list_emergency_accesses": mark("list of own emergency accesses"),
    "break_glass": mark("emergency access"),  # what the records of earlier versions say
    "sign_in": mark("sign-in"),
    "sign_out": mark("sign-out"),
}
OUTCOME_WORDS = {
    AuditOutcome.SUCCESS: mark("Done"),
    AuditOutcome.REFUSED: mark("Refused"),
    AuditOutcome.FAILED: mark("Failed"),
    AuditOutcome.UNKNOWN: mark("End not known"),
}
ACTIONS = {
    "C": mark("Created"), "R": mark("Read"), "U": mark("Changed"), "D": mark("Deleted"), "E": mark("Searched or did"),
}  # fmt: skip
HEADINGS = (
    mark("When"), mark("Who"), mark("Reference"), mark("Roles"), mark("What"), mark("Page or deed"), mark("Patients"),
    mark("Other records"), mark("Why"), mark("Outcome"), mark("Session"), mark("Recorded by"), mark("Record"),
)  # fmt: skip
# More are folded: a worklist names two hundred.
PATIENTS_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A record as a line of the page."""

    id: str
    day: str
    time: str
    name: str
    roles: str
    who: Reference | None
    did: str
    what: str
    patients: tuple[str, ...]
    others: tuple[str, ...]
    why: str
    outcome: AuditOutcome
    emergency: bool = False


def audit_lines(entries: Iterable[AuditEntry], zone: tzinfo) -> tuple[AuditLine, ...]:
    """The records in words, in their order, one line for one question; for records of other systems at least the word
    for FHIR's action.
    """
    return tuple(_line(entry, zone) for entry in joined_searches(entries))


def _line(entry: AuditEntry, zone: tzinfo) -> AuditLine:
    local = entry.when.astimezone(zone)
    return AuditLine(
        id=entry.id,
        day=show_day(local.date()),
        time=f"{local:%H:%M:%S}",
        name=clean(entry.name) or str(entry.who or "") or t("Not known"),
        roles=", ".join(clean(role, 60) for role in entry.roles[:6]),
        who=entry.who,
        did=kind_words(entry),
        what=what_words(entry),
        patients=tuple(patient.id for patient in entry.patients),
        others=tuple(str(each) for each in entry.entities),
        why=clean(entry.why, 1000),
        outcome=entry.outcome,
        emergency=is_emergency(entry),
    )


def is_emergency(entry: AuditEntry) -> bool:
    """Whether a record was opened, or read, beyond the own teams."""
    return entry.kind is AuditKind.EMERGENCY_ACCESS or bool(
        entry.why and entry.kind in (AuditKind.PATIENT_READ, AuditKind.PATIENT_QUERY)
    )


def what_words(entry: AuditEntry) -> str:
    """The page or action in words, and how many searches it took; what another system calls it where it is not ours."""
    what = t(WHATS[entry.what]) if entry.what in WHATS else clean(entry.what, 60).replace("_", " ")
    if entry.searches > 1:
        return f"{what}, {tn('typed in {n} step', 'typed in {n} steps', entry.searches)}"
    return what


def on_file_words(page: AuditPage, first: int) -> str:
    """How many records fit in all, those of the other pages too: `first` is how many come before this page."""
    here = first + len(page.entries)
    if page.total is not None:
        return tn("{n} record fits in all", "{n} records fit in all", page.total)
    if page.more:
        return tn("at least {n} record fits", "at least {n} records fit", here + 1)
    return tn("{n} record fits in all", "{n} records fit in all", here)


def totals_words(lines: Sequence[AuditLine]) -> list[str]:
    """How many lines of this page there are of each kind, the most frequent first."""
    counts = Counter(line.did for line in lines)
    words = [f"{did}: {count}" for did, count in counts.most_common()]
    refused = sum(line.outcome is not AuditOutcome.SUCCESS for line in lines)
    return [*words, t("not done: {n}", n=refused)] if refused else words


def kind_words(entry: AuditEntry) -> str:
    """What was done: our own kind, else FHIR's letter."""
    if entry.kind is not None:
        return t(KINDS[entry.kind])
    return t(ACTIONS[entry.action]) if entry.action in ACTIONS else t("Something else")


def patients_words(count: int) -> str:
    return tn("{n} patient", "{n} patients", count)


def audit_csv(entries: Iterable[AuditEntry], zone: tzinfo) -> bytes:
    """The records as a file, one line for one question: times are those of the sites, with their distance from UTC;
    nothing in it is a formula. UTF-8 with a mark.
    """
    lines: list[Cells] = [[t(heading) for heading in HEADINGS]]
    for entry in joined_searches(entries):
        cells = (
            entry.when.astimezone(zone).isoformat(timespec="milliseconds"), entry.name, str(entry.who or ""),
            ", ".join(entry.roles),
            kind_words(entry), what_words(entry), " ".join(patient.id for patient in entry.patients),
            " ".join(map(str, entry.entities)), entry.why, t(OUTCOME_WORDS[entry.outcome]), entry.session,
            entry.recorder, entry.id,
        )  # fmt: skip
        lines.append([clean(cell, 20_000) for cell in cells])
    return csv_file(lines)
