"""Views of patients opened lately, by access scope, patient and day: a rerun of a page asks the server nothing.

Each kind of view has a cache of its own, so that its type and its size are known: the summary `SUMMARY_CACHE`, the
timeline `TIMELINE_CACHE`, the care plan `PLAN_CACHE`, the recommendations `RECOMMENDATIONS_CACHE`.
"""

import time
from collections.abc import Callable, Sequence, Set
from datetime import date
from functools import partial
from typing import Final, NamedTuple, TypeVar

from dashboard.cache.cache import PATIENCE, Cache, Start
from dashboard.cache.change_feed import CHANGE_FEED, Change, ChangeKind
from dashboard.cache.last_answers import LastAnswers
from dashboard.domain.access.user import AccessScope
from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.guidelines.recommendations import Recommendations
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.timeline.events import Timeline

MOST_SUMMARIES: Final = 200
"""A summary takes 0.1 to 2 MB, by the length of its results: 400 MB at most."""

MOST_TIMELINES: Final = 40
"""A timeline of 10,000 events takes some 15 MB, one of a thousand a tenth of it: 600 MB at most."""

MOST_PLANS: Final = 300
"""A plan with 40 goals and activities takes some 0.3 MB, with the resources that it was read from: 100 MB at most."""

MOST_RECOMMENDATIONS: Final = 200
"""The record that facts come from takes less than a summary, and a finding is small: 400 MB at most."""

S = TypeVar("S", PatientSummary, Timeline, CarePlanView, Recommendations)


class PatientKey(NamedTuple):
    """Under what a view is cached. It says what holds on a day (who is in the team, what is due): another day is
    another view.
    """

    scope: AccessScope
    patient_id: str
    day: date


class PatientCache(Cache[PatientKey, S]):
    """Views of one kind."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        start: Start | None = None,
        max_entries: int = MOST_SUMMARIES,
        patience: float | None = None,
    ) -> None:
        super().__init__(max_entries, clock=clock, start=start, patience=patience)
        self.answers = LastAnswers()
        """What the views were made of."""

    def forget(self, key: PatientKey | None = None) -> None:
        super().forget(key)
        if key is None:
            self.answers.forget()
        else:
            self.answers.forget(key.scope, key.patient_id)

    def apply(self, changes: Sequence[Change]) -> None:
        """Has the views of changed patients read again: before they are shown after a write of this process, so that a
        user sees what was just saved; while they are shown after a change of others.
        """
        for wait in (True, False):
            changed = {
                (change.server, patient_id)
                for change in changes
                if (change.kind is ChangeKind.WRITTEN) is wait
                for patient_id in change.patient_ids
            }
            if changed:
                self.expire(partial(_is_of, changed), wait=wait)


class PlanCache(PatientCache[CarePlanView]):
    """Shared plans. A change of others is waited for as one's own is: several people are at work on one plan, and who
    edits it must see it as it is.
    """

    def apply(self, changes: Sequence[Change]) -> None:
        changed = {(change.server, patient_id) for change in changes for patient_id in change.patient_ids}
        if changed:
            self.expire(partial(_is_of, changed))


def _is_of(patients: Set[tuple[str, str]], key: PatientKey) -> bool:
    return (key.scope.server, key.patient_id) in patients


SUMMARY_CACHE: Final[PatientCache[PatientSummary]] = PatientCache(patience=PATIENCE)
TIMELINE_CACHE: Final[PatientCache[Timeline]] = PatientCache(max_entries=MOST_TIMELINES, patience=PATIENCE)
RECOMMENDATIONS_CACHE: Final[PatientCache[Recommendations]] = PatientCache(
    max_entries=MOST_RECOMMENDATIONS, patience=PATIENCE
)
PLAN_CACHE: Final = PlanCache(max_entries=MOST_PLANS, patience=PATIENCE)
"""Those of this process."""

CHANGE_FEED.listen(SUMMARY_CACHE.apply)
CHANGE_FEED.listen(TIMELINE_CACHE.apply)
CHANGE_FEED.listen(RECOMMENDATIONS_CACHE.apply)
CHANGE_FEED.listen(PLAN_CACHE.apply)
