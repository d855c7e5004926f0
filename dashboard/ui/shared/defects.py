"""What the dashboard did not foresee: its words for the user, and its number in the log. Neither has anything of the
patient's or of the code's.
"""

import logging
import secrets
import traceback

from dashboard.ui.shared.wording import t

_log = logging.getLogger("dashboard.pages")


def report(problem: BaseException) -> str:
    """Log a defect under a new reference. Where it happened, never the message: it may quote a record."""
    reference = secrets.token_hex(4).upper()
    frames = traceback.extract_tb(problem.__traceback__)
    places = " < ".join(
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}:{frame.name}" for frame in reversed(frames)
    )
    _log.log(logging.ERROR, "defect %s: %s at %s", reference, type(problem).__name__, places)
    return reference


def defect_words(reference: str) -> str:
    """Whose fault a defect is, and what to do."""
    return t(
        "This is a fault of the dashboard, not yours. Nothing was saved by this step. "
        "Tell the support this reference: {reference}.",
        reference=reference,
    )


def press_defect_words(reference: str) -> str:
    """The same of a press, of which nobody knows how far it came."""
    return t(
        "This is a fault of the dashboard, not yours. Look whether it was done before you press again. "
        "Tell the support this reference: {reference}.",
        reference=reference,
    )
