"""The page of recommendations, run whole on made-up answers: its cards, what is missing, its states, its buttons."""

import html as escaping
import re

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.guidelines.evaluate import Outcome
from dashboard.domain.guidelines.recommendations import RulesInForce
from dashboard.errors import ServerUnavailable
from dashboard.queries.get_recommendations import FACT_TYPES
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.session import session
from tests.pages import recommendation_samples as told
from tests.pages import samples
from tests.pages.conftest import Answers, shown
from tests.pages.test_break_glass import GRANT
from tests.unit import people_and_teams as make

PATIENT = samples.ALDOUS.id
STOP = "Stop metformin: the eGFR is under 30"
ITEM_9 = "25-phq-9/item-9"


def opened(app: AppTest, patient_id: str = PATIENT) -> str:
    app.run()
    app.switch_page(str(navigation.RECOMMENDATIONS))
    app.query_params["id"] = patient_id
    return shown(app.run())


def cards(page: str) -> list[str]:
    """The keys of the cards that apply, in their order."""
    return re.findall(r'data-finding="([^"]+)"', page)


def press(app: AppTest, do: str, **values: str) -> None:
    """What a press on a button of the page asks of the run that follows."""
    app.session_state["recommendations_asked"] = (PATIENT, do, next(iter(values.values())))


def words(page: str) -> str:
    return re.sub(r"\s+", " ", escaping.unescape(re.sub(r"<[^>]+>", " ", page)))


def test_who_it_is_and_the_ways_to_the_other_pages(app: AppTest) -> None:
    page = opened(app)
    assert "ALDOUS, Mary (Mrs)" in page and 'aria-current="page">Recommendations<' in page
    for address in ("patient", "timeline", "care_plan"):
        assert f'href="{address}?id={PATIENT}"' in page


@pytest.mark.parametrize("page", [navigation.PATIENT, navigation.TIMELINE, navigation.CARE_PLAN])
def test_the_other_pages_lead_here(app: AppTest, page: object) -> None:
    app.run()
    app.switch_page(str(page))
    app.query_params["id"] = PATIENT
    assert f'href="recommendations?id={PATIENT}"' in shown(app.run())


def test_a_card_says_what_from_which_facts_and_from_where(app: AppTest) -> None:
    page = opened(app)
    card = page[page.index('data-finding="03-metformin-kidney/stop"') :]
    card = card[: card.index("data-finding=", 1)]
    said = words(card)
    for part in (
        "Critical", STOP, "metformin, 500 mg twice a day", "since 01-May-2020", "eGFR 28 mL/min/1.73 m²", "20-Nov-2026",
        "Suggests", "Source", "NICE NG28", "Draft: no clinician has reviewed this rule", "rule 3, version 0.1.0",
    ):  # fmt: skip
        assert part in said, part
    assert 'href="https://www.nice.org.uk/guidance/ng28" target="_blank" rel="noopener noreferrer"' in card
    assert f'href="timeline?id={PATIENT}&amp;at=Observation/o1"' in card


def test_the_most_urgent_come_first_and_no_more_than_five_before_more(app: AppTest) -> None:
    page = opened(app)
    tones = re.findall(r'class="c3-rec c3-rec-(\w+)"', page)
    assert tones == sorted(tones, key=["critical", "warning", "info"].index) and len(tones) > 5
    before = page[: page.index('data-key="cards-more"')]
    assert len(cards(before)) == 5
    assert f"{len(tones)} recommendations" in page and f"{len(tones) - 5} more recommendation" in page


def test_what_cannot_be_said_stands_under_the_fact_that_is_missing(app: AppTest) -> None:
    page = opened(app)
    missing = page[page.index("c3-recmissing") :]
    said = words(missing)
    assert "Cannot say, because something is missing" in said and "not recorded" in said
    assert 'data-fact="lvef"' in missing and "LVEF" in said and "recommendations wait for it" in said
    found = told.recommendations()
    waiting = {each.advice.summary for each in found.of(Outcome.CANNOT_SAY)}
    assert all(escaping.escape(each, quote=False) in missing for each in waiting)


def test_a_press_orders_the_check_that_is_missing(app: AppTest, answers: Answers) -> None:
    opened(app)
    press(app, "order", fact="lvef")
    app.run()
    fields = {each.label: each.value for each in (*app.text_input, *app.text_area)}
    assert fields["What is to be done"] == "Arrange: LVEF"
    assert "LVEF: not recorded" in fields["Why it is asked for (the team sees it)"]


def test_a_press_makes_a_task_of_a_card(app: AppTest, answers: Answers) -> None:
    opened(app)
    press(app, "add", card="03-metformin-kidney/stop")
    app.run()
    fields = {each.label: each.value for each in (*app.text_input, *app.text_area)}
    assert "metformin" in fields["What is to be done"].lower()
    assert STOP in fields["Why it is asked for (the team sees it)"]
    assert "eGFR 28 mL/min/1.73 m²" in fields["Why it is asked for (the team sees it)"]


def test_a_card_that_is_gone_and_a_fact_that_is_known_open_nothing(app: AppTest) -> None:
    opened(app)
    for do, value in (("add", "no/such"), ("order", "egfr")):
        press(app, do, of=value)
        app.run()
        assert not [each for each in app.text_input if each.label == "What is to be done"]


def test_what_could_not_be_read_is_said_and_nothing_is_none_for_it(app: AppTest, answers: Answers) -> None:
    whole = set(cards(opened(app)))
    for kind in FACT_TYPES:
        answers.recommendations = lambda who, kind=kind: told.recommendations(who, without=(kind,))
        page = opened(app)
        assert "Not read in full" in page, kind
        # The days since a check are then only known to be no more than they were.
        assert set(cards(page)) <= whole, kind
        assert "No rule applies" not in page


