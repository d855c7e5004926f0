"""The patient page, run whole on made-up answers: who it is, four allergy states, failed sections, changing patient."""

import re
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.record.allergy import AllergyState
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Direction, Measure
from dashboard.domain.record.people import Person
from dashboard.domain.record.views import Section
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.errors import Failure, ServerUnavailable
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.session import reads
from tests.pages import samples
from tests.pages.conftest import Answers, shown


def opened(app: AppTest, patient_id: str = "p123456") -> str:
    app.run()
    app.switch_page(str(navigation.PATIENT))
    app.query_params["id"] = patient_id
    return shown(app.run())


def test_who_it_is_in_the_order_of_the_guidance(app: AppTest) -> None:
    page = opened(app)
    banner = page[page.index("c3-patientbanner") :]
    places = [
        banner.index(part)
        for part in (
            "ALDOUS, Mary (Mrs)",
            "Born",
            "03-Feb-1948 (78)",
            "Gender",
            "Female",
            "NHS No.",
            "999 012 3456",
            "Known allergies",
            "Penicillin (rash, high risk)",
        )
    ]
    assert places == sorted(places)
    assert page.count('class="c3-patientbanner') == 1


def test_the_whole_story(app: AppTest) -> None:
    page = opened(app)
    for part in (
        "Type 2 diabetes",
        "NYHA II",
        "G3b",
        "Metformin 500 mg tablets",
        '<span class="c3-tag"><bdi>T2DM</bdi></span><span class="c3-tag"><bdi>HF</bdi></span>',
        "no reason recorded",
        "SGLT2 inhibitor",
        "Susan Aldous",
        "daughter",
        "Cardiologist",
        "Walk to the allotment",
        "the patient’s own",
        "Osteoarthritis",
        "1 ended medicine",
        "MDT conference",
        "3 goals",
        "2 open tasks",
        "1 overdue: Dr Sarah Whitfield",
        "148/82",
    ):
        assert part in page, part


@pytest.mark.parametrize(
    ("state", "label"),
    [
        (AllergyState.KNOWN, "Known allergies"),
        (AllergyState.NONE_KNOWN, "No known allergies"),
        (AllergyState.NOT_RECORDED, "Allergies not recorded"),
        (AllergyState.UNAVAILABLE, "Allergies unavailable"),
    ],
)
def test_allergies_always_have_one_of_four_labels(
    app: AppTest, answers: Answers, state: AllergyState, label: str
) -> None:
    answers.patient = lambda who: samples.summary(who, allergy_state=state)
    assert f"<b>{label}</b>" in opened(app)


def test_a_failed_read_is_not_shown_as_none(app: AppTest, answers: Answers) -> None:
    failed = {
        name: Section(None, Failure("server-timeout", (("reference", "r1"),)))
        for name in (
            "allergies",
            "problems",
            "results",
            "medicines",
            "team",
            "carers",
            "plan",
            "tasks",
            "contacts",
            "goals",
        )
    }
    answers.patient = lambda who: samples.summary(who, allergy_state=AllergyState.NONE_KNOWN, **failed)
    page = opened(app)
    assert "Allergies unavailable" in page and "No known allergies" not in page
    assert page.count("This could not be read.") >= 9
    assert page.count("The FHIR server did not answer in time. Try again in a minute (reference r1).") >= 9
    assert "None recorded" not in page and "No care plan" not in page and "No medicine recorded" not in page


def test_an_empty_record_says_none_of_each(app: AppTest, answers: Answers) -> None:
    empty: dict[str, Any] = {
        name: Section(())
        for name in ("allergies", "problems", "medicines", "team", "carers", "tasks", "contacts", "goals")
    }
    answers.patient = lambda who: samples.summary(
        who,
        allergy_state=AllergyState.NOT_RECORDED,
        results=Section({}),
        plan=Section(None),
        attention=(),
        checks=(),
        **empty,
    )
    page = opened(app)
    assert "No care plan" in page and "Nothing needs attention" in page and page.count("None recorded") >= 5


