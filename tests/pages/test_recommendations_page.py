"""The page of recommendations, run whole on made-up answers: its cards, what is missing, its states, its buttons."""

import html as escaping
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.guidelines.evaluate import Outcome
from dashboard.domain.guidelines.guidance import Guidance, ReplyKind
from dashboard.domain.guidelines.recommendations import RulesInForce
from dashboard.domain.pilot.screened import Screened
from dashboard.domain.pilot.screening_answer import ScreeningAnswer, ScreeningQuestion
from dashboard.domain.record.views import Notice, Section
from dashboard.domain.values.datatypes import NOBODY, CodeableConcept, PartialDate, Reference
from dashboard.errors import Failure, ServerUnavailable
from dashboard.queries.get_recommendations import FACT_TYPES
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.recommendations.answer_words import offered_words, reason_words
from dashboard.ui.recommendations.widget_answers import proposed_item
from dashboard.ui.session import reads, session
from tests.guidelines import RULES
from tests.pages import recommendation_samples as told
from tests.pages import samples
from tests.pages.conftest import Answers, shown
from tests.pages.test_break_glass import GRANT
from tests.patience import PATIENCE
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
    app.session_state["asked"] = ("recommendations", PATIENT, do, next(iter(values.values())))


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


def test_who_was_asked_for_a_check_or_about_a_card_already_stands_beside_it(app: AppTest, answers: Answers) -> None:
    """By what the task is called, or by why it was asked for: a person changes one of the two."""
    one = samples.TASKS[0]
    check = replace(one, text="Echo, please", reason_codes=(CodeableConcept((), "LVEF: not recorded"),))
    card = replace(one, text="Stop metformin", owner_name="")
    answers.recommendations = lambda who: told.recommendations(who, tasks=Section((check, card)))
    page = opened(app)
    assert page.count("Task already") == 2
    lvef = page.split('data-fact="lvef"')[1].split("data-fact=")[0]
    assert f"Task already: Echo, please, {one.owner_name}" in escaping.unescape(lvef)
    stop = page.split(f'data-finding="{told.STOP_METFORMIN}"')[1].split("data-finding=")[0]
    assert "Task already: Stop metformin, nobody yet" in stop
    # It was asked for: whoever wants it again may.
    assert "Order check" in lvef and "Add task" in stop
    answers.recommendations = lambda who: told.recommendations(who, tasks=Section(None, Failure("server-timeout")))
    assert "Task already" not in opened(app)


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


FAILING = make.condition("c2", "p1") | {
    "code": make.concept(make.SNOMED, "84114007", "Heart failure"),
    "stage": [{"summary": make.concept(make.SNOMED, "421704003")}],
}


def said(question: ScreeningQuestion, holds: bool) -> ScreeningAnswer:
    return ScreeningAnswer(Reference("Observation", f"a-{question}"), question, holds, "", PartialDate("2026-11-01"))


AT_HOME, PASSED = said(ScreeningQuestion.LIVING_SITUATION, True), said(ScreeningQuestion.ICT_SELF_CHECK, True)


def test_who_may_take_part_in_the_pilot_stands_last_and_is_counted_nowhere(app: AppTest, answers: Answers) -> None:
    answers.recommendations = lambda who: told.recommendations(who, FAILING)
    without = opened(app)
    answers.recommendations = lambda who: told.recommendations(who, FAILING, screened=Screened((AT_HOME, PASSED)))
    reads.forget_patient()
    page = opened(app)
    assert cards(page) == [*cards(without), "33-pilot-eligibility/approach"]
    assert [words(each) for each in re.findall(r"<h2.*?</h2>", page)][:1] == [
        words(each) for each in re.findall(r"<h2.*?</h2>", without)
    ][:1]
    last = page[page.index("c3-recprogramme") :]
    assert "May take part in the pilot" in last and "Heart failure of NYHA class I or II" in last
    assert "NCT03834207" in last and 'href="screening"' in last and "Add to plan" not in last
    app.session_state[session.SHARED_SCREEN] = True
    assert "c3-recprogramme" not in opened(app)


