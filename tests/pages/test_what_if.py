"""The what-if panel of the page of recommendations: which cards would come and go, and that nothing is saved."""

from streamlit.testing.v1 import AppTest

from dashboard.domain.risk.score import RiskKey
from dashboard.ui.session import session
from tests.pages import recommendation_samples as told
from tests.pages.conftest import Answers, shown
from tests.pages.test_recommendations_page import PATIENT, STOP, cards, opened, words


def supposed(app: AppTest) -> str:
    page = shown(app)
    return words(page[page.index('class="c3-whatif"') :].partition('class="c3-recs"')[0])


def test_what_if_says_which_cards_come_and_go_and_saves_nothing(app: AppTest, answers: Answers) -> None:
    before = cards(opened(app))
    asked = len(answers.asked)
    app.multiselect(key=f"rec_if_measures-{PATIENT}").select("EGFR").run()
    assert "c3-whatif" not in shown(app)  # nothing typed, nothing supposed
    app.text_input(key=f"rec_if_value-EGFR-{PATIENT}").input("62").run()
    said = supposed(app)
    assert "Supposed, and not saved: eGFR 62 mL/min/1.73 m²" in said and "would go" in said and STOP in said
    app.multiselect(key=f"rec_if_begun-{PATIENT}").select("arb").run()
    app.multiselect(key=f"rec_if_stopped-{PATIENT}").select("metformin").run()
    said = supposed(app)
    assert "begun" in said and "metformin stopped" in said and "would come" in said
    assert cards(shown(app)) == before and not answers.done
    assert set(answers.asked[asked:]) <= {PATIENT}


def test_a_medicine_is_found_by_its_name_and_only_what_is_taken_can_be_stopped(app: AppTest, answers: Answers) -> None:
    opened(app)
    begun, stopped = (app.multiselect(key=f"rec_if_{name}-{PATIENT}") for name in ("begun", "stopped"))
    [nsaid] = [each for each in begun.options if "ibuprofen" in each]
    assert nsaid == "an NSAID or a COX-2 inhibitor (ibuprofen, naproxen, diclofenac, celecoxib)"
    assert "saxagliptin or alogliptin" in begun.options  # substances themselves
    assert stopped.options == ["metformin", "an ACE inhibitor (ramipril)"]
    stopped.select("metformin").run()
    assert "metformin stopped" in supposed(app)
    # Somebody stops it meanwhile.
    answers.recommendations = lambda who: told.recommendations(who, without=("MedicationRequest",))
    assert "c3-whatif" not in shown(app.run()) and not app.exception


def test_what_if_takes_no_words_for_a_number_and_no_choice_that_was_not_offered(app: AppTest) -> None:
    opened(app)
    app.multiselect(key=f"rec_if_measures-{PATIENT}").select("EGFR").run()
    app.text_input(key=f"rec_if_value-EGFR-{PATIENT}").input("many").run()
    assert app.error and "c3-whatif" not in shown(app)


def test_what_is_supposed_of_one_is_not_supposed_of_another(app: AppTest) -> None:
    opened(app)
    app.multiselect(key=f"rec_if_begun-{PATIENT}").select("arb").run()
    assert "c3-whatif" in shown(app)
    assert "c3-whatif" not in opened(app, "p223311")


def test_a_shared_screen_supposes_nothing_of_single_answers_either(app: AppTest) -> None:
    app.session_state[session.SHARED_SCREEN] = True
    opened(app)
    app.multiselect(key=f"rec_if_measures-{PATIENT}").select("PHQ9").run()
    app.text_input(key=f"rec_if_value-PHQ9-{PATIENT}").input("20").run()
    assert "item 9" not in supposed(app).lower()


def test_the_scores_of_risk_stand_with_what_they_are_made_of_and_their_sources(app: AppTest, answers: Answers) -> None:
    page = opened(app)
    said = words(page[page.index('class="c3-risks"') :])
    assert "Drafts: no clinician has signed how a record answers them." in said
    for key in RiskKey:
        assert f'data-risk="{key}"' in page
    assert "not valid for this person, because it is of people up to 69 years" in said
    assert "not known, for want of" in said and 'href="https://doi.org/10.1056/NEJMoa2102953"' in page
    answers.recommendations = lambda who: told.recommendations(who, without=("MedicationRequest",))
    page = opened(app)
    row = page[page.index('data-risk="medicines"') :]
    assert "not known, for want of: Medicines" in words(row)
