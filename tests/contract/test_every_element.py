"""What the record says is what every page says, on every server: one element or value set a test.

After public bug reports and example files; each test writes small records of its own.
"""

from datetime import timedelta
from typing import Any

import pytest

from dashboard.domain.record.allergy import AllergyState
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.scene import SceneRequest
from dashboard.fhir.port import FhirServer
from dashboard.ui.timeline.alt import figure_alt
from dashboard.ui.timeline.detail_html import detail_html
from dashboard.ui.timeline.figure.reading_labels import ReadingFigureLabels
from tests.contract.every_page import AT, ZONE, EveryPage, plain
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

Json = dict[str, Any]
IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
HF, CKD, DEPRESSION = "84114007", "709044004", "370143000"


@pytest.fixture
def pages(named_fhir: tuple[str, FhirServer]) -> EveryPage:
    return EveryPage(named_fhir[1])


def allergy(ident: str, code: Json) -> Json:
    clinical = make.concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active")
    return {
        "resourceType": "AllergyIntolerance",
        "id": ident,
        "patient": {"reference": "Patient/p1"},
        "clinicalStatus": clinical,
        "code": code,
    }


def statement(ident: str, code: Json, **more: Any) -> Json:
    return {
        "resourceType": "MedicationStatement",
        "id": ident,
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": code,
    } | more


def bare_condition(ident: str, code: str, **more: Any) -> Json:
    """A condition without a clinical status, so that only `more` says whether it is there."""
    row = make.condition(ident, "p1", code)
    del row["clinicalStatus"]
    return row | more


@pytest.mark.parametrize(
    ("code", "state", "label"),
    [
        (make.concept(IPS, "no-known-allergies"), AllergyState.NONE_KNOWN, "No known allergies"),
        (make.concept(make.SNOMED, "716184000", "No known latex allergy"), AllergyState.NOT_RECORDED, "not recorded"),
        ({"text": "No known drug allergies"}, AllergyState.NOT_RECORDED, "Allergies not recorded"),
        ({"text": "Inga kända allergier"}, AllergyState.NONE_KNOWN, "No known allergies"),
        (make.concept(make.SNOMED, "1631000175102"), AllergyState.NOT_RECORDED, "Allergies not recorded"),
    ],
)
def test_a_record_that_names_no_allergy_is_never_listed_as_one(
    pages: EveryPage, code: Json, state: AllergyState, label: str
) -> None:
    pages.put(allergy("a1", code))
    assert label in pages.plan_page()
    summary = pages.summary()
    assert (summary.allergy_state, summary.allergies.value) == (state, ())
    assert label in pages.patient_page() and label in pages.own_record()
    timeline = pages.timeline()
    assert (timeline.allergy_state, timeline.events) == (state, ())


def test_an_exception_to_no_known_allergies_is_an_allergy(pages: EveryPage) -> None:
    pages.put(allergy("a1", {"text": "No known allergies except penicillin"}))
    assert "Known allergies No known allergies except penicillin" in pages.patient_page()


def test_no_known_medicines_and_problems_are_sentences_and_no_rows(pages: EveryPage) -> None:
    pages.put(
        statement("s1", make.concept(IPS, "no-known-medications"), status="unknown", effectiveDateTime="2026-11-01"),
        make.condition("c1", "p1") | {"code": make.concept(IPS, "no-known-problems")},
    )
    page, own = pages.patient_page(), pages.own_record()
    assert "Other problems No known problems" in page and "Medicines No known medicines" in page
    assert "No known medicines" in own
    assert pages.row().conditions == () and pages.timeline_lines() == []


def test_no_information_about_medicines_is_not_none(pages: EveryPage) -> None:
    pages.put(statement("s1", make.concept(make.SNOMED, "182904002")))
    assert "Medicines not recorded" in pages.patient_page() and "Problems not recorded" in pages.patient_page()