def test_what_is_missing_to_say_who_may_take_part_is_named(app: AppTest, answers: Answers) -> None:
    answers.recommendations = lambda who: told.recommendations(who, FAILING, screened=Screened((PASSED,)))
    page = opened(app)
    last = words(page[page.index("c3-recprogramme") :])
    assert "Cannot say" in last and "Lives at home not recorded" in last and "criteria are met" not in last
    missing = page[page.index("c3-recmissing") : page.index("c3-recprogramme")]
    assert "Lives at home" not in missing
    answers.recommendations = lambda who: told.recommendations(
        who, FAILING, screened=Screened((AT_HOME, PASSED), listed=True)
    )
    reads.forget_patient()
    assert "c3-recprogramme" not in opened(app)


def test_all_facts_are_named_with_their_dates_and_why_one_is_not_known(app: AppTest) -> None:
    page = words(opened(app)[opened(app).index('data-key="all-facts"') :])
    assert "facts are known" in page and "Takes an ACE inhibitor ramipril" in page and "20-Nov-2026" in page
    assert "takes an SSRI" in page[page.index("Known not to be:") : page.index("Not known:")]
    assert "NT-proBNP: not recorded" in page[page.index("Not known:") :]


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
    assert choices == ["With or without", "with recommendations", "recommendation: critical or warning"]
    assert "OKONKWO" in listed(app, advice="nonsense")


def test_a_worklist_whose_recommendations_cannot_be_read_says_so(app: AppTest, answers: Answers) -> None:
    def away() -> object:
        raise ServerUnavailable("server-timeout", reference="r1")

    answers.team_recommendations = away
    assert "ALDOUS" in listed(app)
    assert "Recommendations could not be read: this filter shows nobody." in listed(app, advice="any")


# What the team answers


CARD = """from tests.pages.recommendation_samples import ReplyKind, answered, card_page
from dashboard.ui.recommendations import widget_answers
widget_answers.{do}_dialog(*card_page({guidance}))
"""
NOT_FOR = told.answered(ReplyKind.NOT_FOR_THIS_PERSON, patient_id=PATIENT, reason="person-declines", words="Said so")


def with_answers(*guidance: Guidance):
    return lambda who: told.recommendations(who, guidance=Section(guidance))


def asked(app: AppTest, do: str, key: str = told.STOP_METFORMIN, place: str = "") -> AppTest:
    press(app, do, card=f"{key} {place}")
    return app.run()


def dialog(do: str, guidance: str = "") -> AppTest:
    """A dialog by itself: in the app it runs in a run of its own."""
    return AppTest.from_string(CARD.format(do=do, guidance=guidance), default_timeout=PATIENCE).run()


def saved(app: AppTest) -> AppTest:
    return next(each for each in app.button if each.key == "rec_save").click().run()


def test_not_now_asks_until_when_and_why_and_says_what_is_written(answers: Answers) -> None:
    app = dialog("not_now")
    [day] = [each for each in app.date_input if each.label == "It comes back on"]
    assert day.value == samples.TODAY + timedelta(days=28)
    saved(app)
    assert "Say in a few words why" in app.error[0].value and not answers.done
    [why] = [each for each in app.text_input if each.label == "Why (the team sees it)"]
    why.input("After the holidays").run()
    preview = next(each.value for each in app.text if each.value.startswith("Will be recorded"))
    for part in ("Not now, until 21-Dec-2026: After the holidays", "of rule 3, version 0.1.0", "eGFR 28"):
        assert part in preview
    saved(app)
    [(name, done)] = answers.done
    assert (name, done["patient_id"], done["until"], done["why"]) == (
        "decline_recommendation", "p1", samples.TODAY + timedelta(days=28), "",
    )  # fmt: skip
    shown_then = done["shown"]
    assert (done["reason"], shown_then.card.key, shown_then.source, shown_then.replies) == (
        "After the holidays", "stop", {}, (),
    )  # fmt: skip


