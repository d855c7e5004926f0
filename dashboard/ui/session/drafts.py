"""The drafts of the user of this session (`dashboard.cache.drafts`): what was typed into a patient's plan, not saved.

    draft = draft_of(patient_id, goal.origin, "edit")               # offer it, and begin the form with its fields
    kept = keep_draft(patient_id, goal.origin, "edit", goal.version, {"title": title, "due": due}, base=shared_plan)
    discard_draft(patient_id, goal.origin, "edit")                  # saved, or the user does not want it

Call it only where a query has just let the user see the patient. They last as long as a sign-in can
(`DASHBOARD_SESSION_HOURS`), and are found by whoever signs in under the same subject.
"""

from collections.abc import Hashable, Mapping

from dashboard.cache.drafts import DRAFTS, Draft, Writer
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.session import session


def keep_draft(
    patient_id: str, item: Reference, do: str, version: str, fields: Mapping[str, Hashable], base: object = None
) -> bool:
    """Keeps what is typed now, in place of what was typed before. False where there is no room: then say that it is
    kept in this window only. `do` is what is done to the item, `base` what the page needs to merge it into a newer
    version.
    """
    seconds, typed = session.process().settings.session_seconds, session.as_of()
    return DRAFTS.keep(_writer(), patient_id, item, version, fields, typed=typed, seconds=seconds, base=base, do=do)


def drafts_of(patient_id: str) -> tuple[Draft, ...]:
    """Returns the user's own drafts about this patient, the one typed last first."""
    return DRAFTS.of_patient(_writer(), patient_id)


def draft_of(patient_id: str, item: Reference, do: str) -> Draft | None:
    """Returns the user's own draft of this item, the one typed last where there are several."""
    return DRAFTS.find(_writer(), patient_id, item, do=do)


def discard_draft(patient_id: str, item: Reference, do: str) -> None:
    """Deletes the user's own drafts of this item, of all its versions."""
    DRAFTS.discard(_writer(), patient_id, item, do=do)


def _writer() -> Writer:
    return Writer(session.fhir().base_url, session.user().identity)