@pytest.mark.parametrize(
    ("abatement", "shown"),
    [
        ({"abatementDateTime": "2019-03-01"}, "until 01-Mar-2019"),
        ({"abatementAge": {"value": 60, "unit": "a", "system": make.UCUM, "code": "a"}}, "until 60 years"),
        ({"abatementPeriod": {"start": "2018-01", "end": "2019-02"}}, "until Feb-2019"),
        (
            {"abatementRange": {"low": {"value": 55, "unit": "years"}, "high": {"value": 60, "unit": "years"}}},
            "until 55 years - 60 years",
        ),
        ({"abatementString": "after the operation"}, "until after the operation"),
        ({"clinicalStatus": {"text": "Resolved"}}, "resolved"),
    ],
)
def test_a_problem_that_abated_is_past_on_every_page(pages: EveryPage, abatement: Json, shown: str) -> None:
    goal = make.goal("g1", "p1") | {"addresses": [{"reference": "Condition/c1"}]}
    pages.put(bare_condition("c1", HF, **abatement), goal, make.plan("plan-1", "p1", ("g1",)))
    assert "HF, past" in pages.plan_page()
    page = pages.patient_page()
    assert "1 past problem" in page and shown in page
    assert pages.row().conditions == () and "CHECK_OVERDUE" not in {kind.name for kind in pages.row().reason_kinds}
    [event] = [event for event in pages.timeline().events if event.origin.type == "Condition"]
    assert event.state == "done"
    lines = " ".join(f"{line} " for line in pages.timeline_lines())
    assert shown.removeprefix("until ") in lines or "| past " in lines


@pytest.mark.parametrize(
    ("verification", "words"),
    [
        (make.concept(VERIFICATION, "provisional"), "suspected, provisional diagnosis"),
        (make.concept(VERIFICATION, "differential"), "suspected, differential diagnosis"),
        (make.concept(VERIFICATION, "unconfirmed"), "suspected, unconfirmed"),
        ({"text": "Suspected"}, "suspected, unconfirmed"),
        ({"text": "query"}, "suspected, query"),
    ],
)
def test_a_suspected_problem_carries_that_word_and_starts_no_checks(
    pages: EveryPage, verification: Json, words: str
) -> None:
    goal = make.goal("g1", "p1") | {"addresses": [{"reference": "Condition/c1"}]}
    problem = make.condition("c1", "p1", verificationStatus=verification)
    pages.put(problem, goal, make.plan("plan-1", "p1", ("g1",)))
    assert "T2DM, suspected" in pages.plan_page()
    row = pages.row()
    assert row.condition_words == (("T2DM suspected", "Type 2 diabetes, suspected"),)
    assert "CHECK_OVERDUE" not in {kind.name for kind in row.reason_kinds}
    page = pages.patient_page()
    assert f"Type 2 diabetes {words}" in page and "checks overdue" not in page
    assert sum(line.endswith("| suspected") for line in pages.timeline_lines()) == 1
    assert pages.summary().checks == ()
    window = SceneRequest(AS_OF - timedelta(days=365), AS_OF + timedelta(days=30))
    scene = arrange(pages.timeline(), window, AS_OF)
    lanes = [(lane.key, lane.suspected) for lane in scene.lanes if lane.key is not ConditionKey.OTHER]
    assert lanes == [(ConditionKey.T2DM, True)]
    assert ReadingFigureLabels(ZONE, AS_OF).stage(scene.lanes[0]) == "suspected"
    assert "Type 2 diabetes, suspected (1 entry)" in figure_alt(scene, ZONE, AS_OF)


def test_a_confirmed_problem_beside_a_suspected_one_asks_for_its_checks(pages: EveryPage) -> None:
    pages.put(
        make.condition("c1", "p1", verificationStatus=make.concept(VERIFICATION, "provisional")),
        make.condition("c2", "p1", DEPRESSION),
    )
    assert {check.condition for check in pages.summary().checks} == {ConditionKey.DEPRESSION}


# Medicines


def order(ident: str, **more: Any) -> Json:
    row = make.medicine(ident, "p1") | more
    if "medicationReference" in more:
        del row["medicationCodeableConcept"]
    if "dosageInstruction" not in more:
        del row["dosageInstruction"]
    return row


def contained(**more: Any) -> Json:
    return {"medicationReference": {"reference": "#m"}, "contained": [{"resourceType": "Medication", "id": "m"} | more]}


def ingredient(code: str, name: str, **more: Any) -> Json:
    return {"itemCodeableConcept": make.concept(make.ATC, code, name)} | more


