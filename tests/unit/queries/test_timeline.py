"""A patient's timeline: what each kind of record becomes, which lane it is in and why, what is left out and counted."""

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
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, ATC, LOINC, SNOMED, Json

T = load_terminology()
T2DM, HF, CKD, DEPRESSION, OTHER = ConditionKey
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
STATUS = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


class Surgery:
    """A fake server with its stores, and a clock that a test turns."""

    def __init__(self, *rows: Json) -> None:
        self.server = FakeFhirServer([*make.cohort(), *rows])
        self.seconds = 0.0
        self.store = TeamCache(lambda: self.seconds, lambda work: None)
        self.kept: PatientCache[Timeline] = PatientCache(lambda: self.seconds, lambda work: None)

    def timeline(self, patient_id: str = "p1", who: str = "gp", refresh: bool = False, as_of: Any = AS_OF) -> Timeline:
        return get_timeline(
            self.server,
            make.user(who),
            make.scope(who),
            T,
            patient_id,
            as_of,
            refresh,
            team_cache=self.store,
            patient_cache=self.kept,
        )


def told(*rows: Json) -> Timeline:
    return Surgery(*rows).timeline()


def event(timeline: Timeline, name: str) -> Event:
    (found,) = [each for each in timeline.events if str(each.origin) == name]
    return found


def about(kind: str, ident: str, **more: Any) -> Json:
    """A record of p1."""
    subject = {"Immunization": "patient", "AllergyIntolerance": "patient", "Task": "for"}.get(kind, "subject")
    return {"resourceType": kind, "id": ident, subject: {"reference": "Patient/p1"}} | more


def why(found: Event) -> list[tuple[str, str, str]]:
    return [(each.lane.value, each.reason.value, each.equivalence) for each in found.memberships]


# requests


def test_a_constant_number_of_searches_all_at_once() -> None:
    surgery = Surgery()
    get_worklist(surgery.server, make.user(), make.scope(), T, AS_OF, team_cache=surgery.store)
    for patient_id in ("p1", "p2"):
        surgery.server.asked.clear()
        surgery.timeline(patient_id)
        assert sorted(request.type for request in surgery.server.asked) == sorted([*TYPES, "CareTeam", "Consent"])
    assert len(TYPES) + 2 == 20


def test_a_search_that_failed_is_told_and_never_none() -> None:
    for kind in TYPES:
        surgery = Surgery()
        surgery.server.failing[kind] = ServerUnavailable("server-timeout", reference="r1")
        timeline = surgery.timeline()
        assert timeline.not_read == {kind: Failure("server-timeout", (("reference", "r1"),))}
        assert not [each for each in timeline.events if each.origin.type == kind]
        assert len(timeline.events) > 5


def test_what_the_server_does_not_keep_is_no_failure() -> None:
    surgery = Surgery()
    missing = ("ImagingStudy", "MedicationStatement", "CommunicationRequest")
    able = surgery.server.capabilities
    types = {name: each for name, each in able.types.items() if name not in missing}
    surgery.server.capabilities = replace(able, types=types)
    timeline = surgery.timeline()
    assert not timeline.not_read
    assert not timeline.notices


def test_allergies_that_could_not_be_read_are_never_none() -> None:
    surgery = Surgery()
    surgery.server.failing["AllergyIntolerance"] = ServerUnavailable("server-timeout", reference="r1")
    assert surgery.timeline().allergy_state is AllergyState.UNAVAILABLE


# lanes


def test_a_measure_and_a_drug_class_tell_of_conditions_the_patient_has_and_of_no_other() -> None:
    pressure = make.observation("bp", "p1", "8480-6", 150, "mm[Hg]", "2026-10-01")
    timeline = told(pressure, make.medicine("ace", "p1", "C09AA05"))
    assert event(timeline, "Observation/bp").lanes == (T2DM,)
    assert event(timeline, "MedicationRequest/ace").lanes == (OTHER,)
    timeline = told(pressure, make.medicine("ace", "p1", "C09AA05"), make.condition("hf", "p1", "84114007"))
    assert event(timeline, "Observation/bp").lanes == (T2DM, HF)
    assert why(event(timeline, "MedicationRequest/ace")) == [("HF", "drug-class", "equal")]


