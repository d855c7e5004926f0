"""The teams' data of this process, by access scope: what one scope may see is never given to another."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from dashboard.access.request_context import RequestContext
from dashboard.cache.access_cache import AccessCache
from dashboard.cache.cache import ACCESS_AGE, PATIENCE, Cache, Start, start_thread
from dashboard.cache.change_feed import CHANGE_FEED, Change
from dashboard.cache.compare_team import COMPARE_SECONDS, without_deleted
from dashboard.cache.load_team import load_all, load_changes, with_resources
from dashboard.cache.pause_collection import pause_collection
from dashboard.cache.team_access import TeamAccess, ask_access, with_access
from dashboard.cache.team_changes import changes_between
from dashboard.cache.team_data import TeamData
from dashboard.domain.access.user import AccessScope
from dashboard.domain.values.site_time import site_day
from dashboard.errors import DashboardError, NotFound, NotPermitted
from dashboard.fhir.mapping.elements import Json

MOST_TEAMS: Final = 40
"""The data of 200 patients take 12 to 40 MB (measured as growth of the process): 1.6 GB at most."""


@dataclass(frozen=True, slots=True)
class LoadedTeam:
    """A team's data, with the context in which they were last loaded."""

    data: TeamData
    context: RequestContext


@dataclass(frozen=True, slots=True)
class CachedTeam:
    """A team's data, and the error of their last refresh (None when it succeeded)."""

    data: TeamData
    error: DashboardError | None = None

    @property
    def stale(self) -> str:
        """The code of the error why the data could not be refreshed, "" when they could."""
        return self.error.code if self.error is not None else ""