def test_a_medicine_without_a_code_is_named_by_its_reference_or_ingredients(pages: EveryPage) -> None:
    pages.put(
        {"resourceType": "Medication", "id": "x", "ingredient": [ingredient("C03DA01", "spironolactone")]},
        order("m1", **contained(ingredient=[ingredient("B01AA03", "warfarin", isActive=True)])),
        order("m2", medicationReference={"reference": "Medication/x", "display": "Spironolactone 25 mg tablets"}),
        order("m3", **contained(form={"text": "tablet"}) | {
            "medicationReference": {"reference": "#m", "display": "Methotrexate 2.5 mg"}}),
        order("m4", medicationReference={
            "identifier": {"system": "urn:x", "value": "9"}, "display": "Digoxin 62.5 mcg"}),
        order("m5", **contained(ingredient=[
            ingredient("C09AA05", "ramipril", strength={
                "numerator": {"value": 5, "unit": "mg"}, "denominator": {"value": 1}}),
            ingredient("C03AA03", "hydrochlorothiazide"), ingredient("C07AB07", "bisoprolol", isActive=False),
        ])),
        order("m6", medicationCodeableConcept={"extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}),
    )  # fmt: skip
    names = (
        "Digoxin 62.5 mcg",
        "Methotrexate 2.5 mg",
        "ramipril 5 mg / hydrochlorothiazide",
        "Spironolactone 25 mg tablets",
        "warfarin",
    )
    summary, page, own = pages.summary(), pages.patient_page(), pages.own_record()
    assert tuple(medicine.text for medicine in summary.medicines.value or ()) == names
    assert all(name in page and name in own for name in names)
    assert "Anticoagulant warfarin" in page and "MRA Spironolactone 25 mg tablets" in page
    assert "(no code)" in page
    assert {event.text for event in pages.timeline().events} == set(names)
    by_name = {medicine.text: medicine.classes_atc for medicine in summary.medicines.value or ()}
    assert by_name["ramipril 5 mg / hydrochlorothiazide"] == ("C09AA05", "C03AA03")


def test_a_medicine_known_by_its_ingredient_counts_in_the_rules(pages: EveryPage) -> None:
    pages.put(
        {"resourceType": "Medication", "id": "x", "ingredient": [ingredient("C03DA01", "spironolactone")]},
        order("m1", medicationReference={"reference": "Medication/x"}),
        make.observation("o1", "p1", "2823-3", 5.9, "mmol/L", "2026-11-19"),
    )
    assert "on an MRA" in pages.row().reasons[0].text
    assert "on an MRA" in pages.patient_page()


def test_a_structured_dose_is_in_words_on_every_page(pages: EveryPage) -> None:
    weekly = {
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon"]}},
        "doseAndRate": [{"doseQuantity": {"value": 15, "unit": "mg", "system": make.UCUM, "code": "mg"}}],
    }
    prn = {"text": "1 tablet", "asNeededBoolean": True, "timing": {"code": {"text": "every 4 hours"}}}
    odd = {"text": "2 puffs", "timing": {"event": ["2026-05-01"]}}
    pages.put(
        order("m1", medicationCodeableConcept={"text": "Methotrexate"}, dosageInstruction=[weekly]),
        order("m2", medicationCodeableConcept={"text": "Morphine"}, dosageInstruction=[prn]),
        order("m3", medicationCodeableConcept={"text": "Salbutamol"}, dosageInstruction=[odd]),
        order("m4", medicationCodeableConcept={"text": "Colchicine"}),
    )
    page, own, timeline = pages.patient_page(), pages.own_record(), " ".join(pages.timeline_lines())
    for words in ("15 mg once a week on Monday", "1 tablet, every 4 hours, as needed"):
        assert words in page and words in own and words in timeline
    assert "2 puffs, part of the dose is only in the record" in page and "more in the record" in page
    assert "part of the dose is only in the record" in own
    assert "Colchicine dose not recorded" in page and "how to take it is not recorded" in own


def test_a_medicine_whose_time_is_over_shows_the_end_and_the_doubt(pages: EveryPage) -> None:
    bounds = {"text": "one three times daily", "timing": {"repeat": {"boundsPeriod": {"end": "2026-05-09"}}}}
    dispensing = {"validityPeriod": {"start": "2026-05-02", "end": "2026-05-16"}}
    pages.put(
        statement("s1", {"text": "Prednisolone"}, effectivePeriod={"start": "2026-01-01", "end": "2026-01-07"}),
        statement("s2", {"text": "Dalteparin"}, effectivePeriod={"start": "2026-11-20", "end": "2026-12-20"}),
        order("m1", medicationCodeableConcept={"text": "Amoxicillin"}, dosageInstruction=[bounds]),
        order("m2", medicationCodeableConcept={"text": "Colchicine"}, dispenseRequest=dispensing),
    )
    over = "its time is over, and the record still says that it goes on"
    for page in (pages.patient_page(), pages.own_record()):
        assert f"until 07-Jan-2026: {over}" in page and f"until 09-May-2026: {over}" in page
        assert f"may be dispensed until 16-May-2026: {over}" in page
        assert "until 20-Dec-2026" in page and f"until 20-Dec-2026: {over}" not in page
    doubtful = {event.text for event in pages.timeline().events if "still-active" in event.date_warnings}
    assert doubtful == {"Prednisolone", "Amoxicillin"}


def test_what_is_not_to_be_given_reads_so_and_counts_as_no_medicine(pages: EveryPage) -> None:
    pages.put(
        make.condition("c1", "p1", HF),
        order("m1", medicationCodeableConcept=make.concept(make.ATC, "M01AE01", "ibuprofen"), doNotPerform=True),
        statement("s1", make.concept(make.ATC, "A10BA02", "metformin"), status="not-taken"),
    )
    page, own = pages.patient_page(), pages.own_record()
    assert "Not to be given: ibuprofen" in page and "Not to be given: ibuprofen" in own
    assert "metformin not taken" in page and "metformin" not in own
    assert not any("NSAID" in reason.text for reason in pages.row().reasons) and "NSAID in heart failure" not in page
    assert all(line.endswith("| not done") for line in pages.timeline_lines() if line.startswith(("ibu", "metf")))


# Units and scores


def lab(ident: str, loinc: str, value: float, unit: str = "", **coded: str) -> Json:
    row = make.observation(ident, "p1", loinc, value, "", "2026-11-18")
    row["valueQuantity"] = {"value": value} | ({"unit": unit} if unit else {}) | coded
    return row


def test_units_as_laboratories_write_them_are_one_value_on_every_page(pages: EveryPage) -> None:
    pages.put(
        make.condition("c1", "p1"),
        lab("o1", "4548-4", 7.3, "% of total Hgb"),
        lab("o2", "98979-8", 64, "mL/min/1.73 sq M"),
        lab("o3", "2160-0", 1.4, "MG/DL"),
        lab("o4", "2951-2", 139, "MEQ/L"),
        lab("o5", "9318-7", 36, "mg/g creat"),
        lab("o6", "29463-7", 180, "lbs"),
        lab("o7", "39156-5", 31, "kg/m^2"),
        lab("o8", "44261-6", 14),
    )
    expected = {
        "HBA1C": "56", "EGFR": "64", "CREATININE": "124", "SODIUM": "139", "UACR": "4.1", "WEIGHT": "81.6",
        "BMI": "31", "PHQ9": "14",
    }  # fmt: skip
    on_page = {key.measure.name: key for group in (pages.summary().results.value or {}).values() for key in group}
    rows = pages.worklist().rows
    in_row = {measure.name: key for measure, key in rows.iloc[0]["results"].items()}
    series = {measure.name: found for measure, found in pages.timeline().series.items()}
    assert {name: str(key.latest.value.value) for name, key in on_page.items()} == expected
    assert {name: str(key.latest.value.value) for name, key in in_row.items()} == expected
    assert {name: str(found[-1].value.value) for name, found in series.items()} == expected
    assert pages.summary().unreadable == ()


def test_a_clearance_that_is_not_normalised_is_no_egfr_and_is_named(pages: EveryPage) -> None:
    pages.put(make.condition("c1", "p1", CKD), lab("o1", "33914-3", 61, "mL/min"))
    assert pages.summary().results.value == {ConditionKey.CKD: ()}
    assert [part.why for part in pages.summary().unreadable] == ["unknown-unit"]
    assert "unknown unit" in pages.patient_page()
    assert [part.why for part in pages.worklist().unreadable] == ["unknown-unit"]
    assert "61 mL/min" in pages.timeline_lines()[-1] and pages.timeline().series == {}


@pytest.mark.parametrize("coded", [{}, {"unit": "points"}, {"unit": "{score}"}, {"code": "1", "system": make.UCUM}])
def test_a_score_needs_no_unit(pages: EveryPage, coded: dict[str, str]) -> None:
    pages.put(make.condition("c1", "p1", DEPRESSION), lab("o1", "44261-6", 24, **coded))
    assert "more severe depression" in pages.row().reasons[0].text
    assert "PHQ-9" in pages.patient_page() and "24" in pages.patient_page()


# Contacts, plans and goals

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def encounter(ident: str, status: str, kind: str, **more: Any) -> Json:
    return {
        "resourceType": "Encounter",
        "id": ident,
        "status": status,
        "class": {"system": ACT, "code": kind},
        "subject": {"reference": "Patient/p1"},
    } | more


def test_somebody_in_hospital_without_a_date_is_first_among_the_contacts(pages: EveryPage) -> None:
    pages.put(
        encounter("e1", "finished", "AMB", type=[{"text": "Clinic"}], period={"start": "2026-11-18"}),
        encounter("e2", "in-progress", "IMP", reasonCode=[{"text": "Acute heart failure"}]),
        encounter("e3", "in-progress", "IMP", period={"start": "2026-11-19T08:00:00Z"}),
        encounter("e4", "finished", "AMB", type=[{"text": "Old clinic"}], statusHistory=[
            {"status": "finished", "period": {"start": "2026-11-01", "end": "2026-11-01"}}]),
        encounter("e5", "arrived", "AMB", type=[{"text": "Waiting room"}], period={"start": "2026-11-20"}),
    )  # fmt: skip
    lines = [(line.ongoing, str(line.when or "")[:10]) for line in pages.summary().contacts.value or ()]
    assert lines == [
        (True, ""), (True, "2026-11-20"), (True, "2026-11-19"), (False, "2026-11-18"), (False, "2026-11-01"),
    ]  # fmt: skip
    for page in (pages.patient_page(), pages.own_record()):
        assert "Inpatient stay Acute heart failure in hospital now, since: not recorded" in page
        assert "in hospital now, since 19-Nov-2026" in page and "there now, since 20-Nov-2026" in page
    assert any("now, since: not recorded" in line for line in pages.timeline_lines())


def test_what_a_plan_says_itself_is_on_every_page(pages: EveryPage) -> None:
    inside = {
        "resourceType": "Goal",
        "id": "g",
        "lifecycleStatus": "active",
        "description": {"text": "HbA1c under 53 within six months"},
        "subject": {"reference": "Patient/p1"},
        "achievementStatus": {"text": "In progress"},
        "target": [{
            "measure": make.concept(make.LOINC, "4548-4"), "dueDate": "2026-12-24",
            "detailQuantity": {"value": 53, "comparator": "<", "code": "mmol/mol", "system": make.UCUM},
        }],
    }  # fmt: skip
    screening = {
        "kind": "ServiceRequest",
        "code": {"text": "Retinal screening"},
        "status": "scheduled",
        "scheduledPeriod": {"start": "2026-12-01", "end": "2026-12-15"},
        "description": "Book with the eye clinic",
    }
    walking = {"code": {"text": "Walking group"}, "status": "in-progress", "scheduledString": "twice a week"}
    words_of_the_plan = '<div xmlns="http://www.w3.org/1999/xhtml"><p>Eats &amp; walks</p></div>'
    pages.put(
        make.plan("plan-1", "p1")
        | {
            "contained": [inside],
            "goal": [{"reference": "#g"}],
            "note": [{"text": "Prefers telephone contact"}],
            "text": {"status": "additional", "div": words_of_the_plan},
            "activity": [
                {"detail": screening},
                {"detail": {"code": {"text": "Stop ibuprofen"}, "status": "in-progress", "doNotPerform": True}},
                {
                    "detail": walking,
                    "outcomeCodeableConcept": [{"text": "Lost 4 kg"}],
                    "progress": [{"time": "2026-10-02", "text": "Walks 30 minutes a day"}],
                },
            ],
        },
        make.observation("o1", "p1", "4548-4", 62, "mmol/mol", "2026-11-01"),
    )
    for page in (pages.patient_page(), pages.own_record(), pages.plan_page()):
        for words in (
            "Retinal screening Book with the eye clinic Scheduled 01-Dec-2026 - 15-Dec-2026",
            "Not to be done: Stop ibuprofen",
            "Walking group Lost 4 kg; 02-Oct-2026: Walks 30 minutes a day In progress twice a week",
            "Prefers telephone contact",
            "Eats &amp; walks",
            "HbA1c under 53 within six months",
            "by 24-Dec-2026",
        ):
            assert words in page, words
    assert "1 goal, 0 on track" in pages.patient_page() and "In progress" in pages.own_record()
    assert "HbA1c below 53 mmol/mol 62 mmol/mol" in pages.plan_page() and "noted: In progress" in pages.plan_page()
    [key] = [key for group in (pages.summary().results.value or {}).values() for key in group]
    assert key.target is not None and key.target.high is not None and str(key.target.high.value) == "53"
    timeline = " ".join(pages.timeline_lines())
    assert "HbA1c under 53 within six months" in timeline
    assert "Retinal screening; not to be done: Stop ibuprofen; Walking group" in timeline


@pytest.mark.parametrize(("code", "on_track"), [("in-progress", 0), ("improving", 1), ("worsening", 0)])
def test_in_progress_is_not_on_track(pages: EveryPage, code: str, on_track: int) -> None:
    achieved = make.concept("http://terminology.hl7.org/CodeSystem/goal-achievement", code)
    pages.put(make.goal("g1", "p1") | {"achievementStatus": achieved}, make.plan("plan-1", "p1", ("g1",)))
    word = code.replace("-", " ").capitalize()
    assert f"1 goal, {on_track} on track" in pages.patient_page()
    assert word in pages.patient_page() and word in pages.own_record() and f"noted: {word}" in pages.plan_page()


def test_a_goal_that_is_on_hold_says_so_whatever_was_achieved(pages: EveryPage) -> None:
    goal = make.goal("g1", "p1") | {"lifecycleStatus": "on-hold", "achievementStatus": {"text": "going well"}}
    pages.put(goal, make.plan("plan-1", "p1", ("g1",)))
    assert "On hold, noted: going well" in pages.patient_page() and "On hold, going well" in pages.own_record()
    assert "On hold, noted: going well" in pages.plan_page()


# What a plan refers to


def plan_of(*activities: str, **more: Any) -> Json:
    parts = [{"reference": {"reference": each, "display": f"Display of {each}"}} for each in activities]
    plan = make.plan("plan-1", "p1")
    del plan["goal"]
    return plan | {"activity": parts} | more


def booking(status: str = "booked", start: str = "2026-12-01T10:00:00Z", **more: Any) -> Json:
    row = {"resourceType": "Appointment", "id": "a1", "status": status, "description": "Foot clinic"}
    times = {"start": start, "end": start.replace(":00:", ":30:")}
    return row | times | {"participant": [{"actor": {"reference": "Patient/p1"}, "status": "accepted"}]} | more


def test_what_a_plan_refers_to_is_in_it_once_by_the_name_of_its_own_record(pages: EveryPage) -> None:
    names = ("MedicationRequest/m1", "Appointment/a1", "Task/t1")
    pages.put(order("m1"), booking(), make.task("t1", "p1", "Practitioner/gp"), plan_of(*names))
    page = pages.plan_page()
    assert "Display of" not in page and "Written in the plan itself" not in page
    for words in ("metformin", "Foot clinic, 01-Dec-2026", "Check the dose"):
        assert page.count(words) == 1, page


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"status": "on-hold"}, "Prescription, on hold"),
        ({"status": "stopped"}, "1 goal or activity that has ended Prescription ibuprofen stopped"),
        ({"status": "completed"}, "1 goal or activity that has ended Prescription ibuprofen ended"),
        ({"doNotPerform": True}, "Not to be given: ibuprofen"),
        (
            {"dispenseRequest": {"validityPeriod": {"end": "2026-05-16"}}},
            "may be dispensed until 16-May-2026: its time is over",
        ),
    ],
)
def test_a_medicine_of_a_plan_says_in_which_state_it_is(pages: EveryPage, more: Json, words: str) -> None:
    name = make.concept(make.ATC, "M01AE01", "ibuprofen")
    pages.put(order("m1", medicationCodeableConcept=name, **more), plan_of("MedicationRequest/m1"))
    assert words in pages.plan_page()