def test_a_condition_that_was_refuted_has_its_lane_and_is_no_diagnosis() -> None:
    timeline = told(make.condition("c9", "p1", make.CKD_3B, verificationStatus=make.concept(STATUS, "refuted")))
    refuted = event(timeline, "Condition/c9")
    assert (refuted.certainty, refuted.state, refuted.lanes) == (Certainty.REFUTED, EventState.UNKNOWN, (CKD,))


@pytest.mark.parametrize("word", ["unconfirmed", "provisional", "differential"])
def test_a_diagnosis_that_is_not_sure_is_told_as_such(word: str) -> None:
    found = event(told(make.condition("c9", "p1", verificationStatus=make.concept(STATUS, word))), "Condition/c9")
    assert (found.certainty, found.state) == (Certainty.UNCONFIRMED, EventState.ONGOING)


def test_where_the_problems_were_not_read_nothing_is_kept_from_a_lane() -> None:
    surgery = Surgery(make.observation("bp", "p1", "8480-6", 150, "mm[Hg]", "2026-10-01"))
    surgery.server.failing["Condition"] = ServerUnavailable("server-timeout", reference="r1")
    assert event(surgery.timeline(), "Observation/bp").lanes == (T2DM, HF, CKD)


def test_a_reason_brings_what_it_is_for_into_its_lane() -> None:
    reasons = {"reasonReference": [{"reference": "Condition/c1"}]}
    coded = {"reasonCode": [make.concept(SNOMED, "35489007", "Depression")]}
    timeline = told(
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


def test_a_goal_and_a_plan_are_where_what_they_address_is() -> None:
    addressing = {"addresses": [{"reference": "Condition/c1"}]}
    timeline = told(make.goal("g9", "p1", "2823-3", 5, "mmol/L") | addressing, make.plan("cp9", "p1") | addressing)
    assert why(event(timeline, "Goal/g9")) == [("T2DM", "addresses", "equal")]
    assert why(event(timeline, "CarePlan/cp9")) == [("T2DM", "addresses", "equal")]
    assert [line.conditions for line in timeline.goals if line.origin.id == "g9"] == [(T2DM,)]


def test_a_report_is_where_its_results_are() -> None:
    report = {"status": "final", "code": make.concept(LOINC, "24323-8"), "effectiveDateTime": "2026-09-12"}
    found = event(told(about("DiagnosticReport", "r9", result=[{"reference": "Observation/o2"}], **report)),
                  "DiagnosticReport/r9")  # fmt: skip
    assert why(found) == [("T2DM", "part", "equal")]
    assert str(found.memberships[0].through) == "Observation/o2"


def test_a_questionnaire_is_where_its_score_is() -> None:
    score = make.observation("phq", "p1", "44261-6", 14, "{score}", "2026-09-12")
    timeline = told(
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
def test_a_site_s_own_code_of_a_problem_finds_its_lane(system: str, code: str, lane: ConditionKey) -> None:
    found = event(told(make.condition("c9", "p1") | {"code": make.concept(system, code)}), "Condition/c9")
    assert found.lanes == (lane,)
    assert (found.memberships[0].reason, found.memberships[0].through) == (LaneReason.CODE, Coding(system, code))
    assert not found.unmapped


def test_a_translation_that_is_wider_says_so() -> None:
    rx = {"medicationCodeableConcept": make.concept(RXNORM, "860975", "Metformin 500 MG")}
    found = event(told(make.medicine("rx", "p1") | rx), "MedicationRequest/rx")
    assert (found.atc, found.lanes) == ("A10BA02", (T2DM,))
    assert why(found) == [("T2DM", "drug-class", "wider")]


def test_a_laboratory_s_code_is_its_measure() -> None:
    npu = {"code": make.concept("http://npu-terminology.org", "NPU27300", "HbA1c")}
    timeline = told(make.observation("npu", "p1", "x", 52, "mmol/mol", "2026-11-01") | npu)
    assert [int(result.value.value) for result in timeline.series[Measure.HBA1C]] == [62, 71, 52]
    assert event(timeline, "Observation/npu").lanes == (T2DM,)


def test_a_code_nobody_knows_is_in_a_lane_of_its_own_and_counted() -> None:
    local = {"code": make.concept("http://local", "X1", "Índice")}
    rows = [make.observation(f"x{n}", "p1", "", 1, "1", "2026-01-01") | local for n in range(3)]
    timeline = told(*rows)
    assert timeline.unmapped == {Coding("http://local", "X1"): 3}
    assert (event(timeline, "Observation/x1").lanes, event(timeline, "Observation/x1").unmapped) == ((OTHER,), True)


# dates


@pytest.mark.parametrize("when", ["2009", "2009-05", "2009-05-03", "2009-05-03T10:00:00+02:00"])
def test_a_date_keeps_its_precision(when: str) -> None:
    found = event(told(make.condition("c9", "p1", onsetDateTime=when)), "Condition/c9")
    assert str(found.start) == when


def test_what_has_no_date_is_listed_last() -> None:
    timeline = told(make.encounter("e9", "p1", "") | {"period": {}})
    assert timeline.events[-1].origin.id == "e9"
    assert (timeline.events[-1].start, timeline.events[-1].end) == (None, None)


def test_a_problem_without_onset_begins_when_it_was_recorded_and_says_so() -> None:
    row = make.condition("c9", "p1", recordedDate="2020-02-02")
    del row["onsetDateTime"]
    found = event(told(row), "Condition/c9")
    assert (str(found.start), found.date_warnings) == ("2020-02-02", (DateWarning.RECORDED,))


def test_a_period_that_ends_before_it_begins_is_shown_without_its_end_and_said() -> None:
    row = make.condition("c9", "p1", onsetDateTime="2020-05", abatementDateTime="2019")
    found = event(told(row), "Condition/c9")
    assert (str(found.start), found.end, found.date_warnings) == ("2020-05", None, (DateWarning.REVERSED,))
    same_year = event(told(row | {"abatementDateTime": "2020"}), "Condition/c9")
    assert (str(same_year.end), same_year.date_warnings) == ("2020", ())


def test_a_result_of_a_day_to_come_is_shown_and_in_no_series() -> None:
    timeline = told(make.observation("o9", "p1", "59261-8", 50, "mmol/mol", "2027-01-01"))
    found = event(timeline, "Observation/o9")
    assert (found.state, found.date_warnings) == (EventState.UNKNOWN, (DateWarning.AHEAD,))
    assert [int(result.value.value) for result in timeline.series[Measure.HBA1C]] == [62, 71]


def test_a_medicine_that_begins_next_week_is_planned() -> None:
    found = event(told(make.medicine("m9", "p1", authoredOn="2026-11-27")), "MedicationRequest/m9")
    assert (found.state, found.date_warnings) == (EventState.PLANNED, ())


def test_an_appointment_nobody_closed_is_not_told_as_kept() -> None:
    found = event(told(make.conference("a9", ["p1"], "2026-11-01T09:00:00+00:00")), "Appointment/a9")
    assert (found.state, found.date_warnings) == (EventState.UNKNOWN, (DateWarning.EXPIRED,))


def test_a_date_that_is_none_is_a_record_that_cannot_be_read() -> None:
    timeline = told(make.condition("c9", "p1", onsetDateTime="last spring"))
    assert [(str(each.origin), each.why) for each in timeline.unreadable] == [("Condition/c9", "bad-date")]


# what is left out, by rule


LEFT = [
    (
        make.condition("x", "p1", verificationStatus=make.concept(STATUS, "entered-in-error")),
        Exclusion.ENTERED_IN_ERROR,
    ),
    (
        make.observation("x", "p1", "2823-3", 9, "mmol/L", "2026") | {"status": "entered-in-error"},
        Exclusion.ENTERED_IN_ERROR,
    ),
    (make.observation("x", "p1", "2823-3", 9, "mmol/L", "2026") | {"status": "registered"}, Exclusion.NEVER_HAPPENED),
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
def test_what_a_rule_leaves_out_is_counted(row: Json, rule: Exclusion) -> None:
    timeline = told(row)
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
def test_what_was_stopped_or_not_done_is_shown_as_that(row: Json, state: EventState) -> None:
    assert event(told(row), f"{row['resourceType']}/x").state is state


def test_a_preliminary_result_may_still_change() -> None:
    row = make.observation("o9", "p1", "2823-3", 4.5, "mmol/L", "2026-11-01") | {"status": "preliminary"}
    assert event(told(row), "Observation/o9").certainty is Certainty.UNCONFIRMED


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
def test_a_record_that_cannot_be_read_is_told_and_the_others_are_there(row: Json) -> None:
    timeline = told(row)
    assert [str(each.origin) for each in timeline.unreadable] == [f"{row['resourceType']}/x"]
    assert len(timeline.events) == len(told().events)


# results


def test_a_unit_nobody_knows_is_shown_as_recorded_and_refused() -> None:
    timeline = told(make.observation("o9", "p1", "59261-8", 7, "furlong", "2026-11-01"))
    found = event(timeline, "Observation/o9")
    assert (found.detail, found.results) == ("7 furlong", ())
    assert timeline.refused == {Measure.HBA1C: 1}
    assert [(str(each.origin), each.why) for each in timeline.unreadable] == [("Observation/o9", "unknown-unit")]
    assert len(timeline.series[Measure.HBA1C]) == 2


def test_a_value_in_another_unit_is_converted_and_says_so() -> None:
    timeline = told(make.observation("o9", "p1", "4548-4", 7.1, "%", "2026-11-01"))
    last = timeline.series[Measure.HBA1C][-1]
    assert (int(last.value.value), str(last.recorded.value), last.converted) == (54, "7.1", True)


def test_a_blood_pressure_is_one_event_with_two_results() -> None:
    parts = [("8480-6", 150), ("8462-4", 95)]
    component = [
        {"code": make.concept(LOINC, code), "valueQuantity": {"value": value, "unit": "mmHg"}} for code, value in parts
    ]
    panel = {"status": "final", "code": make.concept(LOINC, "85354-9"), "effectiveDateTime": "2026-11-01"}
    row = about("Observation", "bp", component=component, **panel)
    timeline = told(row)
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


def test_abnormal_by_our_limits_where_there_are_some_else_as_the_laboratory_says() -> None:
    timeline = told(
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
def test_any_value_is_told_as_recorded(value: Json, words: str) -> None:
    row = about(
        "Observation", "o9", status="final", code={"text": "Something"}, effectiveDateTime="2026-01-01", **value
    )
    assert event(told(row), "Observation/o9").detail == words


def test_a_value_without_a_day_is_listed_and_in_no_series() -> None:
    row = make.observation("o9", "p1", "59261-8", 50, "mmol/mol", "")
    timeline = told(row)
    assert (timeline.events[-1].origin.id, timeline.events[-1].detail) == ("o9", "50 mmol/mol")
    assert len(timeline.series[Measure.HBA1C]) == 2


# plan, conferences, targets


def test_each_change_to_the_plan_is_an_event_with_who_and_why() -> None:
    change = make.provenance("pv9", "Goal/g1/_history/2", "Ms Anna Lind", "2026-11-02T10:00:00+00:00")
    reason = {"reason": [{"text": "Hypoglycaemia"}], "activity": {"text": "Target relaxed"}}
    found = event(told(change | reason), "Provenance/pv9")
    assert (found.kind, found.who, found.why, found.detail) == (
        EventKind.PLAN, "Ms Anna Lind", "Hypoglycaemia", "Target relaxed",
    )  # fmt: skip
    assert (found.text, found.lanes, found.memberships[0].reason) == ("HbA1c under 53", (T2DM,), LaneReason.PART)
    assert event(told(), "Provenance/pv1").who == "Dr Jane Okafor"


def test_a_target_holds_from_its_goal_s_start_to_its_due_date() -> None:
    (target,) = told(make.goal("g1", "p1") | {"startDate": "2026-01-01"}).targets
    assert (target.measure, target.low, target.high) == (Measure.HBA1C, None, 53.0)
    assert (str(target.since), str(target.until)) == ("2026-01-01", "2027-03-31")


def test_a_goal_whose_target_cannot_be_read_keeps_its_words() -> None:
    timeline = told(make.goal("g9", "p1", unit="furlong"))
    assert event(timeline, "Goal/g9").text == "HbA1c under 53"
    assert [(str(each.origin), each.why) for each in timeline.unreadable] == [("Goal/g9", "unknown-unit")]
    assert [target.origin.id for target in timeline.targets] == ["g1"]


def test_a_conference_that_was_held_is_told_once_by_its_encounter() -> None:
    held = make.conference("a9", ["p1", "p2"], "2026-11-10T09:00:00+00:00", "fulfilled")
    met = make.encounter("e9", "p1", "2026-11-10T09:07:00+00:00") | {"appointment": [{"reference": "Appointment/a9"}]}
    timeline = told(held, met)
    assert event(timeline, "Encounter/e9").kind is EventKind.CONFERENCE
    assert timeline.excluded == {("Appointment", Exclusion.DUPLICATE): 1}
    assert str(timeline.conference) == "2026-11-10 09:07:00+00:00"


@pytest.mark.parametrize(("status", "held"), [("fulfilled", True), ("booked", False), ("noshow", False)])
def test_the_last_conference_is_one_that_took_place(status: str, held: bool) -> None:
    timeline = told(make.conference("a9", ["p1"], "2026-11-10T09:00:00+00:00", status))
    assert event(timeline, "Appointment/a9").kind is EventKind.CONFERENCE
    assert (timeline.conference is not None) is held


# how often the server is asked


def test_a_rerun_asks_nothing_and_a_write_makes_the_next_look_fresh() -> None:
    surgery = Surgery()
    first = surgery.timeline()
    surgery.server.asked.clear()
    assert surgery.timeline() is first
    assert not surgery.server.asked
    saved = surgery.server.put(make.task("t1", "p1", "Practitioner/gp", status="completed"))
    surgery.kept.apply(written_changes("http://fake.test/fhir", [saved]))
    assert event(surgery.timeline(), "Task/t1").state is EventState.DONE


def test_a_server_that_is_away_leaves_the_last_timeline_with_the_reason() -> None:
    surgery = Surgery()
    surgery.timeline()
    surgery.server.down = True
    stale = surgery.timeline(refresh=True, as_of=AS_OF + timedelta(hours=1))
    assert (bool(stale.stale), stale.fetched) == (True, AS_OF)


def test_who_leaves_the_team_sees_nothing_more() -> None:
    surgery = Surgery()
    get_worklist(surgery.server, make.user(), make.scope(), T, AS_OF, team_cache=surgery.store)
    surgery.timeline("p2")
    surgery.server.put(make.care_team("p2", ["nurse"]))
    for refresh in (True, False):
        with pytest.raises(NotFound):
            surgery.timeline("p2", refresh=refresh)
