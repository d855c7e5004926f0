"""Files what the signed minutes say about one patient in the patient's record, as a sheet."""

from collections.abc import Callable
from datetime import datetime

from dashboard.actions.change_conference import (
    about_conference,
    again_on_what_others_saved,
    author_of,
    permitted_conference,
    require_item,
)
from dashboard.actions.conference_records import document_to_write
from dashboard.actions.may_change import require_patient
from dashboard.actions.save import Circumstances, Saved, save
from dashboard.audit.audited import audited
from dashboard.cache.conference_records import read_minutes, read_note
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.document import ConferenceDocument, holding, is_filed
from dashboard.errors import NotFound, UserFacingError, VersionConflict
from dashboard.fhir.port import FhirServer


@audited(AuditKind.CREATE, about_conference)
def file_minutes(
    fhir: FhirServer,
    actor: User,
    conference_id: str,
    patient_id: str,
    version: str,
    make: Callable[[], bytes],
    *,
    reason: str,
    at: datetime,
) -> Saved[ConferenceDocument]:
    """The document, as the server has stored it. There is one a patient and conference: what is filed already is left
    as it is, and where the note was corrected since, its sheet is replaced (the server keeps the one before).

    `version` is that of the note of which `make` makes the sheet (a PDF). Raises UserFacingError where the minutes are
    not signed, VersionConflict where the note has changed since, NotFound for a patient who is not on the agenda or in
    nobody's care here and where nothing was written, CannotPrint, and what `save` raises.
    """
    context, conference = permitted_conference(fhir, actor, conference_id, Action.HOLD_CONFERENCE, at)
    patient = require_patient(context, actor, patient_id, Action.HOLD_CONFERENCE)
    require_item(conference, patient)
    minutes, note = read_minutes(context, conference), read_note(context, conference, patient)
    if minutes is None or note is None:
        raise NotFound("minutes-not-found")
    if not minutes.signed:
        raise UserFacingError("minutes-not-signed")
    if note.version != version:
        raise VersionConflict("minutes-changed")
    pdf = make()

    def change() -> Saved[ConferenceDocument]:
        before = document_to_write(context, conference, note, actor)
        if is_filed(note, before):
            return Saved((before,))
        document = holding(before, note, pdf, author_of(actor), at)
        return save(
            fhir,
            [document],
            actor=actor,
            activity="file the minutes",
            reason=reason,
            at=at,
            circumstances=Circumstances(during=conference.origin),
            in_steps=True,
        )

    return again_on_what_others_saved(change)
