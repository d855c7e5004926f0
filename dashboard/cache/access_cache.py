"""Whether a user may see a patient now: asked in this one place, before anything that is cached is given.

    relationship = access_cache.relationship(context, user, patient_id)    # or NotFound

What the server said is believed for `ACCESS_AGE`; then it is asked again, and the caller waits a moment for it. While
it cannot be used, its last word holds, as what is on the page does. A refusal is never cached: an emergency access that
has just begun opens at once. The rule itself is `dashboard.access.relationship`.
"""

import time
from collections.abc import Callable
from datetime import date
from typing import Final, NamedTuple

from dashboard.access.relationship import relationship_to
from dashboard.access.request_context import RequestContext
from dashboard.cache.cache import ACCESS_AGE, Cache, Start
from dashboard.domain.access.permissions import Action, is_permitted
from dashboard.domain.access.relationship import Relationship
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.values.site_time import site_day
from dashboard.errors import DashboardError, NotFound

MOST_RELATIONSHIPS: Final = 2000
"""Some 2 kB each, with the teams."""


class AccessKey(NamedTuple):
    """Whose access to whom, on which day: memberships and consents hold from day to day."""

    scope: AccessScope
    patient_id: str
    day: date


class AccessCache(Cache[AccessKey, Relationship]):
    """What the server said last of each user's relationship to each patient."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        start: Start | None = None,
        patience: float | None = None,
    ) -> None:
        super().__init__(MOST_RELATIONSHIPS, age=ACCESS_AGE, clock=clock, start=start, patience=patience)

    def relationship(
        self, context: RequestContext, user: User, patient_id: str, *, ask: bool = False
    ) -> tuple[Relationship, DashboardError | None]:
        """Returns the relationship that permits viewing, and why the server could not be asked again (None where it
        could).

        `ask` asks it now, whatever it said before: it must answer. Raises NotFound where it does not permit viewing.
        """

        def holds(found: Relationship) -> bool:
            grant = found.emergency_access
            return grant is None or grant.holds(patient_id, context.me, context.as_of)

        def load(_: Relationship | None) -> Relationship:
            return permitting(user, relationship_to(context, patient_id))

        cached = self.get(key_of(context, patient_id), load, refresh=ask, is_current=holds)
        if ask and cached.error is not None:
            raise cached.error
        if not holds(cached.value):
            raise NotFound("patient-not-found")
        return permitting(user, cached.value), cached.error

    def was_asked(self, context: RequestContext, patient_id: str, found: Relationship, asked: float) -> None:
        """Notes what was found in another question to the server, at this time of the clock."""
        self.note(key_of(context, patient_id), found, asked)


def key_of(context: RequestContext, patient_id: str) -> AccessKey:
    return AccessKey(context.scope, patient_id, site_day(context.as_of))


def permitting(user: User, found: Relationship) -> Relationship:
    """Returns the relationship. Raises NotFound where it does not permit viewing."""
    if not is_permitted(user.roles, Action.VIEW_PATIENT, found.relation):
        raise NotFound("patient-not-found")
    return found
