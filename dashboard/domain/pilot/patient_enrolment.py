"""PatientEnrolment: how one patient stands in the pilot, as the banner says it."""

from dataclasses import dataclass

from dashboard.domain.pilot.subject import Subject


@dataclass(frozen=True, slots=True)
class PatientEnrolment:
    """`subject` is the person's record in the pilot, None where there is none, or, with `known` False, where nobody can
    say: a record could not be read.
    """

    subject: Subject | None = None
    known: bool = True
