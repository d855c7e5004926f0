"""A patient's timeline: the event of each kind of record, its lanes and their reasons, and the records that are
excluded.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dashboard.cache.changes import written_changes
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.record.allergy import AllergyState
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.events import Certainty, DateWarning, Event, EventKind, EventState, LaneReason, Timeline
from dashboard.domain.values.datatypes import Coding
from dashboard.errors import Failure, NotFound, ServerUnavailable
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_timeline import TYPES, get_timeline
from dashboard.queries.get_worklist import get_worklist
from dashboard.ui.timeline.words import certainty_words
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, ATC, LOINC, SNOMED, Json

T = load_terminology()
T2DM, HF, CKD, DEPRESSION, OTHER = ConditionKey
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
STATUS = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


class PatientServer:
    """A fake server, and caches with a clock that a test sets."""

    def __init__(self, *rows: Json) -> None:
        self.server = FakeFhirServer([*make.cohort(), *rows])
        self.seconds = 0.0
        self.team_cache = TeamCache(lambda: self.seconds, lambda work: None)
        self.patient_cache: PatientCache[Timeline] = PatientCache(lambda: self.seconds, lambda work: None)

    def timeline(self, patient_id: str = "p1", who: str = "gp", refresh: bool = False, as_of: Any = AS_OF) -> Timeline:
        return get_timeline(
            self.server,
            make.user(who),
            make.scope(who),
            T,
            patient_id,
            as_of,
            refresh,
            team_cache=self.team_cache,
            patient_cache=self.patient_cache,
        )


def timeline_of(*rows: Json) -> Timeline:
    return PatientServer(*rows).timeline()


def event(timeline: Timeline, name: str) -> Event:
    (found,) = [each for each in timeline.events if str(each.origin) == name]
    return found


def about(kind: str, ident: str, **more: Any) -> Json:
    """Returns a record about patient p1."""
    subject = {"Immunization": "patient", "AllergyIntolerance": "patient", "Task": "for"}.get(kind, "subject")
    return {"resourceType": kind, "id": ident, subject: {"reference": "Patient/p1"}} | more


def why(found: Event) -> list[tuple[str, str, str]]:
    return [(each.lane.value, each.reason.value, each.equivalence) for each in found.memberships]


# requests


def test_the_number_of_searches_is_constant() -> None:
    patient_server = PatientServer()
    get_worklist(patient_server.server, make.user(), make.scope(), T, AS_OF, team_cache=patient_server.team_cache)
    for patient_id in ("p1", "p2"):
        patient_server.server.asked.clear()
        patient_server.timeline(patient_id)
        assert sorted(request.type for request in patient_server.server.asked) == sorted(
            [*TYPES, "CareTeam", "Consent", "ResearchSubject"]
        )
    assert len(TYPES) + 2 == 21


def test_a_failed_search_is_reported_and_not_shown_as_no_records() -> None:
    for kind in TYPES:
        patient_server = PatientServer()
        patient_server.server.failing[kind] = ServerUnavailable("server-timeout", reference="r1")
        timeline = patient_server.timeline()
        assert timeline.not_read == {kind: Failure("server-timeout", (("reference", "r1"),))}
        assert not [each for each in timeline.events if each.origin.type == kind]
        assert len(timeline.events) > 5


def test_what_fails_later_is_what_was_last_known_with_its_age() -> None:
    for kind in TYPES:
        patient_server = PatientServer()
        first = patient_server.timeline()
        patient_server.server.failing[kind] = ServerUnavailable("server-timeout", reference="r1")
        timeline = patient_server.timeline(refresh=True, as_of=AS_OF + timedelta(minutes=2))
        assert (timeline.not_read, list(timeline.old)) == ({}, [kind])
        assert (timeline.old[kind].read, timeline.old[kind].since) == (AS_OF, AS_OF + timedelta(minutes=2))
        assert (timeline.events, timeline.allergies.value) == (first.events, first.allergies.value)
        assert first.whole() and not timeline.whole() and not timeline.whole([kind]) and timeline.whole(["Device"])


def test_a_type_that_the_server_does_not_serve_is_no_failure() -> None:
    patient_server = PatientServer()
    missing = ("ImagingStudy", "MedicationStatement", "CommunicationRequest")
    able = patient_server.server.capabilities
    types = {name: each for name, each in able.types.items() if name not in missing}
    patient_server.server.capabilities = replace(able, types=types)
    timeline = patient_server.timeline()
    assert not timeline.not_read
    assert not timeline.notices


def test_allergies_that_could_not_be_read_are_never_shown_as_none() -> None:
    patient_server = PatientServer()
    patient_server.server.failing["AllergyIntolerance"] = ServerUnavailable("server-timeout", reference="r1")
    assert patient_server.timeline().allergy_state is AllergyState.UNAVAILABLE


# lanes


def test_measures_and_drug_classes_are_in_lanes_of_the_patient_s_conditions_only() -> None:
    pressure = make.observation("bp", "p1", "8480-6", 150, "mm[Hg]", "2026-10-01")
    timeline = timeline_of(pressure, make.medicine("ace", "p1", "C09AA05"))
    assert event(timeline, "Observation/bp").lanes == (T2DM,)
    assert event(timeline, "MedicationRequest/ace").lanes == (OTHER,)
    timeline = timeline_of(pressure, make.medicine("ace", "p1", "C09AA05"), make.condition("hf", "p1", "84114007"))
    assert event(timeline, "Observation/bp").lanes == (T2DM, HF)
    assert why(event(timeline, "MedicationRequest/ace")) == [("HF", "drug-class", "equal")]


def test_a_refuted_condition_is_in_its_lane_and_is_no_diagnosis() -> None:
    timeline = timeline_of(make.condition("c9", "p1", make.CKD_3B, verificationStatus=make.concept(STATUS, "refuted")))
    refuted = event(timeline, "Condition/c9")
    assert (refuted.certainty, refuted.state, refuted.lanes) == (Certainty.REFUTED, EventState.UNKNOWN, (CKD,))


@pytest.mark.parametrize("word", ["unconfirmed", "provisional", "differential"])
def test_an_unconfirmed_diagnosis_is_marked(word: str) -> None:
    found = event(
        timeline_of(make.condition("c9", "p1", verificationStatus=make.concept(STATUS, word))), "Condition/c9"
    )
    assert (found.certainty, found.state) == (Certainty.UNCONFIRMED, EventState.ONGOING)


def test_results_are_in_all_their_lanes_if_the_problems_could_not_be_read() -> None:
    patient_server = PatientServer(make.observation("bp", "p1", "8480-6", 150, "mm[Hg]", "2026-10-01"))
    patient_server.server.failing["Condition"] = ServerUnavailable("server-timeout", reference="r1")
    assert event(patient_server.timeline(), "Observation/bp").lanes == (T2DM, HF, CKD)


def test_a_record_is_in_the_lane_of_its_reason() -> None:
    reasons = {"reasonReference": [{"reference": "Condition/c1"}]}
    coded = {"reasonCode": [make.concept(SNOMED, "35489007", "Depression")]}
    timeline = timeline_of(
        make.medicine("m9", "p1", "N02BE01", **reasons),
        make.encounter("e9", "p1", "2026-01-01") | coded,
        about(
            "Procedure", "pr9", status="completed", code=make.concept(SNOMED, "1"), performedDateTime="2020", **reasons
        ),
    )
    assert why(event(timeline, "MedicationRequest/m9")) == [("T2DM", "reason", "equal")]
    assert event(timeline, "MedicationRequest/m9").why == "Type 2 diabetes mellitus"
    assert why(event(timeline, "Encounter/e9")) == [("DEPRESSION", "reason", "equal")]
    assert event(timeline, "Procedure/pr9").lanes == (T2DM,)


def test_goals_and_care_plans_are_in_the_lanes_of_the_conditions_they_address() -> None:
    addressing = {"addresses": [{"reference": "Condition/c1"}]}
    timeline = timeline_of(
        make.goal("g9", "p1", "2823-3", 5, "mmol/L") | addressing, make.plan("cp9", "p1") | addressing
    )
    assert why(event(timeline, "Goal/g9")) == [("T2DM", "addresses", "equal")]
    assert why(event(timeline, "CarePlan/cp9")) == [("T2DM", "addresses", "equal")]
    assert [line.conditions for line in timeline.goals if line.origin.id == "g9"] == [(T2DM,)]


def test_a_report_is_in_the_lanes_of_its_results() -> None:
    report = {"status": "final", "code": make.concept(LOINC, "24323-8"), "effectiveDateTime": "2026-09-12"}
    found = event(timeline_of(about("DiagnosticReport", "r9", result=[{"reference": "Observation/o2"}], **report)),
                  "DiagnosticReport/r9")  # fmt: skip
    assert why(found) == [("T2DM", "part", "equal")]
    assert str(found.memberships[0].through) == "Observation/o2"


def test_a_questionnaire_is_in_the_lane_of_its_score() -> None:
    score = make.observation("phq", "p1", "44261-6", 14, "{score}", "2026-09-12")
    timeline = timeline_of(
        make.condition("c9", "p1", "35489007"),
        score | {"derivedFrom": [{"reference": "QuestionnaireResponse/q9"}]},
        about("QuestionnaireResponse", "q9", status="completed", authored="2026-09-12",
              questionnaire="https://c3-cloud.example/fhir/Questionnaire/phq-9|1.0.0"),
    )  # fmt: skip
    found = event(timeline, "QuestionnaireResponse/q9")
    assert found.text == "Patient Health Questionnaire (PHQ-9)"
    assert ("DEPRESSION", "part", "equal") in why(found)
    assert found.detail == ""  # answers are not for a shared screen


# https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html
SITES = [
    ("http://hl7.org/fhir/sid/icpc-2", "T90", T2DM),
    ("http://read.info/readv2", "C10F.", T2DM),
    ("urn:oid:1.2.752.116.1.1.1.1.3", "E119", T2DM),
    ("https://c3-cloud.example/fhir/CodeSystem/cie-10-es", "I50.9", HF),
]


@pytest.mark.parametrize(("system", "code", "lane"), SITES)
def test_a_local_code_of_a_problem_is_translated_to_its_lane(system: str, code: str, lane: ConditionKey) -> None:
    found = event(timeline_of(make.condition("c9", "p1") | {"code": make.concept(system, code)}), "Condition/c9")
    assert found.lanes == (lane,)
    assert (found.memberships[0].reason, found.memberships[0].through) == (LaneReason.CODE, Coding(system, code))
    assert not found.unmapped


def test_a_translation_to_a_wider_code_is_marked() -> None:
    rx = {"medicationCodeableConcept": make.concept(RXNORM, "860975", "Metformin 500 MG")}
    found = event(timeline_of(make.medicine("rx", "p1") | rx), "MedicationRequest/rx")
    assert (found.atc, found.lanes) == ("A10BA02", (T2DM,))
    assert why(found) == [("T2DM", "drug-class", "wider")]


def test_a_local_code_of_a_laboratory_is_translated_to_its_measure() -> None:
    npu = {"code": make.concept("http://npu-terminology.org", "NPU27300", "HbA1c")}
    timeline = timeline_of(make.observation("npu", "p1", "x", 52, "mmol/mol", "2026-11-01") | npu)
    assert [int(result.value.value) for result in timeline.series[Measure.HBA1C]] == [62, 71, 52]
    assert event(timeline, "Observation/npu").lanes == (T2DM,)


def test_a_record_with_an_unknown_code_is_in_the_lane_other_and_counted() -> None:
    local = {"code": make.concept("http://local", "X1", "Índice")}
    rows = [make.observation(f"x{n}", "p1", "", 1, "1", "2026-01-01") | local for n in range(3)]
    timeline = timeline_of(*rows)
    assert timeline.unmapped == {Coding("http://local", "X1"): 3}
    assert (event(timeline, "Observation/x1").lanes, event(timeline, "Observation/x1").unmapped) == ((OTHER,), True)


# dates


@pytest.mark.parametrize("when", ["2009", "2009-05", "2009-05-03", "2009-05-03T10:00:00+02:00"])
def test_a_date_has_the_recorded_precision(when: str) -> None:
    found = event(timeline_of(make.condition("c9", "p1", onsetDateTime=when)), "Condition/c9")
    assert str(found.start) == when


def test_events_without_a_date_are_last() -> None:
    timeline = timeline_of(make.encounter("e9", "p1", "") | {"period": {}})
    assert timeline.events[-1].origin.id == "e9"
    assert (timeline.events[-1].start, timeline.events[-1].end) == (None, None)


def test_a_problem_without_onset_begins_at_its_recorded_date_with_a_warning() -> None:
    row = make.condition("c9", "p1", recordedDate="2020-02-02")
    del row["onsetDateTime"]
    found = event(timeline_of(row), "Condition/c9")
    assert (str(found.start), found.date_warnings) == ("2020-02-02", (DateWarning.RECORDED,))


def test_a_period_that_ends_before_its_start_is_shown_without_end_and_with_a_warning() -> None:
    row = make.condition("c9", "p1", onsetDateTime="2020-05", abatementDateTime="2019")
    found = event(timeline_of(row), "Condition/c9")
    assert (str(found.start), found.end, found.date_warnings) == ("2020-05", None, (DateWarning.REVERSED,))
    same_year = event(timeline_of(row | {"abatementDateTime": "2020"}), "Condition/c9")
    assert (str(same_year.end), same_year.date_warnings) == ("2020", ())


def test_a_result_with_a_future_date_is_an_event_but_in_no_series() -> None:
    timeline = timeline_of(make.observation("o9", "p1", "59261-8", 50, "mmol/mol", "2027-01-01"))
    found = event(timeline, "Observation/o9")
    assert (found.state, found.date_warnings) == (EventState.UNKNOWN, (DateWarning.AHEAD,))
    assert [int(result.value.value) for result in timeline.series[Measure.HBA1C]] == [62, 71]


def test_a_medicine_that_begins_next_week_is_planned() -> None:
    found = event(timeline_of(make.medicine("m9", "p1", authoredOn="2026-11-27")), "MedicationRequest/m9")
    assert (found.state, found.date_warnings) == (EventState.PLANNED, ())


def test_a_past_appointment_that_is_still_booked_is_not_shown_as_fulfilled() -> None:
    found = event(timeline_of(make.conference("a9", ["p1"], "2026-11-01T09:00:00+00:00")), "Appointment/a9")
    assert (found.state, found.date_warnings) == (EventState.UNKNOWN, (DateWarning.EXPIRED,))


def test_a_record_with_a_malformed_date_is_unreadable() -> None:
    timeline = timeline_of(make.condition("c9", "p1", onsetDateTime="last spring"))
    assert [(str(each.origin), each.why) for each in timeline.unreadable] == [("Condition/c9", "bad-date")]


# exclusion by rules


LEFT = [
    (
        make.condition("x", "p1", verificationStatus=make.concept(STATUS, "entered-in-error")),
        Exclusion.ENTERED_IN_ERROR,
    ),
    (
        make.observation("x", "p1", "2823-3", 9, "mmol/L", "2026") | {"status": "entered-in-error"},
        Exclusion.ENTERED_IN_ERROR,
    ),
    (
        {
            name: part
            for name, part in make.observation("x", "p1", "2823-3", 9, "mmol/L", "2026").items()
            if name != "valueQuantity"
        }
        | {"status": "registered"},
        Exclusion.NEVER_HAPPENED,
    ),
    (make.encounter("x", "p1", "2026-01-01") | {"status": "cancelled"}, Exclusion.NEVER_HAPPENED),
    (make.medicine("x", "p1", status="cancelled"), Exclusion.NEVER_HAPPENED),
    (make.medicine("x", "p1", intent="proposal"), Exclusion.DRAFT),
    (make.plan("x", "p1", status="draft"), Exclusion.DRAFT),
    (make.task("x", "p1", "Practitioner/gp", status="draft"), Exclusion.DRAFT),
    (about("AllergyIntolerance", "x", code=make.concept(SNOMED, "716186003")), Exclusion.NO_NEWS),
    (about("AllergyIntolerance", "x", code=make.concept(SNOMED, "409137002")), Exclusion.NO_NEWS),
    (about("DocumentReference", "x", status="superseded", type={"text": "Letter"}), Exclusion.DUPLICATE),
    (about("DocumentReference", "x", status="current", docStatus="entered-in-error"), Exclusion.ENTERED_IN_ERROR),
]


@pytest.mark.parametrize(("row", "rule"), LEFT)
def test_records_excluded_by_a_rule_are_counted(row: Json, rule: Exclusion) -> None:
    timeline = timeline_of(row)
    assert timeline.excluded == {(row["resourceType"], rule): 1}
    assert f"{row['resourceType']}/x" not in {str(each.origin) for each in timeline.events}


SHOWN: list[tuple[Json, EventState]] = [
    (make.medicine("x", "p1", status="stopped"), EventState.STOPPED),
    (make.medicine("x", "p1", status="on-hold"), EventState.STOPPED),
    (make.medicine("x", "p1", doNotPerform=True), EventState.NOT_DONE),
    (about("MedicationStatement", "x", status="not-taken", medicationCodeableConcept=make.concept(ATC, "A10BA02")),
     EventState.NOT_DONE),
    (about("Procedure", "x", status="not-done", code={"text": "Echo"}), EventState.NOT_DONE),
    (about("Immunization", "x", status="not-done", vaccineCode={"text": "Flu"}), EventState.NOT_DONE),
    (make.conference("x", ["p1"], "2026-11-01T09:00:00+00:00", "noshow"), EventState.NOT_DONE),
    (make.goal("x", "p1") | {"lifecycleStatus": "rejected"}, EventState.NOT_DONE),
    (make.plan("x", "p1", status="revoked"), EventState.STOPPED),
]  # fmt: skip


@pytest.mark.parametrize(("row", "state"), SHOWN)
def test_records_that_were_stopped_or_not_done_have_that_state(row: Json, state: EventState) -> None:
    assert event(timeline_of(row), f"{row['resourceType']}/x").state is state


@pytest.mark.parametrize("status", ["preliminary", "registered"])
def test_a_preliminary_result_may_still_change(status: str) -> None:
    row = make.observation("o9", "p1", "2823-3", 4.5, "mmol/L", "2026-11-01") | {"status": status}
    found = event(timeline_of(row), "Observation/o9")
    assert (found.certainty, found.state) == (Certainty.UNCONFIRMED, EventState.DONE)
    assert certainty_words(found) == "preliminary"


BROKEN: list[Json] = [
    about("Condition", "x", code={}),
    about("Encounter", "x", status="finished", period={"start": "x"}),
    about("Procedure", "x", status="completed"),
    about("DiagnosticReport", "x", status="final"),
    about("Goal", "x", lifecycleStatus="active"),
    about("Task", "x", status="requested"),
    about("Immunization", "x", status="completed", vaccineCode={"text": "Flu"}, occurrenceDateTime="2020-13"),
    about("Observation", "x", status="final", code="2823-3"),
]


@pytest.mark.parametrize("row", BROKEN)
def test_an_unreadable_record_is_reported_and_the_others_are_events(row: Json) -> None:
    timeline = timeline_of(row)
    assert [str(each.origin) for each in timeline.unreadable] == [f"{row['resourceType']}/x"]
    assert len(timeline.events) == len(timeline_of().events)


# results


def test_a_value_in_an_unknown_unit_is_shown_as_recorded_and_in_no_series() -> None:
    timeline = timeline_of(make.observation("o9", "p1", "59261-8", 7, "furlong", "2026-11-01"))
    found = event(timeline, "Observation/o9")
    assert (found.detail, found.results) == ("7 furlong", ())
    assert timeline.refused == {Measure.HBA1C: 1}
    assert [(str(each.origin), each.why) for each in timeline.unreadable] == [("Observation/o9", "unknown-unit")]
    assert len(timeline.series[Measure.HBA1C]) == 2


def test_a_value_in_another_unit_is_converted_and_marked() -> None:
    timeline = timeline_of(make.observation("o9", "p1", "4548-4", 7.1, "%", "2026-11-01"))
    last = timeline.series[Measure.HBA1C][-1]
    assert (int(last.value.value), str(last.recorded.value), last.converted) == (54, "7.1", True)


def test_a_blood_pressure_is_one_event_with_two_results() -> None:
    parts = [("8480-6", 150), ("8462-4", 95)]
    component = [
        {"code": make.concept(LOINC, code), "valueQuantity": {"value": value, "unit": "mmHg"}} for code, value in parts
    ]
    panel = {"status": "final", "code": make.concept(LOINC, "85354-9"), "effectiveDateTime": "2026-11-01"}
    row = about("Observation", "bp", component=component, **panel)
    timeline = timeline_of(row)
    found = event(timeline, "Observation/bp")
    assert [(r.measure, int(r.value.value)) for r in found.results] == [
        (Measure.SYSTOLIC, 150),
        (Measure.DIASTOLIC, 95),
    ]
    assert found.abnormal
    assert timeline.series[Measure.SYSTOLIC][0].origin == timeline.series[Measure.DIASTOLIC][0].origin == found.origin


def flagged(code: str) -> Json:
    return {
        "interpretation": [make.concept("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", code)]
    }


def test_a_result_is_abnormal_by_own_limits_or_else_by_those_of_the_laboratory() -> None:
    timeline = timeline_of(
        make.observation("o6", "p1", "2823-3", 4.5, "mmol/L", "2026-01-01") | flagged("H"),
        make.observation("o7", "p1", "2823-3", 5.9, "mmol/L", "2026-01-02") | flagged("N"),
        make.observation("o8", "p1", "14682-9", 180, "umol/L", "2026-01-03") | flagged("H"),
        make.observation("o9", "p1", "1920-8", 80, "U/L", "2026-01-04") | flagged("HH"),
        make.observation("o10", "p1", "1920-8", 20, "U/L", "2026-01-05") | flagged("N"),
    )
    found = {name: event(timeline, f"Observation/{name}").abnormal for name in ("o6", "o7", "o8", "o9", "o10")}
    assert found == {"o6": False, "o7": True, "o8": True, "o9": True, "o10": False}
    assert event(timeline, "Observation/o9").detail == "80 U/L"


VALUES: list[tuple[Json, str]] = [
    ({"valueCodeableConcept": {"text": "Never smoked"}}, "Never smoked"),
    ({"valueString": "two plus"}, "two plus"),
    ({"valueBoolean": True}, "true"),
    ({"valueInteger": 3}, "3"),
    ({"valueRange": {"low": {"value": 1, "unit": "mm"}, "high": {"value": 2, "unit": "mm"}}}, "1 mm - 2 mm"),
    ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "1 / 128"),
    ({"valuePeriod": {"start": "2020", "end": "2021"}}, "2020 - 2021"),
    ({"valueQuantity": {"value": 3.0, "comparator": "<", "code": "mg/L"}}, "<3.0 mg/L"),
    ({"dataAbsentReason": {"text": "Specimen lost"}}, "Specimen lost"),
]


@pytest.mark.parametrize(("value", "words"), VALUES)
def test_every_type_of_value_is_shown_as_recorded(value: Json, words: str) -> None:
    row = about(
        "Observation", "o9", status="final", code={"text": "Something"}, effectiveDateTime="2026-01-01", **value
    )
    assert event(timeline_of(row), "Observation/o9").detail == words


def test_a_value_without_a_date_is_an_event_but_in_no_series() -> None:
    row = make.observation("o9", "p1", "59261-8", 50, "mmol/mol", "")
    timeline = timeline_of(row)
    assert (timeline.events[-1].origin.id, timeline.events[-1].detail) == ("o9", "50 mmol/mol")
    assert len(timeline.series[Measure.HBA1C]) == 2


# plan, conferences, targets


def test_each_change_of_the_care_plan_is_an_event_with_author_and_reason() -> None:
    change = make.provenance("pv9", "Goal/g1/_history/2", "Ms Anna Lind", "2026-11-02T10:00:00+00:00")
    reason = {"reason": [{"text": "Hypoglycaemia"}], "activity": {"text": "Target relaxed"}}
    found = event(timeline_of(change | reason), "Provenance/pv9")
    assert (found.kind, found.who, found.why, found.detail) == (
        EventKind.PLAN, "Ms Anna Lind", "Hypoglycaemia", "Target relaxed",
    )  # fmt: skip
    assert (found.text, found.lanes, found.memberships[0].reason) == ("HbA1c under 53", (T2DM,), LaneReason.PART)
    assert event(timeline_of(), "Provenance/pv1").who == "Dr Jane Okafor"


def test_a_target_is_valid_from_the_goal_s_start_to_the_due_date() -> None:
    (target,) = timeline_of(make.goal("g1", "p1") | {"startDate": "2026-01-01"}).targets
    assert (target.measure, target.low, target.high) == (Measure.HBA1C, None, 53.0)
    assert (str(target.since), str(target.until)) == ("2026-01-01", "2027-03-31")


def test_a_goal_with_an_unreadable_target_has_its_description() -> None:
    timeline = timeline_of(make.goal("g9", "p1", unit="furlong"))
    assert event(timeline, "Goal/g9").text == "HbA1c under 53"
    assert [(str(each.origin), each.why) for each in timeline.unreadable] == [("Goal/g9", "unknown-unit")]
    assert [target.origin.id for target in timeline.targets] == ["g1"]


def test_a_conference_that_took_place_is_one_event_by_its_encounter() -> None:
    appointment = make.conference("a9", ["p1", "p2"], "2026-11-10T09:00:00+00:00", "fulfilled")
    met = make.encounter("e9", "p1", "2026-11-10T09:07:00+00:00") | {"appointment": [{"reference": "Appointment/a9"}]}
    timeline = timeline_of(appointment, met)
    assert event(timeline, "Encounter/e9").kind is EventKind.CONFERENCE
    assert timeline.excluded == {("Appointment", Exclusion.DUPLICATE): 1}
    assert str(timeline.conference) == "2026-11-10 09:07:00+00:00"


@pytest.mark.parametrize(("status", "took_place"), [("fulfilled", True), ("booked", False), ("noshow", False)])
def test_the_last_conference_is_one_that_took_place(status: str, took_place: bool) -> None:
    timeline = timeline_of(make.conference("a9", ["p1"], "2026-11-10T09:00:00+00:00", status))
    assert event(timeline, "Appointment/a9").kind is EventKind.CONFERENCE
    assert (timeline.conference is not None) is took_place


# number of requests


def test_a_rerun_sends_no_request_and_the_first_read_after_a_write_is_fresh() -> None:
    patient_server = PatientServer()
    first = patient_server.timeline()
    patient_server.server.asked.clear()
    assert patient_server.timeline() is first
    assert not patient_server.server.asked
    saved = patient_server.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    patient_server.patient_cache.apply(written_changes("http://fake.test/fhir", [saved]))
    assert event(patient_server.timeline(), "Task/t1").state is EventState.DONE


def test_while_the_server_is_unreachable_the_last_timeline_is_returned_with_the_error() -> None:
    patient_server = PatientServer()
    patient_server.timeline()
    patient_server.server.down = True
    stale = patient_server.timeline(refresh=True, as_of=AS_OF + timedelta(hours=1))
    assert (bool(stale.stale), stale.fetched) == (True, AS_OF)


def test_a_former_member_of_the_team_is_refused() -> None:
    patient_server = PatientServer()
    get_worklist(patient_server.server, make.user(), make.scope(), T, AS_OF, team_cache=patient_server.team_cache)
    patient_server.timeline("p2")
    patient_server.server.put(make.care_team("p2", ["nurse"]))
    for refresh in (True, False):
        with pytest.raises(NotFound):
            patient_server.timeline("p2", refresh=refresh)
