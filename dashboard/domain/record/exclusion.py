"""Why a record that exists is left out."""

from enum import StrEnum


class Exclusion(StrEnum):
    """The rule that leaves a record out; each is counted, worded, and has a test."""

    ENTERED_IN_ERROR = "entered-in-error"
    NEVER_HAPPENED = "never-happened"  # cancelled before it began: encounter, appointment, request, registered result
    DRAFT = "draft"  # a proposal or draft that nobody has agreed to
    NO_NEWS = "no-news"  # says that there is nothing: "no known allergy"
    DUPLICATE = "duplicate"  # shown by another record: a held appointment by its encounter, an old version
