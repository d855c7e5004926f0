"""How a patient stands in the pilot, in the words of the banner."""

from dashboard.domain.pilot.enrolment import Arm
from dashboard.domain.pilot.patient_enrolment import PatientEnrolment
from dashboard.domain.pilot.screening_list import Unlisted
from dashboard.domain.record.views import Section
from dashboard.ui.pilot.enrolment_words import STATES
from dashboard.ui.shared.notices import show_read
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t


def enrolment_words(found: Section[PatientEnrolment], at: ViewTime) -> tuple[str, str]:
    """`("Enrolled, layer 4", "")`, and what is in doubt; ("", "") of who is not in the pilot's records."""
    if found.value is None or not found.value.known:
        return t(STATES[Unlisted.NOT_KNOWN]), t("it could not be read")
    subject = found.value.subject
    if subject is None:
        return "", ""
    parts = [t(STATES[subject.state])]
    if subject.layer is not None:
        parts.append(t("layer {n}", n=subject.layer))
    if subject.arm == Arm.COMPARISON:
        parts.append(t("comparison group"))
    doubt = ""
    if found.old is not None:
        read = show_read(found.old.read, at.as_of, at.zone)
        doubt = t("as of {time}, it could not be read again", time=read)
    return ", ".join(parts), doubt