def test_a_dose_that_is_not_in_words_is_not_left_out_in_a_plan(pages: EveryPage) -> None:
    odd = {"text": "2 puffs", "timing": {"event": ["2026-05-01"]}}
    pages.put(order("m1", dosageInstruction=[odd]), plan_of("MedicationRequest/m1"))
    assert "2 puffs, part of the dose is only in the record" in pages.plan_page()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (booking(), "Also to be done 1 in the list Foot clinic, 01-Dec-2026"),
        (booking("cancelled"), "has ended Appointment Foot clinic, 01-Dec-2026 cancelled"),
        (booking("noshow"), "has ended Appointment Foot clinic, 01-Dec-2026 nobody came"),
        (booking(start="2026-11-02T10:00:00Z"), "has ended Appointment Foot clinic, 02-Nov-2026 over"),
        (booking("pending"), "Appointment, not confirmed by all"),
    ],
)
def test_an_appointment_of_a_plan_says_whether_it_takes_place(pages: EveryPage, row: Json, words: str) -> None:
    pages.put(row, plan_of("Appointment/a1"))
    assert words in pages.plan_page()


def test_an_order_not_to_do_something_says_so_in_the_plan(pages: EveryPage) -> None:
    forbidden = {
        "resourceType": "ServiceRequest", "id": "s1", "status": "active", "intent": "order", "doNotPerform": True,
        "code": {"text": "Blood pressure on the left arm"}, "subject": {"reference": "Patient/p1"},
    }  # fmt: skip
    pages.put(forbidden, plan_of("ServiceRequest/s1"))
    assert "Not to be done : Blood pressure on the left arm".replace(" :", ":") in pages.plan_page()


