"""The patient page, run whole on made-up answers: who it is, four allergy states, failed sections, changing patient."""

from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.record.allergy import AllergyState
from dashboard.domain.record.people import Person
from dashboard.domain.record.views import Section
from dashboard.domain.values.datatypes import PartialDate
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
        "usually for T2DM, HF, CKD, no reason recorded",
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


def test_refuted_and_wrong_problems_make_no_column(app: AppTest, answers: Answers) -> None:
    whole = samples.summary()
    problems = tuple(
        replace(each, verification_status="refuted") if "depression" in each.text else each
        for each in whole.problems.value or ()
    )
    answers.patient = lambda who: replace(whole, problems=Section(problems))
    page = opened(app)
    assert "<h2>Depression</h2>" not in page and "<h2>Heart failure</h2>" in page


def test_a_birth_year_stays_a_year(app: AppTest, answers: Answers) -> None:
    answers.patient = lambda who: samples.summary(replace(who, birth=PartialDate("1948")))
    assert "1948 (77 or 78)" in opened(app)
