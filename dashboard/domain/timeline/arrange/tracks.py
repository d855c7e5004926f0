"""Rows of a lane: stretches packed so that none overlap, and medicines sharing a row where they would be too many."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime

from dashboard.domain.timeline.arrange.courses import Stretch
from dashboard.domain.values.drug_classes import DrugClass, drug_class

MOST_MEDICINES = 8
"""Tracks of medicines in a lane before classes share one, and the most there ever are: what four metres can read."""
MOST_PROBLEMS = 3
MOST_OTHER_PROBLEMS = 6
MOST_GOALS = 2

Stretches = list[Stretch]


class _Track:
    """Stretches that do not overlap, in the order of their starts."""

    def __init__(self) -> None:
        self.starts: list[datetime] = []
        self.ends: list[datetime] = []
        self.row: Stretches = []

    def fits(self, each: Stretch) -> bool:
        place = bisect_right(self.starts, each.first)
        after = place == len(self.starts) or each.last <= self.starts[place]
        return after and (place == 0 or self.ends[place - 1] <= each.first)

    def add(self, each: Stretch) -> None:
        place = bisect_right(self.starts, each.first)
        self.starts.insert(place, each.first)
        self.ends.insert(place, each.last)
        self.row.insert(place, each)


def pack(rows: Iterable[Stretches], most: int | None = None) -> tuple[list[Stretches], list[Stretch]]:
    """Each row on the first track where all of it fits, in the order given; and the stretches for which none of `most`
    tracks had room.
    """
    tracks: list[_Track] = []
    over: list[Stretch] = []
    for row in rows:
        track = next((one for one in tracks if all(one.fits(each) for each in row)), None)
        if track is None and (most is None or len(tracks) < most):
            tracks.append(track := _Track())
        if track is None:
            over.extend(row)
            continue
        for each in row:
            track.add(each)
    return [track.row for track in tracks], over


def medicine_rows(courses: Sequence[tuple[str, Stretches]]) -> tuple[list[Stretches], list[Stretch]]:
    """Tracks for the courses of a lane, (course, its stretches): one each, in the order of the classes; else one a
    class where its courses follow each other; else wherever there is room, those in use first.
    """
    rows: list[tuple[int, datetime, str, Stretches]] = []
    for name, stretches in courses:
        place = _PLACES[drug_class(stretches[-1].event.atc)]
        alone, _ = pack([each] for each in stretches)
        rows.extend((place, row[0].first, name, row) for row in alone)
    rows.sort(key=lambda row: row[:3])
    if len(rows) <= MOST_MEDICINES:
        return [row for *_, row in rows], []
    shared: list[Stretches] = []
    for place in sorted({row[0] for row in rows}):
        shared.extend(pack(row for number, *_, row in rows if number == place)[0])
    if len(shared) <= MOST_MEDICINES:
        return shared, []
    rows.sort(key=lambda row: (not any(each.open for each in row[3]), *row[:3]))
    return pack((row for *_, row in rows), MOST_MEDICINES)


_PLACES = {name: place for place, name in enumerate(DrugClass)}


def problem_rows(stretches: Iterable[Stretch], most: int) -> tuple[list[Stretches], list[Stretch]]:
    """Tracks for the problems of a lane: those with a stage topmost, then those that go on, the oldest first."""
    order = sorted(stretches, key=lambda each: (_unstaged(each), not each.open, each.first, str(each.event.origin)))
    return pack(([each] for each in order), most)


def goal_rows(stretches: Iterable[Stretch]) -> tuple[list[Stretches], list[Stretch]]:
    """Tracks for the goals of a lane."""
    order = sorted(stretches, key=lambda each: (-each.last.timestamp(), each.first, str(each.event.origin)))
    return pack(([each] for each in order), MOST_GOALS)


def _unstaged(each: Stretch) -> bool:
    return not (each.event.stage or each.event.severity)
