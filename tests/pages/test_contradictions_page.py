"""Contradictions between guidelines on the page of recommendations: both sides, the decision, and its return."""

import html as escaping
import re
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.actions.save import Saved
from dashboard.domain.guidelines.reconciliation import Way
from dashboard.domain.record.views import Section
from dashboard.errors import Failure, VersionConflict
from dashboard.ui.session import recommendations as reads
from tests.pages import recommendation_samples as told
from tests.pages import samples
from tests.pages.conftest import Answers, shown
from tests.pages.inputs import CLASH, CLASH_BACK, CLASH_THIRD
from tests.pages.test_recommendations_page import opened, summary
from tests.unit import people_and_teams as make

PATIENT = samples.ALDOUS.id


def clash(app: AppTest, answers: Answers, **changed: Any) -> str:
    answers.recommendations = lambda who: replace(told.clash(**changed), person=who)
    return opened(app)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", escaping.unescape(re.sub(r"<[^>]+>", " ", page)))


def test_the_summary_counts_what_nobody_has_decided(app: AppTest, answers: Answers) -> None:
    def line(**changed: Any) -> str:
        answers.recommendations = lambda who: replace(told.clash(**changed), person=who)
        return summary(app)

    assert "Guidelines contradict each other in 1 thing" in line()
    _, _, record = told.decided_page()
    assert "contradict" not in line(reconciled=Section((record,)))


def part(page: str, target: str) -> str:
    """The card about one target."""
    return words(re.split(r'data-contradiction="|<h2', page[page.index(f'data-contradiction="{target}"') + 20 :])[0])


def test_both_sides_are_shown_with_their_facts_and_sources_over_the_cards(app: AppTest, answers: Answers) -> None:
    page = clash(app, answers)
    assert page.index("Guidelines contradict each other in 1 thing") < page.index('data-finding="')
    short, said = part(page, "potassium").split("Both sides with their facts and sources")
    assert "LVEF" not in short and "Source" not in short  # who stands where, at a glance
    more, less = short.index("More of it, or leave it as it is"), short.index("Less of it")
    assert (
        more < short.index("Followed already: Start an ACE inhibitor") < less < short.index("Potassium is 6.0 mmol/L")
    )
    assert "; and 1 more" in short or "; and 2 more" in short
    assert "Critical" in short and "Potassium in the blood" in short
    more, less = said.index("More of it, or leave it as it is"), said.index("Less of it")
    assert more < said.index("Followed already: Start an ACE inhibitor") < said.index("LVEF 35%") < less
    assert said.index("ramipril", more) < less < said.index("Potassium is 6.0 mmol/L or more on a RAAS inhibitor")
    for each in (
        "NICE NG106", "NICE NG203", "Draft: no clinician has reviewed this rule",
        "raises potassium in the blood", "Potassium 6.2 mmol/L",
    ):  # fmt: skip
        assert each in said, each
    assert f'href="timeline?id={PATIENT}&amp;at=Observation/o2"' in page
    assert "Decide" in said


def test_nothing_is_shown_where_none_contradict_each_other(app: AppTest, answers: Answers) -> None:
    answers.recommendations = lambda who: replace(told.clash(contradictions=()), person=who)
    assert "contradict" not in opened(app)


def test_what_nobody_can_say_says_what_is_missing(app: AppTest) -> None:
    said = words(opened(app))
    assert "nobody can say whether guidelines contradict each other" in said
    assert "Potassium in the blood : missing is LVEF" in said or "missing is" in said


def test_what_is_only_to_consider_is_folded_so_that_critical_cards_stay_in_sight(
    app: AppTest, answers: Answers
) -> None:
    pressure = (
        make.observation("o7", "p1", "8480-6", 130, "mm[Hg]", "2026-11-20"),
        make.observation("o8", "p1", "14959-1", 1, "mg/mmol", "2026-11-20"),
    )
    found = told.recommendations(replace(samples.ALDOUS, id="p1"), *told.HEART, *pressure)
    answers.recommendations = lambda who: replace(found, person=who)
    page = opened(app)
    assert "Guidelines contradict each other in 3 things" in page
    assert page.index('data-contradiction="potassium"') < page.index('data-key="clashes-more"')
    assert page.index('data-key="clashes-more"') < page.index('data-contradiction="systolic"')


