"""The scenes of the Synthea patients: every event is drawn or counted, in few tracks, and quickly."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.access.request_context import request_context
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Action
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.arrange.tracks import MOST_GOALS, MOST_MEDICINES, MOST_OTHER_PROBLEMS
from dashboard.domain.timeline.events import EventKind, Timeline
from dashboard.domain.timeline.scene import NOT_SHOWN, SceneRequest
from dashboard.domain.timeline.windows import Window, window
from dashboard.fhir.terminology_files import load_terminology
from dashboard.loading.read_files import find_files, read_files
from dashboard.queries.get_timeline import timeline_of
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.domain.timeline.arrange.test_arrange_laws import in_lanes, placed

pytestmark = pytest.mark.slow
AS_OF = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def timelines(shared: Path) -> list[Timeline]:
    terminology, stories = load_terminology(), []
    for batch in read_files(find_files([shared / "data" / "synthea-r4"])):
        people = [one["id"] for one in batch.resources if one["resourceType"] == "Patient"]
        for patient in people:
            fhir = FakeFhirServer([*make.cohort(), *batch.resources, make.care_team(patient, ["gp"])])
            context = request_context(fhir, make.user(), make.scope(), terminology, AS_OF, Action.VIEW_PATIENT)
            stories.append(timeline_of(context, make.user(), patient, False, TeamCache(), PatientCache()))
    return stories


def test_every_event_is_drawn_or_counted_in_every_window(timelines: list[Timeline]) -> None:
    assert len(timelines) == 21  # and a bundle of organisations and people
    assert sum(len(story.events) for story in timelines) > 5_000
    for story in timelines:
        for preset in Window:
            scene = arrange(story, SceneRequest(*window(preset, story, AS_OF)), AS_OF)
            assert len(placed(scene)) + sum(scene.left.values()) == len(story.events)
            assert preset is not Window.ALL or set(scene.left) <= {NOT_SHOWN, "undated", "before"}
            drawn = in_lanes(scene)
            for event in story.events:
                where = {lane for lane, kinds in drawn.items() if event.origin.id in kinds.get(event.kind, ())}
                assert where in (set(event.lanes), set())


def test_a_lane_can_be_read_whatever_the_record_holds(timelines: list[Timeline]) -> None:
    for story in timelines:
        scene = arrange(story, SceneRequest(*window(Window.ALL, story, AS_OF)), AS_OF)
        for lane in scene.lanes:
            tracks = {kind: {bar.track for bar in lane.bars if bar.kind is kind} for kind in EventKind}
            assert len(tracks[EventKind.MEDICINE]) <= MOST_MEDICINES
            assert len(tracks[EventKind.CONDITION]) <= MOST_OTHER_PROBLEMS
            assert len(tracks[EventKind.GOAL]) <= MOST_GOALS
            assert lane.tracks <= 24


def test_what_a_code_brings_into_a_lane_is_in_lanes_of_conditions_that_the_patient_has(
    timelines: list[Timeline],
) -> None:
    for story in timelines:
        keys = {key for event in story.events for key in event.lanes}
        on_record = {key for e in story.events if e.kind is EventKind.CONDITION for key in e.lanes}
        reasons = {each.lane for e in story.events for each in e.memberships if each.reason.value in ("reason", "code")}
        assert keys - {ConditionKey.OTHER} <= on_record | reasons
