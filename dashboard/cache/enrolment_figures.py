"""The figures of the pilot that were decided on last.

A page asks for the same again and again, and to decide what may be shown can take longer than to count.
"""

from dataclasses import replace

from dashboard.domain.pilot.enrolment_counts import EnrolmentCounts
from dashboard.domain.pilot.enrolment_disclosure import may_show
from dashboard.domain.pilot.enrolment_shown import EnrolmentFigures
from dashboard.domain.values.site_time import site_day


class EnrolmentFiguresCache:
    """Holds one answer: what may be shown follows from the counts and the day alone, whoever asks."""

    def __init__(self) -> None:
        self._last: tuple[EnrolmentCounts, EnrolmentFigures] | None = None

    def figures(self, counts: EnrolmentCounts) -> EnrolmentFigures:
        """What may be shown of the counts, as of when they were counted."""
        last = self._last
        if last is not None:
            then = last[0].fetched
            if site_day(then) == site_day(counts.fetched) and replace(counts, fetched=then) == last[0]:
                return replace(last[1], fetched=counts.fetched)
        found = may_show(counts)
        self._last = counts, found
        return found


FIGURES_CACHE = EnrolmentFiguresCache()
