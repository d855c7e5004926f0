"""Each story of the demo is readable on its timeline: what its sentences say is in the lanes, the bars and the panels.

From the FHIR record through the timeline query to the scene, as a reader of the page gets them.
"""

from datetime import timedelta
from functools import cache

import pytest

from dashboard.demo.files import stories
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.events import Event, EventKind, EventState
from dashboard.domain.timeline.scene import NOT_SHOWN, Bar, Mark, PanelSeries, Scene, SceneRequest
from dashboard.domain.timeline.windows import Window, window
from tests.unit.domain.timeline.story_timelines import AS_OF, story_timeline

T2DM, HF, CKD, DEPRESSION, OTHER = ConditionKey
MARY, DEREK, SURINDER, RONALD = "pat-mary-aldous", "pat-derek-thorne", "pat-surinder-sandhu", "pat-ronald-pickering"
BEGONA, JOSE, GUNILLA, STURE = (
    "pat-begona-etxeberria",
    "pat-jose-antonio-ibarra",
    "pat-gunilla-aberg",
    "pat-sture-jonsson",
)


@cache
def shown(patient: str, preset: Window = Window.ALL, *measures: Measure) -> Scene:
    story = story_timeline(patient)
    start, end = window(preset, story, AS_OF)
    return arrange(story, SceneRequest(start, end, measures=measures, since=story.conference, marks=400), AS_OF)


def bars(found: Scene, key: ConditionKey, kind: EventKind = EventKind.MEDICINE) -> list[Bar]:
    drawn = [bar for lane in found.lanes if lane.key is key for bar in lane.bars if bar.kind is kind]
    return sorted(drawn, key=lambda bar: bar.start)


def taken(found: Scene, key: ConditionKey, name: str) -> list[Bar]:
    return [bar for bar in bars(found, key) if name in bar.text.casefold()]


def marks(found: Scene, key: ConditionKey, kind: EventKind) -> list[Mark]:
    return [mark for lane in found.lanes if lane.key is key for mark in lane.marks if mark.kind is kind]


def events(found: Scene, key: ConditionKey, kind: EventKind) -> list[Event]:
    return [event for mark in marks(found, key, kind) for event in mark.events]


def series(found: Scene, measure: Measure) -> PanelSeries:
    return next(one for panel in found.panels for one in panel.series if one.measure is measure)


def values(found: Scene, measure: Measure, days: int = 10_000) -> list[float]:
    """What the panel shows of the last so many days, oldest first."""
    return [point.value for point in series(found, measure).points if ago(point.when) <= days]


def ago(when: object) -> int:
    return (AS_OF.date() - when.date()).days  # type: ignore[attr-defined]


@pytest.mark.parametrize("story", stories(), ids=lambda story: story["id"])
def test_every_lane_of_a_story_is_there_and_the_plan_says_who_and_why(story: dict[str, object]) -> None:
    found = shown(str(story["id"]))
    keys = {"t2dm": T2DM, "hf": HF, "ckd": CKD, "depression": DEPRESSION}
    wanted = [keys[name] for name in keys if name in story["conditions"]]  # type: ignore[operator]
    assert [lane.key for lane in found.lanes] == [*wanted, OTHER]
    for lane in found.lanes[:-1]:
        top = [bar.kind for bar in lane.bars if bar.track == 0]
        assert top
        assert set(top) == {EventKind.CONDITION}
        assert lane.active
    changes = [e for key in wanted for e in events(found, key, EventKind.PLAN) if e.origin.type == "Provenance"]
    assert len({e.origin for e in changes}) >= 3
    assert all(e.who and e.why for e in changes)
    assert story["plan_why"] in {e.why for e in changes}
    written = [one["why"] for one in story["plan_changes"]]  # type: ignore[attr-defined]
    assert set(written) <= {e.why for e in changes}
    assert set(found.left) <= {NOT_SHOWN}


