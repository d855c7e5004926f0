"""Every resource of the 22 Synthea bundles is on its patient's timeline, or left out by a rule that is named here.

The expected values are read from the files, with tables of codes that a person sorted and without the mapping.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.events import Event, EventState, Timeline
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_timeline import get_timeline
from dashboard.queries.list_users import list_users
from tests.contract.charts import CONDITIONS, MEASURES, Bundles, Chart, read_bundles
from tests.contract.test_bundles_synthea import GP, load
from tests.servers.start import start_embedded

# 10,151 resources
# Which lines run is measured by other tests, without so many records.
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

Json = dict[str, Any]
NOT_SEARCHED: Final = {
    "Claim": "a bill for an encounter or a medicine, which is on the timeline itself",
    "ExplanationOfBenefit": "the answer to a bill",
}
NOT_ABOUT_A_PATIENT: Final = {"Practitioner", "Organization"}
# RxNorm code -> which of the four conditions the medicine is for.
MEDICINES: Final[dict[str, set[str]]] = {
    "860975": {"T2DM"},  # metformin
    "106892": {"T2DM"},  # insulin
    "866414": {"HF"},  # metoprolol
    "315971": {"HF", "CKD"},  # furosemide (Lasix)
    "1719286": {"HF", "CKD"},  # furosemide
    "197604": {"HF"},  # digoxin
    "406022": {"DEPRESSION"},  # fluoxetine
    "312961": {"T2DM", "CKD"},  # simvastatin
    "316049": set(),  # hydrochlorothiazide
    "897718": set(),  # verapamil
    "855332": set(),  # warfarin
    "197361": set(),  # amlodipine
    "310965": set(),  # ibuprofen
    "849574": set(),  # naproxen
    "313782": set(),  # paracetamol
    "309362": set(),  # clopidogrel
    "243670": set(),  # aspirin
    "705129": set(),  # nitroglycerin
}
# Measure -> the conditions that it monitors, as in `dashboard.domain.record.observation.KEY_MEASURES`.
MONITORS: Final = {
    "HBA1C": {"T2DM"}, "BMI": {"T2DM"}, "LDL": {"T2DM"}, "SYSTOLIC": {"T2DM", "HF", "CKD"},
    "DIASTOLIC": {"T2DM", "HF", "CKD"}, "LVEF": {"HF"}, "NTPROBNP": {"HF"}, "WEIGHT": {"HF"}, "SODIUM": {"HF"},
    "EGFR": {"CKD"}, "UACR": {"CKD"}, "POTASSIUM": {"CKD"}, "CREATININE": {"CKD"}, "HAEMOGLOBIN": {"CKD"},
}  # fmt: skip


@pytest.fixture(scope="module")
def bundles(shared: Path) -> Bundles:
    return read_bundles(shared / "data" / "synthea-r4")


@pytest.fixture(scope="module")
def fhir(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpFhirServer]:
    with start_embedded(tmp_path_factory.mktemp("timeline") / "fhir.sqlite") as server:
        load(server, shared / "data" / "synthea-r4")
        made = HttpFhirServer(server.base_url)
        yield made
        made.close()


@pytest.fixture(scope="module")
def timelines(fhir: HttpFhirServer, bundles: Bundles, as_of: datetime) -> dict[str, Timeline]:
    gp: User = next(user for user in list_users(fhir) if str(user.practitioner) == GP)
    scope, terms = AccessScope(fhir.base_url, GP), load_terminology()
    return {
        pid: get_timeline(fhir, gp, scope, terms, pid, as_of, team_cache=TeamCache(), patient_cache=PatientCache())
        for pid in bundles.charts
    }


def by_name(timeline: Timeline) -> dict[str, Event]:
    return {str(event.origin): event for event in timeline.events}


def test_every_resource_is_an_event_or_of_a_type_that_is_not_searched(
    timelines: dict[str, Timeline], bundles: Bundles
) -> None:
    missing_types: Counter[str] = Counter()
    shown = 0
    for pid, chart in bundles.charts.items():
        timeline, events = timelines[pid], by_name(timelines[pid])
        assert not timeline.not_read
        assert {part.origin.id for part in timeline.unreadable} == chart.in_unknown_units()
        assert not [notice for notice in timeline.notices if notice.kind in ("capped", "incomplete", "section-failed")]
        assert len(events) == len(timeline.events)
        names = {f"{kind}/{row['id']}" for kind, rows in chart.rows.items() for row in rows}
        names = {name for name in names if name.split("/")[0] not in NOT_ABOUT_A_PATIENT}
        missing = Counter(name.split("/")[0] for name in names - events.keys())
        ruled = Counter({kind: count for (kind, _), count in timeline.excluded.items()})
        assert missing - ruled == Counter({kind: n for kind, n in missing.items() if kind in NOT_SEARCHED})
        assert events.keys() <= names
        missing_types += missing
        shown += len(events)
    total = sum(len(ids) for kind, ids in bundles.ids.items() if kind not in (*NOT_ABOUT_A_PATIENT, "Patient"))
    assert missing_types == {"Claim": 991, "ExplanationOfBenefit": 748}
    assert shown == total - 991 - 748 == 8262


def test_problems_are_in_the_lane_of_their_code(timelines: dict[str, Timeline], bundles: Bundles) -> None:
    for pid, chart in bundles.charts.items():
        events = by_name(timelines[pid])
        for row in chart.rows["Condition"]:
            event = events[f"Condition/{row['id']}"]
            lane = CONDITIONS.get(row["code"]["coding"][0]["code"])
            assert event.lanes == ((ConditionKey(lane),) if lane else (ConditionKey.OTHER,))
            over = "abatementDateTime" in row
            assert event.state is (EventState.DONE if over else EventState.ONGOING)
            assert moment(event.start) == datetime.fromisoformat(row["onsetDateTime"])
            assert (event.end is not None) == over


def lanes_of(chart: Chart) -> set[str]:
    """Returns the conditions that the patient has or had, by the codes of the problems."""
    codes = {coding["code"] for row in chart.rows["Condition"] for coding in row["code"]["coding"]}
    return {CONDITIONS[code] for code in codes if code in CONDITIONS}


def measures_of(row: dict[str, Any]) -> list[str]:
    """Returns the key measures among the observation and its components; a clearance in mL/min is none."""
    parts = [(part, part["code"]["coding"][0]["code"]) for part in (row, *row.get("component", []))]
    return [
        MEASURES[code][0]
        for part, code in parts
        if code in MEASURES and "valueQuantity" in part and part["valueQuantity"]["code"] in MEASURES[code][1]
    ]


def test_key_measures_are_in_their_lanes(timelines: dict[str, Timeline], bundles: Bundles) -> None:
    checked = 0
    for pid, chart in bundles.charts.items():
        events, has = by_name(timelines[pid]), lanes_of(chart)
        for row in chart.rows["Observation"]:
            measures = measures_of(row)
            if not measures:
                continue
            event = events[f"Observation/{row['id']}"]
            expected = {lane for measure in measures for lane in MONITORS.get(measure, set())} & has
            assert {lane.value for lane in event.lanes} - {"OTHER"} == expected
            assert len(event.results) == len(measures)
            checked += 1
    assert checked > 1500


def test_records_with_a_reason_are_in_the_lane_of_the_reason(timelines: dict[str, Timeline], bundles: Bundles) -> None:
    """Medicines, procedures and encounters name reasons, care plans the conditions that they address."""
    checked: Counter[str] = Counter()
    for pid, chart in bundles.charts.items():
        events = by_name(timelines[pid])
        problems = {row["id"]: CONDITIONS.get(row["code"]["coding"][0]["code"]) for row in chart.rows["Condition"]}
        for kind, element in (
            ("MedicationRequest", "reasonReference"), ("Procedure", "reasonReference"), ("CarePlan", "addresses")
        ):  # fmt: skip
            for row in chart.rows[kind]:
                named = {problems.get(part["reference"].rsplit(":", 1)[-1]) for part in row.get(element, [])} - {None}
                assert named <= {lane.value for lane in events[f"{kind}/{row['id']}"].lanes}
                checked[kind] += bool(named)
        for row in chart.rows["Encounter"]:
            codes = {coding["code"] for part in row.get("reasonCode", []) for coding in part["coding"]}
            expected = {CONDITIONS[code] for code in codes if code in CONDITIONS}
            assert expected <= {lane.value for lane in events[f"Encounter/{row['id']}"].lanes}
            checked["Encounter"] += bool(expected)
    assert all(checked[kind] > 3 for kind in ("MedicationRequest", "CarePlan", "Encounter")), checked


def test_medicines_are_in_the_lanes_that_their_class_treats(timelines: dict[str, Timeline], bundles: Bundles) -> None:
    checked = 0
    for pid, chart in bundles.charts.items():
        events, has = by_name(timelines[pid]), lanes_of(chart)
        for row in chart.rows["MedicationRequest"]:
            code = row["medicationCodeableConcept"]["coding"][0]["code"]
            if code in MEDICINES:
                lanes = {lane.value for lane in events[f"MedicationRequest/{row['id']}"].lanes} - {"OTHER"}
                assert lanes == (MEDICINES[code] & has) | reasons_of(row, chart), code
                checked += 1
    assert checked > 80


def reasons_of(row: Json, chart: Chart) -> set[str]:
    """Returns the conditions of the problems that a record names as its reason."""
    problems = {each["id"]: CONDITIONS.get(each["code"]["coding"][0]["code"]) for each in chart.rows["Condition"]}
    named = {problems.get(part["reference"].rsplit(":", 1)[-1]) for part in row.get("reasonReference", [])}
    return {lane for lane in named if lane}


def test_reports_are_in_the_lanes_of_their_results(timelines: dict[str, Timeline], bundles: Bundles) -> None:
    checked = 0
    for pid, chart in bundles.charts.items():
        events = by_name(timelines[pid])
        for row in chart.rows["DiagnosticReport"]:
            results = [events[f"Observation/{part['reference'].rsplit(':', 1)[-1]}"] for part in row["result"]]
            expected = {lane for result in results for lane in result.lanes} - {ConditionKey.OTHER}
            assert expected <= set(events[f"DiagnosticReport/{row['id']}"].lanes)
            checked += bool(expected)
    assert checked > 50


def test_the_series_have_every_value_of_a_key_measure(timelines: dict[str, Timeline], bundles: Bundles) -> None:
    for pid, chart in bundles.charts.items():
        found = {str(measure): len(results) for measure, results in timelines[pid].series.items()}
        expected = Counter(measure for row in chart.rows["Observation"] for measure in measures_of(row))
        assert found == dict(expected)
        for results in timelines[pid].series.values():
            assert list(results) == sorted(results, key=lambda result: result.when.moment)


def moment(when: Any) -> datetime | None:
    return when.moment if when is not None else None