class TeamLoad:
    """A team that is being loaded for the first time: what is there so far, and in the end all or an error."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._changed = threading.Condition()
        self._part: TeamData | None = None
        self._result: CachedTeam | None = None
        self._error: BaseException | None = None

    def publish(self, data: TeamData) -> None:
        with self._changed:
            self._part = data
            self._changed.notify_all()

    def finish(self, team: CachedTeam) -> None:
        with self._changed:
            self._result = team
            self._changed.notify_all()

    def fail(self, error: BaseException) -> None:
        with self._changed:
            self._error = error
            self._changed.notify_all()

    def result_or_part(self, wait: float) -> CachedTeam:
        """Returns all data where they come within so many seconds from the beginning of the load, else what is there as
        soon as there is anything. Raises what the load raised.
        """
        with self._changed:
            self._changed.wait_for(self._ended, max(0.0, self._began + wait - time.monotonic()))
            self._changed.wait_for(lambda: self._ended() or self._part is not None)
            if self._error is not None:
                raise self._error
            if self._result is not None:
                return self._result
            assert self._part is not None
            return CachedTeam(self._part)

    def _ended(self) -> bool:
        return self._result is not None or self._error is not None


class TeamCache(Cache[AccessScope, LoadedTeam]):
    """The data of each access scope, refreshed by what changed on the server since they were loaded.

    publish: gets the changes that a refresh found on the server.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        start: Start | None = None,
        max_entries: int = MOST_TEAMS,
        publish: Callable[[Iterable[Change]], None] | None = None,
        patience: float | None = None,
    ) -> None:
        super().__init__(max_entries, clock=clock, start=start, patience=patience)
        self.access = AccessCache(clock=self.clock, start=start, patience=patience)
        self._team_access: Cache[AccessScope, TeamAccess] = Cache(
            max_entries, age=ACCESS_AGE, clock=self.clock, start=start, patience=patience
        )
        self._shown: dict[AccessScope, tuple[TeamData, TeamAccess, TeamData]] = {}
        self._compared: dict[AccessScope, float] = {}
        self._publish = publish
        self._run = start or start_thread
        self._loads: dict[AccessScope, TeamLoad] = {}
        self._loads_lock = threading.Lock()

    def team(self, context: RequestContext, refresh: bool = False, wait: float | None = None) -> CachedTeam:
        """Returns the data of the context's scope; with `refresh`, after the server was asked what changed.

        Where there are none yet, `wait` is how many seconds the caller waits for all of them; after that, what is there
        so far is given as soon as it has the patients. None waits for all. Data of another day are loaded anew, for
        their windows begin on that day. Nothing is given before the server was asked, within `ACCESS_AGE`, whose
        CareTeams and Consents there still are: the data are without those who left, a part of them too. Raises
        DashboardError only when there are no data to give.
        """
        try:
            return self._permitted(context, self._whole_or_part(context, refresh, wait))
        except (NotPermitted, NotFound):
            self.forget(context.scope)
            raise

    def _whole_or_part(self, context: RequestContext, refresh: bool, wait: float | None) -> CachedTeam:
        if wait is None or self.peek(context.scope) is not None:
            return self._whole(context, refresh)
        with self._loads_lock:
            loading = self._loads.get(context.scope)
            if loading is None:
                loading = self._loads[context.scope] = TeamLoad()
                self._run(lambda: self._load_in_background(context, loading))
        return loading.result_or_part(wait)

    def _permitted(self, context: RequestContext, held: CachedTeam) -> CachedTeam:
        """Returns the team as far as the user may see it now."""
        cached = self._team_access.get(context.scope, lambda previous: ask_access(context, held.data, previous))
        with self._loads_lock:
            shown = self._shown.get(context.scope)
            if shown is None or shown[0] is not held.data or shown[1] is not cached.value:
                shown = (held.data, cached.value, with_access(held.data, cached.value))
                self._shown[context.scope] = shown
                while len(self._shown) > self.max_entries:
                    del self._shown[next(iter(self._shown))]
        return CachedTeam(shown[2], held.error or cached.error)

    def visible_now(self, context: RequestContext) -> frozenset[str]:
        """Returns the ids of the patients whom the user may see now: the server is asked, and must answer. Raises
        DashboardError.
        """
        data = self._whole(context, refresh=False).data
        now = self._team_access.get(context.scope, lambda previous: ask_access(context, data, previous), refresh=True)
        if now.error is not None:
            raise now.error
        return frozenset(with_access(data, now.value).visible(context.viewer, site_day(context.as_of)))

    def _load_in_background(self, context: RequestContext, loading: "TeamLoad") -> None:
        try:
            loading.finish(self._whole(context, refresh=False))
        except BaseException as error:
            loading.fail(error)
        finally:
            with self._loads_lock:
                del self._loads[context.scope]

    def _whole(self, context: RequestContext, refresh: bool) -> CachedTeam:
        day = site_day(context.as_of)

        def load(previous: LoadedTeam | None) -> LoadedTeam:
            began = self.clock()
            with pause_collection():
                if previous is None or not previous.data.since:
                    if len(self._compared) > 10 * self.max_entries:
                        self._compared.clear()
                    self._compared[context.scope] = began
                    if self._team_access.peek(context.scope) is None:
                        # A load begins with the CareTeams and Consents.
                        self._team_access.note(context.scope, TeamAccess(), began)
                    with self._loads_lock:
                        loading = self._loads.get(context.scope)
                    publish = loading.publish if loading is not None else lambda data: None
                    return LoadedTeam(load_all(context, publish), context)
                data = load_changes(context, previous.data)
                if began - self._compared.get(context.scope, began) > COMPARE_SECONDS:
                    data = without_deleted(context, data)
                    self._compared[context.scope] = began
                changed = LoadedTeam(data, context)
            if self._publish is not None:
                self._publish(changes_between(context.scope.server, previous.data, changed.data))
            return changed

        cached = self.get(context.scope, load, refresh=refresh, is_current=lambda team: team.data.loaded_on == day)
        return CachedTeam(cached.value.data, cached.error)

    def last_data(self, scope: AccessScope) -> TeamData | None:
        """Returns the data of a scope whatever their age, None where there are none; asks nothing, and says nothing of
        who may see them now.
        """
        team = self.peek(scope)
        return team.data if team is not None else None

    def put(self, server: str, resources: Iterable[Json]) -> None:
        """Puts resources that were just written into the data of every scope of this server that has their patient."""
        rows = list(resources)

        def change(team: LoadedTeam) -> LoadedTeam:
            data = with_resources(team.context, team.data, rows)
            same = all(data.patients[ident] is record for ident, record in team.data.patients.items())
            return team if same else LoadedTeam(data, team.context)

        self.update(lambda scope: scope.server == server, change)


TEAM_CACHE: Final = TeamCache(publish=CHANGE_FEED.publish, patience=PATIENCE)
"""That of this process."""