def test_mary_aldous_heart_against_kidneys() -> None:
    found = shown(MARY)
    (diabetes,) = bars(found, T2DM, EventKind.CONDITION)
    assert (diabetes.start.year, diabetes.vague_start is not None, diabetes.open) == (2009, True, True)
    failing = bars(found, HF, EventKind.CONDITION)
    assert [(bar.text, bar.start.year) for bar in failing] == [("NYHA II", 2019)]
    kidneys = bars(found, CKD, EventKind.CONDITION)
    assert [(bar.text, bar.start.year, bar.open) for bar in kidneys] == [("G3a", 2021, False), ("G3b", 2024, True)]
    assert kidneys[0].end == kidneys[1].start
    assert [bar.start.year for bar in bars(found, DEPRESSION, EventKind.CONDITION)] == [2023]
    # Five weeks ago the heart clinic added spironolactone to ramipril.
    for key in (HF, CKD):
        (added,) = taken(found, key, "spironolactone")
        assert (ago(added.start), added.open) == (36, True)
        assert [bar.open for bar in taken(found, key, "ramipril")][-1]
    clinic = [e for e in events(found, HF, EventKind.CONTACT) if e.start and ago(e.start.moment) == 36]
    assert [e.text for e in clinic] == ["Cardiology clinic"]
    assert values(found, Measure.LVEF)[-1] == 35
    assert values(found, Measure.POTASSIUM, 30) == [5.1, 5.9]
    assert series(found, Measure.POTASSIUM).points[-1].abnormal
    # Albumin in the urine and PHQ-9 have not been looked at for over a year.
    last = shown(MARY, Window.ALL, Measure.UACR, Measure.PHQ9)
    for measure in (Measure.UACR, Measure.PHQ9):
        latest = series(last, measure).latest
        assert latest is not None
        assert ago(latest.when.moment) > 365
    booked = [e for e in events(found, OTHER, EventKind.CONFERENCE) if e.state is EventState.PLANNED]
    assert (AS_OF + timedelta(days=1)).date() in {e.start.start for e in booked if e.start}
    assert found.new > 0


def test_derek_thorne_metformin_at_full_dose_while_egfr_falls() -> None:
    found = shown(DEREK, Window.YEAR)
    assert values(found, Measure.EGFR, 190) == [42, 35, 28]
    (dose,) = taken(found, T2DM, "metformin")
    assert (dose.detail, dose.open, dose.before) == ("2 tablets twice daily with food", True, True)
    assert [bar.start.year for bar in bars(shown(DEREK), T2DM, EventKind.CONDITION)] == [2006]
    # Nobody has recorded that it is G4 by now.
    assert [lane.stage for lane in found.lanes if lane.key is CKD] == ["G3b"]
    # It was ordered for an eGFR, so it is among the kidneys.
    late = [e for e in events(found, CKD, EventKind.TASK) if e.end and e.end.end < AS_OF.date()]
    assert "Review medicines for the kidneys: metformin dose" in {e.text for e in late}


def test_surinder_sandhu_sugar_out_of_hand_because_of_low_mood() -> None:
    found = shown(SURINDER, Window.YEARS_5)
    metformin = taken(found, T2DM, "metformin")
    assert [(ago(bar.end), bar.open, bar.state) for bar in metformin][-1] == (229, False, EventState.STOPPED)
    assert metformin[-1].event.why.endswith("No longer collected: low mood")
    moods = bars(found, DEPRESSION, EventKind.CONDITION)
    assert [(bar.start.year, bar.open) for bar in moods] == [(2022, False), (2026, True)]
    assert moods[0].vague_end is not None
    assert moods[1].vague_start is not None
    assert values(found, Measure.PHQ9, 260) == [6, 13, 16, 18]
    sugar = values(found, Measure.HBA1C, 700)
    assert all(50 <= value < 60 for value in sugar[:3])
    assert sugar[-1] == 97
    assert not taken(found, DEPRESSION, "sertraline")[-1].open