def test_a_decision_is_shown_in_its_place_and_comes_back_when_its_facts_change(app: AppTest, answers: Answers) -> None:
    _, _, record = told.decided_page()
    said = words(clash(app, answers, reconciled=Section((record,))))
    assert "Guidelines contradict each other, and the team has decided" in said and "1 is decided" in said
    assert "Decided: A potassium binder by Dr Jane Okafor on 23-Nov-2026" in said and "Why: Heart first" in said
    assert "Take back" in said
    other = replace(record, stamp="other facts")
    said = words(clash(app, answers, reconciled=Section((other,))))
    assert "Guidelines contradict each other in 1 thing" in said
    assert "Decided before, and back because its facts have changed. Decided: A potassium binder" in said


def test_decisions_that_could_not_be_read_are_said(app: AppTest, answers: Answers) -> None:
    failed: Section[Any] = Section(None, Failure("server-timeout", (("reference", "r1"),)))
    said = words(clash(app, answers, reconciled=failed))
    assert "What was decided of them could not be read" in said


def dialog(place: Any) -> AppTest:
    app = AppTest.from_string(place.script, default_timeout=60)
    for name, value in place.state:
        app.session_state[name] = value
    return app.run()


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the dialogs ask for."""
    made: list[Any] = []

    def keep(*asked: Any, **more: Any) -> Saved[Any]:
        made.append((asked[2:], more))
        return Saved(())

    monkeypatch.setattr(reads, "reconcile_contradiction", keep)
    monkeypatch.setattr(reads, "take_back_reconciliation", keep)
    return made


def test_a_side_is_chosen_with_a_reason(app: AppTest, done: list[Any]) -> None:
    page = dialog(CLASH)
    page.radio("clash_way").set_value("more").run()
    page.button("clash_save").click().run()
    assert "Say in a few words why" in page.error[0].value and not done
    page.text_input("clash_reason").input("Heart first")
    page.button("clash_save").click().run()
    [((patient, issue, way, said, goals), more)] = done
    assert (patient, way, goals, more["reason"]) == ("p1", Way.MORE, (), "Heart first")
    assert issue.target == "potassium" and said.startswith("Followed already: Start an ACE inhibitor; ")


def test_a_third_way_is_written_and_two_goals_are_named(app: AppTest, done: list[Any]) -> None:
    page = dialog(CLASH_THIRD)
    page.button("clash_save").click().run()
    assert "what the third way is" in page.error[0].value
    page.text_area("clash_words").input("A potassium binder")
    page.selectbox("clash_goal_0").set_value("g1")
    page.selectbox("clash_goal_1").set_value("g2")
    page.text_input("clash_reason").input("Both matter")
    page.button("clash_save").click().run()
    [((_, _, way, said, goals), _)] = done
    assert (way, said, [str(each) for each in goals]) == (Way.THIRD_WAY, "A potassium binder", ["Goal/g1", "Goal/g2"])


def test_nothing_is_kept_without_a_choice(app: AppTest, done: list[Any]) -> None:
    page = dialog(CLASH)
    page.button("clash_save").click().run()
    assert "Choose one of the sides" in page.error[0].value and not done


def test_a_decision_is_taken_back_with_a_reason(app: AppTest, done: list[Any]) -> None:
    page = dialog(CLASH_BACK)
    page.button("clash_back_save").click().run()
    assert "Say in a few words why" in page.error[0].value and not done
    page.text_input("clash_back").input("Thought again")
    page.button("clash_back_save").click().run()
    [((patient, record), more)] = done
    assert (patient, record.origin.id, more["reason"]) == ("p1", "di1", "Thought again")


def test_who_was_late_reads_why(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*asked: Any, **more: Any) -> None:
        raise VersionConflict("contradiction-decided")

    monkeypatch.setattr(reads, "reconcile_contradiction", refuse)
    page = dialog(CLASH)
    page.radio("clash_way").set_value("less").run()
    page.text_input("clash_reason").input("Kidneys first")
    page.button("clash_save").click().run()
    [(sentence, kind)] = page.session_state["messages"]
    assert kind == "wrong" and sentence.startswith("Somebody has decided on this contradiction since you opened it")


@pytest.mark.parametrize("do", ["reconcile", "unreconcile"])
def test_a_press_on_what_is_gone_opens_nothing(app: AppTest, answers: Answers, do: str) -> None:
    clash(app, answers)
    app.session_state["asked"] = ("recommendations", PATIENT, do, "bleeding")
    assert "Guidelines contradict each other" in shown(app.run())
    assert not app.exception


def test_who_may_change_nothing_has_no_buttons(app: AppTest, answers: Answers) -> None:
    from tests.pages.test_break_glass import GRANT

    said = clash(app, answers, emergency_access=GRANT)
    assert "data-contradiction" in said and '"reconcile"' not in escaping.unescape(said)
