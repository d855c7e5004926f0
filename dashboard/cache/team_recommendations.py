"""How many recommendations each patient of a team has, computed where a record changed and kept with the team's data.

The rules take some milliseconds a patient: those of a team that has just been read are asked in a thread of its own,
and whoever looks meanwhile is told of whom nothing is known yet. A record that did not change is never asked again.
"""

import threading
import time
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from dashboard.access.request_context import RequestContext
from dashboard.cache.cache import Start, start_thread
from dashboard.cache.team_cache import TeamCache
from dashboard.cache.team_data import TeamData
from dashboard.domain.guidelines.evaluate import evaluate_record
from dashboard.domain.guidelines.new_since import NewSince, new_since
from dashboard.domain.guidelines.recommendations import RulesInForce, ScreenCounts, TeamCounts, counted
from dashboard.domain.record.patient_record import PatientRecord
from dashboard.domain.values.site_time import site_day

AT_ONCE: Final = 4
"""Patients whose record changed that are asked while the caller waits: a change of one must not need a second look."""
PAUSE_SECONDS: Final = 0.004
"""Between two patients of the background: who presses a button meanwhile is not kept waiting for two hundred."""

_Known = tuple[PatientRecord, frozenset[str], ScreenCounts]
_running = threading.Lock()
_at_work: set[tuple[int, int]] = set()


def team_counts(
    context: RequestContext, team_cache: TeamCache, in_force: RulesInForce, start: Start = start_thread
) -> TeamCounts:
    """The counts of the patients whom the user may see, as far as they are computed; the rest is begun. The same object
    again while nothing changed. Raises DashboardError only when there is nothing to show.
    """
    data, on = team_cache.team(context, False, 0.0).data, site_day(context.as_of)
    with team_cache.memo(context.scope) as memo:
        known = memo.get("recommended")
        if known is None or known[0] != on or known[1] is not in_force.rules:
            known = memo["recommended"] = (on, in_force.rules, {}, None)
        computed: dict[str, _Known] = known[2]
        if known[3] is not None and known[3][0] is data:
            last: TeamCounts = known[3][1]
            if not last.pending:
                return last
        counts, missing = _known_counts(context, data, computed, on)
        # While a team is being read for the first time its facts change every moment: then later.
        at_once = [] if data.awaited else missing[:AT_ONCE]
        for patient_id in at_once:
            computed[patient_id] = _ask(data, patient_id, in_force, context, on)
            counts[patient_id] = computed[patient_id][2]
        rest = tuple(missing[len(at_once) :])
        made = TeamCounts(counts, rest)
        memo["recommended"] = (on, in_force.rules, computed, (data, made))
    if rest and not data.awaited:
        _begin(context, data, in_force, on, computed, rest, start)
    return made


def _known_counts(
    context: RequestContext, data: TeamData, computed: Mapping[str, _Known], on: date
) -> tuple[dict[str, ScreenCounts], list[str]]:
    """What is known of the patients whom the user may see, and who has to be asked about."""
    counts: dict[str, ScreenCounts] = {}
    missing: list[str] = []
    for patient_id in data.visible(context.viewer, on):
        found = computed.get(patient_id)
        if found is not None and found[0] is data.patients[patient_id] and found[1] == _unread(data, patient_id):
            counts[patient_id] = found[2]
        else:
            missing.append(patient_id)
    return counts, missing


def _unread(data: TeamData, patient_id: str) -> frozenset[str]:
    return data.unread(patient_id) | frozenset(data.awaited)


def _ask(data: TeamData, patient_id: str, in_force: RulesInForce, context: RequestContext, on: date) -> _Known:
    record, unread = data.patients[patient_id], _unread(data, patient_id)
    found = evaluate_record(record, in_force.rules, in_force.facts, context.terminology, on, unread)
    answers = record.values("GuidanceResponse")
    alone, shared = (counted(found, answers, on, shared=shared) for shared in (False, True))
    return record, unread, ScreenCounts(alone, shared)


def _begin(
    context: RequestContext,
    data: TeamData,
    in_force: RulesInForce,
    on: date,
    computed: dict[str, Any],
    patients: tuple[str, ...],
    start: Start,
) -> None:
    """Asks about the patients in the background, unless that is done already."""
    key = (id(computed), id(data))
    with _running:
        if key in _at_work:
            return
        _at_work.add(key)

    def work() -> None:
        try:
            for patient_id in patients:
                computed[patient_id] = _ask(data, patient_id, in_force, context, on)
                time.sleep(PAUSE_SECONDS)
        finally:
            with _running:
                _at_work.discard(key)

    start(work)


def new_cards(
    context: RequestContext, team_cache: TeamCache, in_force: RulesInForce, since: Mapping[str, date | None]
) -> dict[str, NewSince]:
    """The cards and contradictions that are new since a day (None: all that apply), of these patients as far as the
    user may see them; asked once for a record and a day. Raises DashboardError only when there is nothing to show.
    """
    data, on = team_cache.team(context, False, 0.0).data, site_day(context.as_of)
    visible = data.visible(context.viewer, on)
    with team_cache.memo(context.scope) as memo:
        known = memo.get("new_cards")
        if known is None or known[0] != on or known[1] is not in_force.rules:
            memo["new_cards"] = known = (on, in_force.rules, {})
        asked: dict[str, tuple[PatientRecord, frozenset[str], date | None, NewSince]] = known[2]
        found: dict[str, NewSince] = {}
        for patient_id, day in since.items():
            if patient_id not in visible:
                continue
            record, unread = data.patients[patient_id], _unread(data, patient_id)
            last = asked.get(patient_id)
            if last is None or last[0] is not record or last[1:3] != (unread, day):
                goals, answers = record.values("Goal"), record.values("GuidanceResponse")
                made = new_since(record, day, on, in_force, context.terminology, unread, goals, answers)
                last = asked[patient_id] = (record, unread, day, made)
            found[patient_id] = last[3]
    return found