def test_a_plan_that_is_only_proposed_says_so(pages: EveryPage) -> None:
    team = [{"reference": "CareTeam/ct-p1-org-1"}]
    pages.put(order("m1"), plan_of("MedicationRequest/m1", intent="proposal", careTeam=team))
    assert "a proposal, not agreed" in pages.plan_page()


# Questionnaires and modifiers


def test_the_answers_of_a_questionnaire_are_in_its_details_however_deep_and_not_in_a_room(pages: EveryPage) -> None:
    inner = {"linkId": "1.1.1", "text": "Which?", "answer": [{"valueString": "Ramipril"}]}
    group = {
        "linkId": "1",
        "text": "Medicines",
        "item": [
            {"linkId": "1.1", "text": "Any trouble?", "answer": [{"valueBoolean": True, "item": [inner]}]},
            {"linkId": "1.2", "answer": [{"valueCoding": {"code": "LA6569-3", "display": "Several days"}}]},
            {"linkId": "1.3", "text": "Weight", "answer": [{"valueQuantity": {"value": 82, "unit": "kg"}}]},
            {"linkId": "1.4", "text": "Days", "answer": [{"valueInteger": 3}, {"valueDecimal": 4.5}]},
        ],
    }
    pages.put(
        {
            "resourceType": "QuestionnaireResponse",
            "id": "q1",
            "status": "completed",
            "questionnaire": "http://example.org/Questionnaire/check-in",
            "subject": {"reference": "Patient/p1"},
            "authored": "2026-11-18",
            "item": [group],
        }
    )
    detail = pages.event("QuestionnaireResponse/q1")
    assert [(each.depth, each.question, each.answer) for each in detail.answers] == [
        (0, "Medicines", ""),
        (1, "Any trouble?", "yes"),
        (2, "Which?", "Ramipril"),
        (1, "1.2", "Several days"),
        (1, "Weight", "82 kg"),
        (1, "Days", "3, 4.5"),
    ]
    assert "Which? Ramipril" in plain(detail_html(detail.event, detail, "", [], AT))


@pytest.mark.parametrize(
    "more",
    [
        {"modifierExtension": [{"url": "http://example.org/negated", "valueBoolean": True}]},
        {"implicitRules": "http://example.org/rules"},
        {"reaction": [{"modifierExtension": [{"url": "http://example.org/x"}], "manifestation": [{"text": "rash"}]}]},
    ],
)
def test_a_record_with_a_modifier_that_nobody_knows_is_named_and_not_read(pages: EveryPage, more: Json) -> None:
    pages.put(allergy("a1", {"text": "Penicillin"}) | more)
    summary = pages.summary()
    assert summary.allergy_state is AllergyState.UNAVAILABLE
    assert [part.why for part in summary.unreadable] == ["modifier"]
    assert "a modifier that is not understood" in pages.patient_page() and "Penicillin" not in pages.patient_page()
    assert [part.why for part in pages.timeline().unreadable] == ["modifier"]
    assert "Allergies unavailable" in pages.plan_page() and "Penicillin" not in pages.plan_page()
