"""The patient's page on paper: the banner, then what the page shows, in its order, with what is folded open."""

from dashboard.domain.access.user import User
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.timeline.events import Timeline
from dashboard.errors import Failure
from dashboard.paper.document import Document
from dashboard.ui.paper.banner_blocks import banner_blocks
from dashboard.ui.paper.page_blocks import page_blocks
from dashboard.ui.paper.sheet import document, identity
from dashboard.ui.patient.html import attention_html, record_html
from dashboard.ui.patient.since_html import since_html
from dashboard.ui.shared.dates import days_as_dates
from dashboard.ui.shared.html import fragment
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t


def patient_document(
    summary: PatientSummary,
    timeline: Timeline | None,
    who: User,
    at: ViewTime,
    stale: str = "",
    *,
    failed: Failure | None = None,
    similar: bool = False,
) -> Document:
    """Everything that the page tells of the patient, also what the user has set aside for now. Without a timeline
    `failed` says why what is new is not known; a page that is printed before it was read says that.
    """
    if timeline is None and failed is None:
        failed = Failure("timeline-not-read-yet")
    with days_as_dates():
        page = fragment[
            attention_html(summary, at, stale),
            since_html(summary, timeline, at, failed=failed),
            record_html(summary, at),
        ]
        blocks = [*banner_blocks(summary, at, similar=similar), *page_blocks(page)]
        return document(t("Patient summary"), who, at, identity(summary.person, at), blocks)