def test_not_for_this_person_needs_a_coded_reason_and_words_for_another(answers: Answers) -> None:
    app = dialog("not_for")
    saved(app)
    assert app.error[0].value == "Choose why it is not for this person."
    [reason] = [each for each in app.selectbox if each.label == "Why it is not for this person"]
    reason.select("other").run()
    saved(app)
    assert "Say in a few words" in app.error[0].value and not answers.done
    next(each for each in app.selectbox if each.label == reason.label).select("burden").run()
    saved(app)
    [(name, done)] = answers.done
    assert (name, done["until"], done["why"]) == ("decline_recommendation", None, "burden")
    assert done["reason"] == "Too much treatment, frailty or limited life expectancy"


def test_a_card_offers_reasons_of_its_own_and_what_was_chosen_is_said_in_its_words() -> None:
    words = offered_words(next(advice for rule in RULES for advice in rule.advice if advice.key == "beta-blocker"))
    assert list(words)[:2] == ["asthma-or-heart-block", "slow-pulse"] and words["other"] == "Another reason, in words"
    reply = told.answered(ReplyKind.NOT_FOR_THIS_PERSON, reason="burden", words="Since childhood").replies[0]
    assert reason_words(replace(reply, reason="asthma", display="Asthma")) == "Asthma: Since childhood"
    assert reason_words(replace(reply, reason="asthma", display="Asthma", words="Asthma")) == "Asthma"


@pytest.mark.parametrize(
    ("do", "label"),
    [
        ("not-now", "It comes back on"),
        ("not-for", "Why it is not for this person"),
        ("take-back", "Why it is taken back"),
    ],
)
def test_a_press_opens_its_dialog(app: AppTest, answers: Answers, do: str, label: str) -> None:
    answers.recommendations = with_answers(*([NOT_FOR] if do == "take-back" else []))
    opened(app)
    asked(app, do)
    fields = [each.label for each in (*app.date_input, *app.selectbox, *app.text_input)]
    assert any(each.startswith(label) for each in fields)


def test_what_was_declined_stands_in_its_section_and_is_no_open_card(app: AppTest, answers: Answers) -> None:
    before = opened(app)
    assert told.STOP_METFORMIN in cards(before)
    answers.recommendations = with_answers(NOT_FOR)
    reads.forget_patient()
    page = shown(app.run())
    assert told.STOP_METFORMIN not in cards(page) and len(cards(page)) == len(cards(before)) - 1
    line = words(page[page.index(f'data-answered="declined-{told.STOP_METFORMIN}"') :])
    for part in (
        STOP, "Not for this person : The person does not want it: Said so", "Ms Anna Lind", "21-Nov-2026", "Take back",
        "Stands while this is the same:", "eGFR 28 mL/min/1.73 m²",
    ):  # fmt: skip
        assert part in line, part


def test_a_declined_card_comes_back_with_a_new_result_and_says_why(app: AppTest, answers: Answers) -> None:
    lower = make.observation("o9", "p1", "33914-3", 25, "mL/min/{1.73_m2}", "2026-11-22")
    answers.recommendations = lambda who: told.recommendations(who, lower, guidance=Section((NOT_FOR,)))
    page = opened(app)
    assert told.STOP_METFORMIN in cards(page)
    said = words(page)
    assert "Declined before (Not for this person: The person does not want it: Said so; Ms Anna Lind, 21-Nov" in said
    assert "It is back: changed since: eGFR." in said and "1 earlier answer" in said


def test_not_now_is_over_on_its_day(app: AppTest, answers: Answers) -> None:
    over = told.answered(ReplyKind.NOT_NOW, patient_id=PATIENT, until=samples.TODAY, words="Wait")
    answers.recommendations = with_answers(over)
    page = opened(app)
    assert told.STOP_METFORMIN in cards(page) and "It is back: its day has come." in words(page)
    later = replace(over, replies=(replace(over.replies[0], until=samples.TODAY + timedelta(days=1)),))
    answers.recommendations = with_answers(later)
    reads.forget_patient()
    page = shown(app.run())
    assert told.STOP_METFORMIN not in cards(page) and "Not now, until 24-Nov-2026" in words(page)


