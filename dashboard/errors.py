"""The errors that a user may meet. Each is a code with values; `dashboard.ui.shared.error_words` has the words.

Any other exception is a defect, and is shown only as a reference number.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, without the traceback: what caches and sections hold of an error until it is shown.

    `code` is a key of `dashboard.ui.shared.error_words.ERRORS`; `values` fill the places of its words.
    """

    code: str
    values: tuple[tuple[str, str | int], ...] = ()

    def __str__(self) -> str:
        return " ".join([self.code, *(f"{name}={value}" for name, value in self.values)])


class DashboardError(Exception):
    """A code and the values for the places of its words: `NotFound("record-not-found")`. Never patient data, so that
    `str(error)`, for logs and developers, may be written anywhere.
    """

    def __init__(self, code: str, /, **values: str | int) -> None:
        super().__init__(code)
        self.failure = Failure(code, tuple(values.items()))

    @property
    def code(self) -> str:
        return self.failure.code

    def __str__(self) -> str:
        return str(self.failure)


class UserFacingError(DashboardError):
    """What the user entered cannot be used; the words say what would be right."""


class OperatorError(UserFacingError):
    """A setting or the machine stops the start; `sentence` is English, for whoever runs the dashboard."""

    def __init__(self, sentence: str) -> None:
        super().__init__("operator", sentence=sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


class NotFound(DashboardError):
    """The record does not exist, or the user may not know that it does."""


class NotPermitted(DashboardError):
    """The user may not do this; the words say who may."""


class AuditUnavailable(DashboardError):
    """What was asked for could not be put on record, so it was neither done nor shown."""


class CannotPrint(DashboardError):
    """A document cannot be set as a PDF; the words say what to do instead."""


class VersionConflict(DashboardError):
    """Somebody else saved a newer version since this one was read (HTTP 409 or 412)."""


class CannotBeUsedNow(DashboardError):
    """The FHIR server gave nothing that can be used now: silence, a failure, or an answer that is none.

    The one class of what leaves the last data on a page, with a sentence that says what happened. What says that the
    user may not see them (NotPermitted, NotFound) is none of it: that closes the page.
    """


class ServerUnavailable(CannotBeUsedNow):
    """The FHIR server did not answer in time, or answered that it cannot serve now."""


class ServerSlow(ServerUnavailable):
    """The FHIR server took longer than it may for one request; asked otherwise, it may answer."""


class ServerRefused(CannotBeUsedNow):
    """The FHIR server understood the request and refused it (4xx with an OperationOutcome)."""


class UnexpectedAnswer(CannotBeUsedNow):
    """The FHIR server answered with something that must not be shown: another patient's row, not FHIR, not R4."""


class Unsupported(CannotBeUsedNow):
    """The FHIR server lacks what this needs, and no fallback is safe."""