def test_nothing_read_is_no_answer(app: AppTest, answers: Answers) -> None:
    answers.recommendations = lambda who: told.recommendations(who, without=FACT_TYPES)
    page = opened(app)
    assert cards(page) == [] and "Nobody can say whether a rule applies" in page
    assert "Order check" not in page  # a record that was not read is read again, not ordered


def test_no_recommendation_says_why(app: AppTest, answers: Answers) -> None:
    answers.recommendations = lambda who: told.recommendations(who, in_force=RulesInForce())
    assert "No guideline rule is in force." in opened(app)
    died = next(each for each in samples.PEOPLE if each.deceased)
    answers.recommendations = told.recommendations
    page = opened(app, died.id)
    assert "The patient has died: no rule is asked." in page and cards(page) == []
    healthy = RulesInForce(
        tuple(rule for rule in told.recommendations().in_force.rules if rule.id == "14-ace-and-arb"),
        told.recommendations().in_force.facts,
    )
    answers.recommendations = lambda who: told.recommendations(who, in_force=healthy)
    page = opened(app)
    assert "No rule applies to what is recorded." in page and "does not apply" in page


def test_an_answer_to_a_single_question_is_kept_from_a_shared_screen(app: AppTest) -> None:
    assert ITEM_9 in cards(opened(app))
    app.session_state[session.SHARED_SCREEN] = True
    shared = opened(app)
    assert ITEM_9 not in cards(shared) and "item 9" not in shared.lower()
    assert "what rests on the answer to a single question is not shown" in shared


def test_old_records_and_left_out_files_are_said(app: AppTest, answers: Answers) -> None:
    found = told.recommendations()
    in_force = RulesInForce(found.in_force.rules, found.in_force.facts, left_out=2)
    answers.recommendations = lambda who: told.recommendations(who, in_force=in_force, stale="server-timeout")
    page = opened(app)
    assert "2 files of the guideline rules have a problem" in page
    assert "The server has not answered in time since" in page


def test_emergency_access_is_for_reading(app: AppTest, answers: Answers) -> None:
    answers.recommendations = lambda who: told.recommendations(who, emergency_access=GRANT)
    page = opened(app)
    assert cards(page) and "Add task" not in page and "Order check" not in page


def test_a_server_that_is_away_and_a_patient_who_is_nobody(app: AppTest, answers: Answers) -> None:
    def away(who: object) -> object:
        raise ServerUnavailable("server-timeout", reference="r1")

    answers.recommendations = away
    page = opened(app)
    assert cards(page) == [] and "The FHIR server cannot be reached" in page and "ALDOUS" not in page
    assert "ALDOUS" not in opened(app, "nobody")


def test_an_unknown_birth_date_is_said_in_words(app: AppTest, answers: Answers) -> None:
    nobody = next(each for each in samples.PEOPLE if each.birth is None)
    page = opened(app, nobody.id)
    assert "not recorded" in words(page)


def test_a_medicine_without_a_known_substance_is_named(app: AppTest, answers: Answers) -> None:
    unknown = make.medicine("m9", "p1", medicationCodeableConcept={"text": "Green tablets"})
    answers.recommendations = lambda who: told.recommendations(who, unknown)
    said = words(opened(app))
    assert "nobody can tell of a medicine whose substance is not known (Green tablets" in said


def summary(app: AppTest) -> str:
    app.run()
    app.switch_page(str(navigation.PATIENT))
    app.query_params["id"] = PATIENT
    page = shown(app.run())
    return words(page[page.index('class="c3-adviceline') :][:900])


def test_the_summary_says_how_many_apply_and_the_most_urgent_one(app: AppTest, answers: Answers) -> None:
    n = len(told.recommendations().of(Outcome.APPLIES))
    said = summary(app)
    assert f"{n} recommendations" in said and STOP in said and "(draft)" in said
    answers.recommendations = lambda who: told.recommendations(who, without=("Condition",))
    assert "not everything could be read" in summary(app)
    answers.recommendations = lambda who: told.recommendations(who, in_force=RulesInForce())
    assert "No recommendation of a guideline" in summary(app)


def test_a_summary_without_recommendations_is_a_summary_all_the_same(app: AppTest, answers: Answers) -> None:
    def away(who: object) -> object:
        raise ServerUnavailable("server-timeout", reference="r1")

    answers.recommendations = away
    assert "Recommendations: not known now" in summary(app)


def listed(app: AppTest, **params: str) -> str:
    app.query_params.clear()
    for name, value in params.items():
        app.query_params[name] = value
    return shown(app.run())


def test_the_worklist_is_filtered_by_recommendations(app: AppTest) -> None:
    any_of_them, grave = listed(app, advice="any"), listed(app, advice="grave")
    assert "ALDOUS" in any_of_them and "BRAMHALL" in any_of_them and "OKONKWO" not in any_of_them
    assert "ALDOUS" in grave and "BRAMHALL" not in grave
    # Of whom nobody knows yet is said, not hidden.
    assert "The rules are still being asked for 5 patients" in grave
    assert "recommendation: critical or warning" in grave
    choices = app.selectbox(key="w_advice").options
    assert choices == ["With or without", "with recommendations (2)", "recommendation: critical or warning (1)"]
    assert "OKONKWO" in listed(app, advice="nonsense")


def test_a_worklist_whose_recommendations_cannot_be_read_says_so(app: AppTest, answers: Answers) -> None:
    def away() -> object:
        raise ServerUnavailable("server-timeout", reference="r1")

    answers.team_recommendations = away
    assert "ALDOUS" in listed(app)
    assert "Recommendations could not be read: this filter shows nobody." in listed(app, advice="any")