def test_an_answer_is_taken_back_with_a_reason(answers: Answers) -> None:
    app = dialog("take_back", "answered(ReplyKind.NOT_FOR_THIS_PERSON, reason='burden')")
    saved(app)
    assert not answers.done
    [why] = [each for each in app.text_input if each.label.startswith("Why it is taken back")]
    why.input("Has thought again").run()
    saved(app)
    [(name, done)] = answers.done
    assert (name, done["patient_id"], done["shown"].origin.id, done["reason"]) == (
        "withdraw_reply", "p1", "gr1", "Has thought again",
    )  # fmt: skip


def test_what_is_in_the_plan_says_so_and_earlier_answers_stay_readable(app: AppTest, answers: Answers) -> None:
    accepted = told.answered(ReplyKind.ACCEPTED, patient_id=PATIENT, made=(Reference("Task", "t1"),))
    back = replace(accepted.replies[0], kind=ReplyKind.TAKEN_BACK, made=())
    other = replace(NOT_FOR, origin=Reference("GuidanceResponse", "gr2"), card=replace(NOT_FOR.card, key="gone"))
    answers.recommendations = with_answers(accepted, replace(other, replies=(*other.replies, back)))
    page = opened(app)
    said = words(page)
    assert f'data-answered="accepted-{told.STOP_METFORMIN}"' in page and "In the plan" in said
    assert "Also suggested" not in said  # nobody kept what was added
    assert "2 earlier answers" in said and "rule 3, version 0.1.0, gone" in said and "Taken back" in said
    asked(app, "take-back")
    assert any("What was added to the plan stays there" in each.value for each in app.text)


def test_a_part_of_a_card_in_the_plan_is_not_taken_for_the_whole(app: AppTest, answers: Answers) -> None:
    def accepted(*words: str) -> Guidance:
        first = told.answered(ReplyKind.ACCEPTED, patient_id=PATIENT)
        return replace(first, replies=tuple(replace(first.replies[0], words=each) for each in words))

    def line(*words: str) -> str:
        answers.recommendations = with_answers(accepted(*words))
        page = opened(app)
        return page[page.index(f'data-answered="accepted-{told.STOP_METFORMIN}"') :].partition("</ul>")[0]

    part = line("Stop metformin")
    assert "Added to the plan : Stop metformin" in words(part)
    assert "Also suggested, and not added: Decide what replaces metformin" in words(part)
    assert f"plan-{told.STOP_METFORMIN}-1" in part and f"plan-{told.STOP_METFORMIN}-0" not in part
    both = line("Stop metformin", "Decide what replaces metformin")
    assert words(both).count("Added to the plan") == 2 and "Also suggested" not in both
    assert "earlier answer" not in words(opened(app))


def test_where_the_answers_are_not_known_nothing_can_be_answered(app: AppTest, answers: Answers) -> None:
    answers.recommendations = lambda who: told.recommendations(
        who,
        guidance=Section(None, Failure("server-timeout", (("reference", "r1"),))),
        notices=(Notice("section-failed", "GuidanceResponse"),),
    )
    page = opened(app)
    assert (
        "Answers to recommendations could not be read" in words(page)
        and "not-for-03" not in page
        and told.STOP_METFORMIN in cards(page)
    )
    asked(app, "not-for")
    assert not app.selectbox or "Why it is not for this person" not in [each.label for each in app.selectbox]


def test_everything_answered_is_said(app: AppTest, answers: Answers) -> None:
    found = told.recommendations()
    keys = [f"{each.rule.id}/{each.advice.key}" for each in found.of(Outcome.APPLIES)]
    all_ = tuple(
        replace(
            told.answered(ReplyKind.NOT_FOR_THIS_PERSON, key, PATIENT, reason="burden"),
            origin=Reference("GuidanceResponse", f"g{place}"),
        )
        for place, key in enumerate(keys)
    )
    answers.recommendations = with_answers(*all_)
    page = opened(app)
    assert not cards(page) and "Everything that applies was answered" in words(page)


# What was seen is written behind the page


