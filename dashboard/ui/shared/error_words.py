"""The words of every error, in the reader's language at the moment of showing. Complete by test."""

from dashboard.errors import DashboardError, Failure
from dashboard.ui.shared.enrolment_error_words import ENROLMENT_ERRORS
from dashboard.ui.shared.recommendation_error_words import RECOMMENDATION_ERRORS
from dashboard.ui.shared.wording import mark, t

# code -> the sentence. Codes: the first argument of a DashboardError or a Failure, anywhere in dashboard/.
ERRORS: dict[str, str] = {
    **ENROLMENT_ERRORS,
    **RECOMMENDATION_ERRORS,
    "operator": "{sentence}",  # English, for whoever runs the dashboard: settings, ports, folders
    # case conferences
    "conference-not-found": mark("There is no such conference among those of your teams."),
    "conference-changed": mark("Somebody has changed this conference meanwhile. Look at it again, then change it."),
    "conference-changed-again": mark("Others are saving at the same moment. Nothing of yours was saved; try again."),
    "conference-title-empty": mark("Give the conference a title."),
    "conference-title-too-long": mark("The title is too long: {most} characters at most."),
    "conference-place-too-long": mark("The place is too long: {most} characters at most."),
    "conference-length-impossible": mark("A conference lasts from {least} to {most} minutes."),
    "conference-start-impossible": mark("Choose a day from today on, within the next two years."),
    "conference-series-impossible": mark("A series has 1 to {most} conferences, 1 to 13 weeks apart."),
    "conference-nobody": mark("Choose at least one person who is to come."),
    "conference-too-many": mark("At most {most} people can be asked to come."),
    "conference-answer-impossible": mark("The answer is accepted, declined or tentative."),
    "conference-not-asked": mark("You are not asked to come to this conference, so there is nothing to answer."),
    "conference-cannot-be-changed": mark("This conference is over or called off, so it is not changed any more."),
    "conference-cannot-be-started": mark(
        "This conference cannot be started: it is called off, or somebody has corrected it."
    ),
    "conference-cannot-be-ended": mark("This conference does not run, so there is nothing to end."),
    "conference-cannot-be-cancelled": mark("This conference has begun or is called off already."),
    "conference-cannot-be-resumed": mark("Only a conference that is over can go on."),
    "conference-cannot-be-planned-again": mark("Only a conference that was called off can be planned again."),
    "conference-not-running": mark("The conference has not begun. Start it first."),
    "conference-not-over": mark("The conference still runs. End it first, then sign the minutes."),
    "conference-next-has-begun": mark("The next conference has begun or is called off. Choose one that is to come."),
    "decision-not-found": mark("This was not decided about this patient at this conference. Open the page again."),
    "patient-not-on-agenda": mark("This patient is not on the agenda of this conference. Add the patient first."),
    "agenda-full": mark("An agenda holds {most} patients at most."),
    "agenda-item-discussed": mark("This patient was discussed, so the agenda keeps that."),
    "agenda-item-missing": mark("This patient is not on the agenda any more."),
    "agenda-minutes-impossible": mark("A patient is given 1 to {most} minutes."),
    "note-empty": mark("Write something first."),
    "note-too-long": mark("This is too long: {most} characters at most. Longer text belongs in a document."),
    "note-full": mark("This note is full: it holds {most} entries."),
    "note-signed": mark("The minutes are signed, so the note takes corrections alone."),
    "minutes-not-found": mark("There are no minutes of this conference yet."),
    "minutes-changed": mark("The minutes have changed since you opened them. Read them again, then sign."),
    "minutes-not-signed": mark("The minutes are not signed yet. Sign them first, then file them in the records."),
    "minutes-signed": mark("The minutes are signed. A correction is written into the patient's note."),
    "minutes-too-many-present": mark("At most {most} people can be put down as present."),
    "remark-empty": mark("Say what is to be corrected."),
    "remark-too-long": mark("This is too long: {most} characters at most."),
    # signing in and permissions
    "not-signed-in": mark("You are not signed in."),
    "sign-in-without-identity": mark("Your sign-in does not say who you are. Tell the administrator."),
    "sign-in-without-role": mark(
        "Your sign-in carries no role in this dashboard. Ask the administrator of your organisation for one."
    ),
    "sign-in-without-fhir-user": mark(
        "Your sign-in does not say who you are on the FHIR server, so there is nothing that it may show you. "
        "Ask the administrator of your organisation."
    ),
    "sign-in-of-another-region": mark(
        "Your sign-in names somebody of an organisation that its provider may not speak for. "
        "Ask the administrator of your organisation."
    ),
    "sign-in-without-end": mark("Your sign-in does not say how long it holds. Tell the administrator."),
    "sign-in-provider-unknown": mark("Your sign-in comes from a provider that this dashboard does not know."),
    "sign-in-without-token": mark(
        "Your sign-in brought no token for the FHIR server, which this dashboard asks on your behalf. "
        "Tell the administrator."
    ),
    "no-practitioners": mark(
        "No practitioners are on the FHIR server, so nobody can look. Load the demo or your own first."
    ),
    "worklist-not-permitted": mark("Only clinicians and coordinators see a worklist, of the patients of their teams."),
    "patient-not-permitted": mark(
        "Only the patient's care team sees this record; ask its coordinator to add you to the team."
    ),
    "search-not-permitted": mark("Only clinicians and coordinators look for patients, among those of their teams."),
    "tasks-not-permitted": mark("Only clinicians and coordinators see tasks, of the patients of their teams."),
    "task-add-not-permitted": mark("Only a member of the patient's care team may add a task; ask its coordinator."),
    "task-change-not-permitted": mark(
        "Only a member of the patient's care team may change this task; ask its coordinator."
    ),
    "plan-change-not-permitted": mark(
        "Only a member of the patient's care team may change the care plan; ask its coordinator."
    ),
    "conference-view-not-permitted": mark(
        "Only clinicians and coordinators see case conferences, those of their teams."
    ),
    "conference-plan-not-permitted": mark("Only a coordinator of the team plans its case conferences."),
    "conference-hold-not-permitted": mark(
        "Only members of the team and those who are asked to come take part in this."
    ),
    "conference-of-another-team": mark(
        "You are no member of this team today; its own coordinator plans its conferences."
    ),
    "export-not-permitted": mark("Your role may not export this; members of the care team export its lists."),
    "role-ended": mark("Your role has ended, so there is nothing that may be shown. Ask your organisation."),
    "timeline-not-read-yet": mark("It was still being read when this was printed; print again for what is new."),
    "print-too-long": mark("This is too long to be printed as one document. Choose a shorter time or fewer patients."),
    "print-failed": mark(
        "The PDF could not be made. The page itself can be printed with the browser (Ctrl+P); tell your support team."
    ),
    "file-of-another-session": mark("This file belongs to another session. Open the page and press the button again."),
    "counts-not-permitted": mark("Only pilot managers see the counts of the pilot."),
    "emergency-access-not-permitted": mark(
        "Only clinicians may look beyond their teams in an emergency, with a reason."
    ),
    "audit-not-permitted": mark("Only administrators see who looked at what."),
    "connections-not-permitted": mark("Only administrators see the connections."),
    "own-record-not-permitted": mark(
        "Only the patient, and a carer whom the patient has agreed to, sees this record here."
    ),
    "who-looked-not-permitted": mark("Only the patient sees here who looked at the record."),
    "not-in-a-care-team": mark(
        "Only a member of a care team may change this; ask the coordinator to add you to the team."
    ),
    "worklist-without-care-team": mark(
        "Only somebody who works in a care team has a worklist; ask the coordinator to add you to one."
    ),
    # patients and records
    "no-patient-chosen": mark("No patient is chosen. Open one from the worklist, or find one with Ctrl+K."),
    "patient-not-found": mark("This patient does not exist, or is not in the care of your teams."),
    "several-of-this-name": mark(
        "This name fits {n} patients of your teams. Type the whole name, or the patient's number."
    ),
    "patient-not-on-server": mark("This patient does not exist, or is not yours to see."),
    "patient-unreadable": mark("The record of this patient cannot be read; tell the administrator."),
    "record-not-found": mark("This record does not exist, or is not yours to see."),
    "event-not-found": mark("This record is not there any more, or is not part of this patient's timeline."),
    # tasks
    "task-not-found": mark("This task does not exist, or is not yours to see."),
    "task-changed": mark(
        "Somebody else changed this task after you opened it. Look at what it says now, then repeat your change."
    ),
    "task-cannot-be-completed": mark("This task cannot be completed: it has ended or is still a draft."),
    "task-cannot-be-reopened": mark("This task cannot be reopened: it has not ended."),
    "task-cannot-be-reassigned": mark("This task cannot be given to somebody else: it has ended. Reopen it first."),
    "task-cannot-be-withdrawn": mark("This task cannot be taken back: somebody has begun it, or it has ended."),
    "message-not-sent-by-you": mark("Only who sent a message takes it back."),
    "message-cannot-be-withdrawn": mark("This message has been said or taken back already."),
    "task-not-asked-by-you": mark("Only who asked for a task takes it back. Comment on it, or hand it on."),
    "activity-changed-elsewhere": mark(
        "This is changed where it is prescribed or booked. Here it is put into the plan, or taken out of it."
    ),
    "plan-link-not-found": mark(
        "This prescription or appointment is not among this patient's records any more, or not in the plan. "
        "Open the page again."
    ),
    "plan-link-over": mark(
        "This medicine is not taken any more, or the appointment is over or cancelled. Only current medicines and "
        "coming appointments are put into a plan."
    ),
    "activity-owner-missing": mark("Say who is to do it."),
    "goal-related-to-itself": mark("A goal is related to another goal, not to itself."),
    "plan-not-found": mark("This care plan is not there any more, or is not this patient's. Open the page again."),
    "plan-of-others": mark(
        "Only those who keep this plan change it. Ask them, or put what you need into the plan of your team."
    ),
    "plan-there-already": mark("The team has a care plan for this patient already. Open the page again to see it."),
    "plan-team-not-chosen": mark("Choose the team whose plan it will be: you see this patient in several teams."),
    "plan-there-unread": mark(
        "This patient has a care plan that could not be read, so no other one is started here. Look in the source "
        "system, and have it corrected or ended there."
    ),
    "plan-changed-again": mark(
        "Others are saving the same part of the plan again and again. Wait a moment, then save once more."
    ),
    "plan-changed-before-signing": mark(
        "Somebody changed the plan after you opened it. Read what it says now, then sign it."
    ),
    "activity-not-convertible": mark(
        "This activity stays as the plan says it: prescriptions, bookings and what is not to be done are changed where "
        "they were written."
    ),
    "broken-save-not-found": mark("This save was finished or undone meanwhile. Open the page again."),
    "save-not-undone": mark("What this {what} said before cannot be read, so the save cannot be undone; finish it."),
    "plan-item-not-found": mark("This part of the plan is not there any more. Open the page again."),
    "plan-version-not-found": mark("This version is not there, or cannot be read. Choose another."),
    "agreement-unknown": mark("Choose whether the person agrees, disagrees, or has yet to decide."),
    "agreement-of-a-stranger": mark(
        "Whether somebody agrees is recorded for the patient, the patient's carers and professionals. "
        "Choose one of them."
    ),
    "plan-due-before-start": mark("The due date is before the start. Choose a later due date, or an earlier start."),
    "plan-due-impossible": mark("The due date is from today to ten years ahead."),
    "plan-end-needs-reason": mark("Say why it ends: others read it later."),
    "plan-nothing-changed": mark("Nothing is changed yet."),
    "plan-reason-empty": mark("Say why in a few words, or choose a reason: the team reads it."),
    "plan-target-no-number": mark("{what}: write a number such as 53 or 7.5, or leave it empty."),
    "plan-target-reversed": mark("{what}: the lower number comes first."),
    "plan-status-not-allowed": mark("This status cannot follow the one it has. Choose one of the list."),
    "plan-statuses-exclude": mark(
        "These two statuses cannot stand together: what nobody began has no result, and what has ended does not go on."
    ),
    "plan-text-too-long": mark("This text has {length} characters; {most} are the most."),
    "plan-title-empty": mark("Say in words what it is."),
    "task-text-empty": mark("Say what is to be done."),
    "task-text-too-long": mark("What is to be done has at most {most} characters; put the rest into a comment."),
    "task-owner-missing": mark("Choose who is to do it."),
    "task-due-missing": mark("Say by when it is to be done."),
    "task-due-impossible": mark("The day by when it is to be done is today or later, and within five years."),
    "task-takes-no-comments": mark("This task was entered in error and takes no comments."),
    "task-owner-cannot-open": mark(
        "This person or team is not in the care team of the patient and could not open the record. "
        "Choose somebody of the patient’s care team."
    ),
    "task-owner-impossible": mark("A task can be given to a person or to a team."),
    "comment-empty": mark("Write the comment first."),
    "comment-too-long": mark("The comment is too long: {most:,} characters are the most."),
    "reason-too-long": mark("The reason is too long: {most:,} characters are the most."),
    # emergency access
    "emergency-access-without-practitioner": mark(
        "Only a clinician whom the FHIR server knows may look beyond the teams."
    ),
    "emergency-access-in-team": mark("This patient is in the care of your teams: find and open the record as usual."),
    "emergency-reason-empty": mark("Say in a few words why you need to see this record; the coordinator will read it."),
    "identifier-incomplete": mark("Write the patient's whole identifier, such as the NHS number."),
    "identifier-ambiguous": mark("More than one patient has this identifier; ask the administrator."),
    "identifier-not-found": mark("No patient has exactly this identifier, or the patient does not share the record."),
    "emergency-access-without-recipient": mark(
        "Nobody could be told that you look at this record, so it stays closed. Ask the coordinator."
    ),
    # audit
    "audit-not-started": mark("The audit log is not kept. Restart the dashboard."),
    "audit-not-kept": mark(
        "Nothing is shown while the audit log is not kept. Restart the dashboard, or tell the administrator."
    ),
    "audit-not-recorded": mark(
        "Nothing is shown or done that cannot be put on record, and the record could not be kept: the dashboard's disk "
        "is full or cannot be written, and the FHIR server does not take it either. Tell the administrator."
    ),
    "audit-folder-unwritable": mark(
        "The audit log cannot be kept in {folder}: make the folder writable, or name another in the settings."
    ),
    "audit-disk-unreadable": mark("The audit log on disk cannot be read."),
    "audit-disk-unwritable": mark(
        "The disk does not take audit records; they go to the server one by one, and pages wait."
    ),
    "audit-server-forbids": mark(
        "The FHIR server does not let the dashboard write its audit records; they are kept on disk."
    ),
    "audit-server-away": mark("The FHIR server does not take audit records now; they are kept on disk until it does."),
    # saved views of the worklist
    "view-without-name": mark("Give the view a name first."),
    "views-too-many": mark("There are {n} saved views already; delete one first."),
    "view-not-saved": mark("The view could not be saved: the data folder cannot be written."),
    # the FHIR server cannot be reached, or its address is wrong
    "server-unreachable": mark(
        "The FHIR server cannot be reached. Check that it runs, or try again in a minute (reference {reference})."
    ),
    "server-timeout": mark("The FHIR server did not answer in time. Try again in a minute (reference {reference})."),
    "server-silent": mark("The FHIR server has not answered yet. It is still being asked."),
    "server-certificate": mark(
        "The FHIR server's certificate could not be verified. Tell the administrator (reference {reference})."
    ),
    "server-proxy": mark(
        "The way to the FHIR server is blocked by the proxy. Tell the administrator (reference {reference})."
    ),
    "server-busy": mark(
        "The FHIR server is too busy or is being restarted. Try again in a minute (reference {reference})."
    ),
    "server-failed": mark(
        "The FHIR server failed at this. Try again; if it stays so, tell the administrator (reference {reference})."
    ),
    "server-redirects": mark(
        "The FHIR address sends us elsewhere. Put the final address into the settings (reference {reference})."
    ),
    "server-token-missing": mark(
        "The FHIR server's sign-in did not give the dashboard a token. Tell the administrator."
    ),
    "server-token-address-missing": mark(
        "The FHIR server does not say where it gives tokens. Name the place in FHIR_TOKEN_URL."
    ),
    "server-sign-in-refused": mark(
        "The FHIR server did not accept your sign-in. Sign in again (reference {reference})."
    ),
    "server-sign-in-unusable": mark("Your sign-in cannot be used with the FHIR server. Sign in again."),
    "server-forbids": mark("The FHIR server does not let you do this (reference {reference})."),
    "server-absent": mark("There is no FHIR server at this address. Check the FHIR address in the settings."),
    "server-not-fhir": mark(
        "The address does not answer as a FHIR server does. Check the FHIR address in the settings."
    ),
    "server-fhir-version": mark(
        "The server answers with FHIR {version}; this dashboard needs a FHIR R4 (4.0.1) server."
    ),
    "server-without-fhir-version": mark(
        "The server answers with no FHIR version; this dashboard needs a FHIR R4 (4.0.1) server."
    ),
    # what the FHIR server answered
    "answer-not-fhir": mark("The FHIR server answered with HTTP {status}, which is not FHIR (reference {reference})."),
    "answer-not-json": mark(
        "The address answered with something that is not FHIR JSON. Check the FHIR address, or the proxy before it "
        "(reference {reference})."
    ),
    "answer-web-page": mark(
        "The FHIR address answered with a web page. Something before the server answers in its place, as in "
        "maintenance; try again later (reference {reference})."
    ),
    "answer-empty": mark("The FHIR address answered with nothing. Try again later (reference {reference})."),
    "answer-cut-off": mark(
        "The FHIR server's answer broke off in the middle. Try again later (reference {reference})."
    ),
    "answer-too-large": mark("The FHIR server's answer is too large to be used (reference {reference})."),
    "answer-other-record": mark("The FHIR server answered with another record than the {what} asked for."),
    "address-outside-server": mark("An address outside the FHIR server was refused."),
    "resource-not-found": mark("This {what} does not exist, or is not yours to see (reference {reference})."),
    "history-not-kept": mark("The FHIR server does not keep earlier versions of {what} records."),
    "history-without-end": mark(
        "The FHIR server's list of versions of this {what} does not end; it cannot be shown (reference {reference})."
    ),
    "type-not-served": mark("The FHIR server does not keep {what} records."),
    "type-not-found": mark("The FHIR server does not keep {what} records (reference {reference})."),
    "operation-not-supported": mark("The FHIR server cannot do this with {what} records (reference {reference})."),
    # searching
    "search-refused": mark(
        "The FHIR server did not accept the question for {what} (HTTP {status}) (reference {reference})."
    ),
    "search-refused-with-issues": mark(
        "The FHIR server did not accept the question for {what} (HTTP {status}) and says: {issues} "
        "(reference {reference})."
    ),
    "search-expired": mark(
        "The FHIR server forgot the search before its last page. Try again (reference {reference})."
    ),
    "search-without-list": mark("The FHIR server answered a search with no list (reference {reference})."),
    "search-other-records": mark("The FHIR server answered a search for {what} with other records; none is shown."),
    "search-unwanted-records": mark(
        "The FHIR server answered a search for {what} with records that were not asked for. "
        "None is shown; tell the administrator."
    ),
    "search-page-outside-server": mark(
        "The FHIR server's next page is at an address outside it; the rows are not shown."
    ),
    "search-by-patient-not-supported": mark(
        "The FHIR server cannot search {what} by patient, so these records cannot be shown."
    ),
    "search-parameter-not-supported": mark("The FHIR server cannot search {what} by {name}."),
    # saving
    "version-conflict": mark(
        "Somebody else saved a newer version of this {what}. Load it again, then repeat your change "
        "(reference {reference})."
    ),
    "version-changed": mark(
        "Somebody else saved a newer version of this {what}. Load it again, then repeat your change."
    ),
    "reason-empty": mark("Say in a few words why; the team reads it."),
    "save-answer-unreadable": mark(
        "The change was saved, and the server's answer could not be read. Open the page again."
    ),
    "save-refused": mark(
        "The FHIR server did not accept this {what} (HTTP {status}). Nothing was saved (reference {reference})."
    ),
    "save-refused-with-issues": mark(
        "The FHIR server did not accept this {what} (HTTP {status}) and says: {issues}. Nothing was saved "
        "(reference {reference})."
    ),
    "save-uncertain": mark(
        "The FHIR server did not answer, and it is not known whether your change was saved. "
        "Load the record again before you repeat it (reference {reference})."
    ),
    "save-without-answer": mark(
        "The FHIR server took the change but did not say what it stored. "
        "Load the record again to see (reference {reference})."
    ),
    "save-in-part": mark(
        "The FHIR server saved only a part of the change, which it must not. "
        "Load the record again to see what is there, and tell the administrator (reference {reference})."
    ),
    "save-stopped": mark(
        "The FHIR server took {done} of {all} records of your change and then stopped. What it took is saved; "
        "save once more for the rest."
    ),
    "save-broke-off": mark(
        "Your change broke off after {done} of {all} records. Open the plan again: it shows what was saved, to be "
        "finished or undone."
    ),
    "create-once-not-supported": mark("The FHIR server cannot see to it that there is one {what} and not two."),
    "transaction-not-supported": mark("The FHIR server cannot save several records together, so nothing was saved."),
}


def error_words(error: DashboardError | Failure) -> str:
    """The sentence of an error in the reader's language; a code without words is shown as it is."""
    failure = error if isinstance(error, Failure) else error.failure
    sentence = ERRORS.get(failure.code)
    if sentence is None:
        return str(failure)
    values = dict(failure.values)
    # A resource type is shown as FHIR spells it. Where none is known, the sentence speaks of a record.
    if values.get("what") == "":
        values["what"] = t("record")
    return t(sentence, **values)
