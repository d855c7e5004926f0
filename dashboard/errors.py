"""The errors a user may meet: each is a sentence that says what was wrong and what to do next.

Everything below `DashboardError` may be shown as it stands; any other exception is a defect and is shown
only as a reference number, by the one boundary in `dashboard.app`.
"""


class DashboardError(Exception):
    """A sentence for the user, never patient data."""


class UserFacingError(DashboardError):
    """What the user entered cannot be used; the sentence says what would be right."""


class NotFound(DashboardError):
    """The record does not exist, or the user may not know that it does."""


class NotPermitted(DashboardError):
    """The user may not do this; the sentence says who may."""


class AuditUnavailable(DashboardError):
    """What was asked for could not be put on record, so it was neither done nor shown."""


class VersionConflict(DashboardError):
    """Somebody else saved a newer version since this one was read (HTTP 409 or 412)."""


class ServerUnavailable(DashboardError):
    """The FHIR server did not answer in time, or answered that it cannot serve now."""


class ServerRefused(DashboardError):
    """The FHIR server understood and said no (4xx with an OperationOutcome)."""


class UnexpectedAnswer(DashboardError):
    """The FHIR server answered with something that must not be shown: another patient's row, not FHIR, not R4."""


class Unsupported(DashboardError):
    """The FHIR server lacks what this needs, and no fallback is safe."""