def test_what_was_shown_is_noted_once_behind_the_page(app: AppTest, answers: Answers) -> None:
    noted: list[Guidance] = []
    answers.note = noted.extend
    opened(app)
    found = told.recommendations()
    wanted = len(found.of(Outcome.APPLIES)) + len(found.of(Outcome.CANNOT_SAY))
    assert len(noted) == wanted == len({each.number for each in noted})
    app.run()
    assert len(noted) == wanted
    answers.recommendations = with_answers(NOT_FOR)
    lower = make.observation("o9", "p1", "33914-3", 25, "mL/min/{1.73_m2}", "2026-11-22")
    answers.recommendations = lambda who: told.recommendations(who, lower)
    reads.forget_patient()
    app.run()
    new = noted[wanted:]
    assert new and all("egfr" in {fact.name for fact in each.facts} or "egfr_fall" in str(each.facts) for each in new)


def test_what_could_not_be_noted_is_said_and_tried_again(app: AppTest, answers: Answers) -> None:
    def fail(shown: object) -> None:
        raise ServerUnavailable("server-unreachable")

    answers.note = fail
    page = opened(app)
    assert told.STOP_METFORMIN in cards(page) and "could not be noted" not in words(page)
    assert "could not be noted yet" in words(shown(app.run()))
    noted: list[Guidance] = []
    answers.note = noted.extend
    app.run()
    assert noted and "could not be noted" not in words(shown(app.run()))


# Adding to the plan


def test_add_to_plan_opens_the_form_of_the_plan_filled_in_and_saving_accepts(app: AppTest, answers: Answers) -> None:
    page = opened(app)
    assert "Add to plan" in words(page)
    finding = next(each for each in told.recommendations().findings if each.advice.summary == STOP)
    assert [each.kind for each in finding.advice.suggestions] == ["MedicationRequest", "Task"]
    made = proposed_item(finding, NOBODY)
    assert (made.origin.type, made["title"], made["reason"]) == ("Task", "Stop metformin", STOP)
    assert proposed_item(finding, NOBODY, "1")["title"] == "Decide what replaces metformin"
    assert (
        proposed_item(finding, NOBODY, "99")["title"] == STOP
        and proposed_item(finding, NOBODY, "x")["title"] == "Stop metformin"
    )
    asked(app, "to-plan", place="0")
    app.switch_page(str(navigation.CARE_PLAN))
    app.query_params["id"] = PATIENT
    page = shown(app.run())
    assert "From a recommendation (rule 3, version 0.1.0): saving it accepts it." in words(page)
    title = next(each for each in app.text_area if each.key.startswith("plan_title-Task-"))
    assert title.value == "Stop metformin"
    next(each for each in app.button if each.key == "plan_save").click().run()
    saves = [asked for name, asked in answers.done if name == "save_plan"]
    assert saves, [each.value for each in app.error]
    [done] = saves
    assert done["reason"] == f"Recommended: {STOP}" and done["accepts"].card.key == "stop"
    assert "Stop metformin" in [item["title"] for item in done["mine"].values()]


def test_the_summary_counts_what_is_open(app: AppTest, answers: Answers) -> None:
    n = len(told.recommendations().of(Outcome.APPLIES))
    assert f"{n} recommendations" in summary(app)
    answers.recommendations = with_answers(NOT_FOR)
    reads.forget_patient()
    said = summary(app)
    assert f"{n - 1} recommendations" in said and STOP not in said


AGAIN = """from dashboard.ui.care_plan.proposal import open_again
from dashboard.ui.shared.messages import show_messages
from tests.pages.recommendation_samples import ReplyKind, answered
open_again("p1", answered(ReplyKind.ACCEPTED))
show_messages()
"""


def test_what_is_taken_back_in_the_plan_is_open_again_or_says_that_it_is_not(answers: Answers) -> None:
    AppTest.from_string(AGAIN, default_timeout=PATIENCE).run()
    [(name, done)] = answers.done
    assert (name, done["patient_id"], done["shown"].origin.id) == ("withdraw_reply", "p1", "gr1")

    def away(**asked: object) -> None:
        raise ServerUnavailable("server-unreachable")

    answers.action = away
    app = AppTest.from_string(AGAIN, default_timeout=PATIENCE).run()
    assert "The recommendation stays accepted" in " ".join(each.value for each in (*app.toast, *app.warning))