def test_the_dead_are_shown_in_another_way_and_with_words(app: AppTest) -> None:
    page = opened(app, "p612345")
    assert "c3-deceased" in page and "Died" in page and "18-Nov-2026 (age at death 86 or 87)" in page


def test_an_unknown_patient_is_not_found(app: AppTest) -> None:
    page = opened(app, "p999")
    assert "Not found" in page and "c3-allergyline" not in page


@pytest.mark.slow
@pytest.mark.parametrize("patient_id", ["", "<script>", "../x", "a" * 5000, "\x00"])
def test_a_hostile_id_is_a_sentence(app: AppTest, patient_id: str) -> None:
    page = opened(app, patient_id)
    assert "<script" not in page and ("Not found" in page or "No patient is chosen" in page)


def test_another_patient_leaves_nothing_of_the_one_before(app: AppTest) -> None:
    assert "ALDOUS" in opened(app)
    page = opened(app, "p223311")
    assert "BRAMHALL" in page and "ALDOUS" not in page and page.count('class="c3-patientbanner') == 1


def test_an_error_after_a_patient_leaves_nothing_of_the_patient(app: AppTest) -> None:
    opened(app)
    assert "ALDOUS" not in opened(app, "p999")


def test_an_unreachable_server_leaves_the_same_patient_with_the_age(app: AppTest, answers: Answers) -> None:
    opened(app)

    def broken(who: Person) -> Any:
        raise ServerUnavailable("server-timeout", reference="r1")

    answers.patient = broken
    page = opened(app)
    assert "ALDOUS" in page and "The server has not answered in time since" in page
    other = opened(app, "p223311")
    assert "The FHIR server cannot be reached" in other and "ALDOUS" not in other and "BRAMHALL" not in other


def test_one_users_cache_is_not_anothers(app: AppTest, answers: Answers) -> None:
    opened(app)
    last = app.session_state["page_patient"]
    assert isinstance(last, reads.PageValue) and last.scope.subject == "Practitioner/prac-sw-gp-1"
    app.selectbox(key="user_choice").select("prac-sw-nurse-1").run()
    assert app.session_state["page_patient"].scope.subject == "Practitioner/prac-sw-nurse-1"


def test_refuted_and_wrong_problems_make_no_group(app: AppTest, answers: Answers) -> None:
    whole = samples.summary()
    problems = tuple(
        replace(each, verification_status="refuted") if "depression" in each.text else each
        for each in whole.problems.value or ()
    )
    answers.patient = lambda who: replace(whole, problems=Section(problems))
    page = opened(app)
    assert "<b>Depression</b>" not in page and "<b>Heart failure</b>" in page


def test_a_birth_year_stays_a_year(app: AppTest, answers: Answers) -> None:
    answers.patient = lambda who: samples.summary(replace(who, birth=PartialDate("1948")))
    assert "1948 (77 or 78)" in opened(app)


def test_each_measurement_is_one_line_whatever_it_speaks_for(app: AppTest, answers: Answers) -> None:
    whole = samples.summary()
    pressures = tuple(
        each
        for group in (whole.results.value or {}).values()
        for each in group
        if each.measure in (Measure.SYSTOLIC, Measure.DIASTOLIC)
    )
    everywhere = {key: (*group, *pressures) for key, group in (whole.results.value or {}).items()}
    answers.patient = lambda who: replace(whole, results=Section(everywhere))
    page = opened(app)
    rows = re.findall(r'data-key="measure-(\w+)"', page)
    assert rows.count("SYSTOLIC") == 1 and "DIASTOLIC" not in rows and len(rows) == len(set(rows))
    line = re.search(r'data-key="measure-SYSTOLIC".*?</tr>', page, re.DOTALL)
    assert line and "148/82" in line[0]
    assert re.findall(r'class="c3-tag">(\w+)<', line[0]) == ["HF", "CKD"]