def test_ronald_pickering_five_kilograms_and_naproxen() -> None:
    found = shown(RONALD, Window.MONTHS_3, Measure.WEIGHT, Measure.NTPROBNP)
    before, now = values(found, Measure.WEIGHT, 14)
    assert 4.5 < now - before < 5
    assert [ago(point.when) for point in series(found, Measure.WEIGHT).points[-2:]] == [13, 2]
    (naproxen,) = taken(found, OTHER, "naproxen")
    assert (ago(naproxen.start), naproxen.open) == (24, True)
    for name in ("furosemide", "ramipril"):
        for key in (HF, CKD):
            (bar,) = taken(found, key, name)
            assert bar.open
            assert bar.shared
    first, last = values(found, Measure.NTPROBNP, 20)
    assert last > 2 * first
    assert [lane.stage for lane in found.lanes if lane.key is HF] == ["NYHA III"]


def test_begona_etxeberria_treated_too_hard() -> None:
    found = shown(BEGONA, Window.YEAR)
    sugar = series(found, Measure.HBA1C)
    assert sugar.points[-1].value == 41  # 5.9 %
    assert sugar.converted == len(sugar.points)
    for name in ("gliclazide", "insulin glargine"):
        assert taken(found, T2DM, name)[-1].open
    assert values(found, Measure.EGFR)[-1] == 31
    falls = [e for e in events(found, OTHER, EventKind.CONTACT) if "fall" in e.why.casefold()]
    assert len(falls) == 2
    (goal,) = [bar for bar in bars(found, T2DM, EventKind.GOAL) if "HbA1c" in bar.text]
    assert goal.end > AS_OF


def test_jose_antonio_ibarra_it_went_well() -> None:
    found = shown(JOSE, Window.YEARS_5)
    year = values(found, Measure.HBA1C, 420)
    assert (year[0], year[-1]) == (83, 50)
    assert sorted(year, reverse=True) == year
    mood = values(found, Measure.PHQ9, 421)
    assert (mood[0], mood[-1]) == (16, 3)
    assert ago(taken(found, T2DM, "semaglutide")[0].start) == 330
    assert ago(taken(found, DEPRESSION, "sertraline")[0].start) == 420
    (goal,) = [bar for bar in bars(found, T2DM, EventKind.GOAL) if "HbA1c" in bar.text]
    assert (goal.state, goal.detail) == (EventState.DONE, "achieved")
    talked = events(found, DEPRESSION, EventKind.PROCEDURE)
    assert [e.text for e in talked] == ["Cognitive and behavioral therapy"]


def test_gunilla_aberg_two_pillars_missing() -> None:
    found = shown(GUNILLA, Window.YEARS_5, Measure.LVEF, Measure.WEIGHT)
    assert values(found, Measure.LVEF)[-1] == 28
    taken_now = {bar.event.atc[:5] for bar in bars(found, HF) if bar.open}
    assert {"C09AA", "C07AB"} <= taken_now
    assert not taken_now & {"C03DA", "A10BK"}
    assert taken(found, DEPRESSION, "citalopram")[-1].open
    assert len(values(found, Measure.WEIGHT, 30)) == 4
    assert events(found, HF, EventKind.PROCEDURE)


def test_sture_jonsson_lost_from_sight() -> None:
    found = shown(STURE, Window.YEARS_5)
    everything = [e for key in ConditionKey for kind in EventKind for e in events(found, key, kind)]
    seen = [e for e in everything if e.kind in (EventKind.CONTACT, EventKind.RESULT, EventKind.IMMUNISATION)]
    assert min(ago(e.start.moment) for e in seen if e.start) == 428
    assert not [e for e in everything if e.kind is EventKind.CONFERENCE]
    (task,) = [e for e in everything if e.kind is EventKind.TASK]
    assert task.text.startswith("Find him")
    assert task.end is not None
    assert ago(task.end.moment) == 21
