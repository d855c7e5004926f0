"""The worklist of a user's teams, made of what is cached; a row is made anew only when its record has changed."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from dashboard.access.request_context import RequestContext
from dashboard.cache.team_cache import CachedTeam, TeamCache
from dashboard.cache.team_data import TeamData
from dashboard.cache.team_resources import WINDOW_DAYS
from dashboard.domain.attention.severity import any_urgent
from dashboard.domain.attention.worklist_row import team_id, worklist_row
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.names import plain
from dashboard.domain.record.patient_record import PatientRecord
from dashboard.domain.record.people import Team
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import WORKLIST_COLUMNS, Notice, Worklist
from dashboard.domain.risk.risks import risks
from dashboard.domain.values.site_time import site_day
from dashboard.fhir.score_weight_files import read_score_weights

Derived = tuple[PatientRecord, tuple[str, ...], dict[str, Any], tuple[Unreadable, ...]]


def worklist_of(
    context: RequestContext, team_cache: TeamCache, refresh: bool = False, wait: float | None = None
) -> tuple[Worklist, TeamData]:
    """Returns the worklist and the data that it was made of: the same object again while nothing changed.

    The arguments are those of `get_worklist`. Raises DashboardError only when there is nothing to show.
    """
    held = team_cache.team(context, refresh, wait)
    on = site_day(context.as_of)
    with team_cache.memo(context.scope) as memo:
        known = memo.get("worklist")
        if known is not None and known[0] is held.data and known[1:4] == (on, held.stale, context.organizations):
            worklist: Worklist = known[4]
            return worklist, held.data
        made = _worklist(context, held, memo, on)
        memo["worklist"] = (held.data, on, held.stale, context.organizations, made)
        return made, held.data


def _worklist(context: RequestContext, held: CachedTeam, memo: dict[str, Any], on: date) -> Worklist:
    data = held.data
    visible = data.visible(context.viewer, on)
    before: dict[str, Derived] = memo.get("derived", {}) if memo.get("derived_on") == on else {}
    derived = {pid: _derived(data, pid, teams, context, on, before.get(pid)) for pid, teams in visible.items()}
    memo["derived"], memo["derived_on"] = derived, on
    same = len(before) == len(derived) and all(before.get(pid) is found for pid, found in derived.items())
    if not same or "frame" not in memo:
        order = _by_name if data.awaited else _most_urgent_first
        memo["frame"] = _frame(sorted((found[2] for found in derived.values()), key=order))
    return Worklist(
        rows=memo["frame"],
        teams=_teams(visible, {pid: found[2] for pid, found in derived.items()}),
        fetched=data.fetched,
        stale=held.stale,
        window_days=WINDOW_DAYS,
        notices=(
            *data.notices,
            *(Notice("section-failed", kind) for kind in data.failed),
            *(Notice("section-missing", kind) for kind, patients in data.missing.items() if patients & visible.keys()),
            *(Notice("section-outdated", kind) for kind, ids in data.outdated.items() if ids & visible.keys()),
        ),
        unreadable=(*data.left_out, *(unread for found in derived.values() for unread in found[3])),
        awaited=data.awaited,
    )


def _derived(
    data: TeamData, patient_id: str, teams: list[CareTeam], context: RequestContext, on: date, before: Derived | None
) -> Derived:
    """The patient's row, made anew only when the record, who cares, or what could not be read is other than before."""
    record = data.patients[patient_id]
    unread, awaited = data.unread(patient_id), frozenset(data.awaited)
    through = (*(team_id(team) for team in teams), *sorted(unread), "awaited", *sorted(awaited))
    if before is not None and before[0] is record and before[1] == through:
        return before
    # While records come, each would have them all computed anew; and nothing is known before the last has come.
    known = not awaited and not record.person.deceased
    scores = risks(record, on, context.terminology, record.person.country, unread) if known else ()
    row = worklist_row(record, teams, data.organisations, context.me, on, unread, awaited, scores, read_score_weights())
    return record, through, row, tuple(record.unreadable())


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The rows in their order; numbers as int64, everything else as the Python objects that they are."""
    columns = {
        name: pd.Series(
            [row[name] for row in rows], dtype="int64" if kind is int else object, index=pd.RangeIndex(len(rows))
        )
        for name, (kind, _) in WORKLIST_COLUMNS.items()
    }
    return pd.DataFrame(columns, columns=list(WORKLIST_COLUMNS))


def _most_urgent_first(row: Mapping[str, Any]) -> tuple[bool, int, str, str, str]:
    """Whoever has anything urgent comes before all others, whatever their points add up to."""
    return not any_urgent(row["reasons"]), -row["urgency"], *_by_name(row)


def _by_name(row: Mapping[str, Any]) -> tuple[str, str, str]:
    name = row["person"].name
    return plain(name.family or name.text), plain(name.given), row["patient_id"]


def _teams(visible: Mapping[str, list[CareTeam]], rows: Mapping[str, dict[str, Any]]) -> tuple[Team, ...]:
    """The user's teams by name, each with the region where most of its patients live."""
    names: dict[str, str] = {}
    regions: dict[str, Counter[str]] = {}
    for pid, teams in visible.items():
        for team in teams:
            ident = team_id(team)
            names.setdefault(ident, team.team_name)
            regions.setdefault(ident, Counter())[rows[pid]["region"]] += 1
    found = [Team(ident, name, region=regions[ident].most_common(1)[0][0]) for ident, name in names.items()]
    return tuple(sorted(found, key=lambda team: (team.name, team.id)))