def test_a_diastolic_pressure_of_another_day_is_not_lost(app: AppTest, answers: Answers) -> None:
    whole = samples.summary()
    groups = dict(whole.results.value or {})
    groups[ConditionKey.HF] = tuple(
        samples.key(Measure.DIASTOLIC, ("77", "2026-05-05")) if each.measure is Measure.DIASTOLIC else each
        for each in groups[ConditionKey.HF]
    )
    answers.patient = lambda who: replace(whole, results=Section(groups))
    page = opened(app)
    assert 'data-key="measure-DIASTOLIC"' in page and "05-May-2026" in page


def test_each_mark_is_a_sign_and_a_word_and_old_values_look_old(app: AppTest, answers: Answers) -> None:
    potassium = samples.key(Measure.POTASSIUM, ("5.9", "2026-11-22"), abnormal=True)
    old = replace(samples.key(Measure.EGFR, ("40", "2023-01-01"), abnormal=True, low="45"), old=True)
    results = Section({ConditionKey.CKD: (potassium, old)})
    answers.patient = lambda who: replace(samples.summary(), results=results)
    page = opened(app)
    line = re.search(r'<tr[^>]*data-key="measure-EGFR".*?</tr>', page, re.DOTALL)
    assert line and "c3-old" in line[0] and "3 years ago" in line[0]
    assert re.findall(r"<b>(.)</b> ([\w ]+)</span>", line[0]) == [("o", "outside usual range"), ("g", "misses goal")]
    assert "60 or more" in line[0] and "45 or more" in line[0]


def test_each_medicine_is_one_line_and_says_what_its_dose_was(app: AppTest, answers: Answers) -> None:
    whole = samples.summary()
    first = next(each for each in whole.medicines.value or () if "Metformin" in each.text)
    now = replace(first, origin=Reference("MedicationRequest", "m2"), dose="2 tablets twice a day")
    now = replace(now, started=PartialDate("2026-10-23"))
    ended = replace(first, status="completed", ended=PartialDate("2026-10-23"))
    rest = tuple(each for each in whole.medicines.value or () if each is not first)
    answers.patient = lambda who: replace(whole, medicines=Section((now, ended, *rest)))
    page = opened(app)
    table = re.search(r'<table class="c3-table c3-medicines".*?</table>', page, re.DOTALL)
    assert table and table[0].count("Metformin 500 mg") == 1 and table[0].count("Dapagliflozin") == 1
    said = re.sub(r"<[^>]+>", "", table[0])
    assert "dose changed 23-Oct-2026, before: 1 tablet twice a day" in said


def test_every_part_is_one_press_away_and_stands_under_its_id_once(app: AppTest) -> None:
    page = opened(app)
    links = re.findall(r'href="#(c3-part-[^"]+)"', page)
    assert {"c3-part-CKD", "c3-part-medicines", "c3-part-goals", "c3-part-contacts", "c3-part-team"} <= set(links)
    for each in links:
        assert page.count(f'id="{each}"') == 1, each


def test_goals_that_have_ended_are_folded_and_the_patients_number_is_there(app: AppTest, answers: Answers) -> None:
    ended = replace(samples.GOALS[0], text="HbA1c under 53 by May", lifecycle_status="completed")

    def summary(person: Person) -> Any:
        called = replace(person, phones=("01632 960021",))
        return replace(samples.summary(called), goals=Section((*samples.GOALS, ended)))

    answers.patient = summary
    page = opened(app)
    fold = page[page.index("1 goal that has ended") :]
    assert "HbA1c under 53 by May" in fold
    assert "01632 960021" in page


def test_a_value_too_old_for_a_trend_is_named_all_the_same(app: AppTest, answers: Answers) -> None:
    def summary(person: Person) -> Any:
        found = samples.summary(person)
        assert found.results.value
        first = next(key for keys in found.results.value.values() for key in keys if len(key.series) > 1)
        alone = replace(first, baseline=None, direction=Direction.UNKNOWN)
        return replace(found, results=Section({ConditionKey.CKD: (alone,)}))

    answers.patient = summary
    assert re.search(r"before: [\d.]+ on \d{2}-[A-Z][a-z]{2}-\d{4}", re.sub(r"<[^>]+>", "", opened(app)))
