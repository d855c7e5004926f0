"""Dates, names, results and reasons read as clinicians write them."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.domain.attention.reason import Reason, ReasonKind
from dashboard.domain.record.care_plan import CarePlanSummary
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.record.people import HumanName, Identifier, PatientLink
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice, Section
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Quantity, Reference
from dashboard.ui.my_record.html import own_record_html
from dashboard.ui.navigation.titles import title_words
from dashboard.ui.patient.banner_html import banner_html
from dashboard.ui.patient.html import summary_html
from dashboard.ui.record import people, reasons, results
from dashboard.ui.record.reasons_html import brief_reason_html
from dashboard.ui.record.sparkline import sparkline
from dashboard.ui.shared import dates, notices
from dashboard.ui.shared.error_words import ERRORS
from dashboard.ui.shared.view_time import ViewTime
from tests.pages import samples


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        ("1948-02-03", "03-Feb-1948"),
        ("2019-04", "Apr-2019"),
        ("1980", "1980"),
        ("2026-09-12T08:30:00+01:00", "12-Sep-2026"),
    ],
)
def test_a_date_is_as_precise_as_recorded(recorded: str, shown: str) -> None:
    assert dates.show_date(PartialDate(recorded)) == shown


def test_what_has_no_date_says_so() -> None:
    assert dates.show_date(None) == "Not recorded"


def test_times_are_in_the_readers_zone() -> None:
    moment = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert dates.show_time(moment, ZoneInfo("Europe/Stockholm")) == "14:00"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "just now"),
        (20, "just now"),
        (60, "1 min ago"),
        (7 * 60, "7 min ago"),
        (3 * 3600, "3 hours ago"),
        (47 * 3600, "47 hours ago"),
        (12 * 86400, "12 days ago"),
    ],
)
def test_ages_are_in_words(seconds: int, said: str) -> None:
    assert dates.show_age_of(samples.AS_OF - timedelta(seconds=seconds), samples.AS_OF) == said


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (HumanName("Aldous", "Mary", "Mrs"), "ALDOUS, Mary (Mrs)"),
        (HumanName("Aldous"), "ALDOUS"),
        (HumanName(text="Mary of the Hill"), "Mary of the Hill"),
        (HumanName(), "Name not known"),
    ],
)
def test_names_have_the_family_first_in_capitals(name: HumanName, shown: str) -> None:
    assert people.show_name(name) == shown


def test_the_age_of_a_birth_year_is_both_that_it_may_be() -> None:
    person = samples.person(1, "A", "B", "female", "1939")
    assert people.show_born(person, samples.TODAY) == "1939 (86 or 87)"


def test_the_dead_have_an_age_at_death_and_none_now() -> None:
    dead = samples.person(1, "A", "B", "male", "1944-11-02", deceased=PartialDate("2026-09-12"))
    assert people.show_born(dead, samples.TODAY) == "02-Nov-1944"
    assert people.show_died(dead, samples.TODAY) == "12-Sep-2026 (age at death 81)"
    assert people.show_died(replace(dead, deceased=True), samples.TODAY) == "Date not known"


@pytest.mark.parametrize(("birth", "age"), [("1948-11-23", "78"), ("1948-11-24", "77"), ("1948-11", "77 or 78")])
def test_ages_count_completed_years(birth: str, age: str) -> None:
    assert people.show_age(samples.person(1, "A", "B", "male", birth), date(2026, 11, 23)) == age


def test_an_nhs_number_is_in_groups() -> None:
    assert people.show_identifier(Identifier("", "9990123456", "NHS No.")) == ("NHS No.", "999 012 3456")
    assert people.show_identifier(None) == ("Identifier", "Not recorded")


def test_unknown_gender_is_not_a_question_mark() -> None:
    assert {people.show_gender(code) for code in ("", "unknown", "nonsense")} == {"Not known"}


def test_a_result_is_a_sentence() -> None:
    words = results.result_words(samples.RESULTS[Measure.HBA1C], samples.TODAY)
    assert words.text == "HbA1c 71 mmol/mol (12-Sep-2026), up from 62 on 12-Mar-2026"
    assert (words.arrow, words.course) == ("↑", "up from 62 on 12-Mar-2026")


def test_yesterday_is_a_word() -> None:
    words = results.result_words(samples.RESULTS[Measure.POTASSIUM], samples.TODAY)
    assert words.text == "Potassium 5.9 mmol/L (yesterday), up from 5.1 on 12-Sep-2026"


def test_a_converted_value_says_from_what() -> None:
    made = samples.result(Measure.HBA1C, "54.098", "2026-09-12", Quantity(Decimal("7.1"), "%"))
    key = replace(samples.key(Measure.HBA1C, ("54", "2026-09-12")), latest=made)
    words = results.result_words(key, samples.TODAY)
    assert (words.value, words.unit, words.note) == ("54", "mmol/mol", "converted from 7.1%")


@pytest.mark.parametrize(("recorded", "shown"), [("5.90", "5.90"), ("5.9", "5.9"), ("5.912345", "5.91"), ("6", "6")])
def test_numbers_keep_their_decimals(recorded: str, shown: str) -> None:
    assert results.show_number(Decimal(recorded), Measure.POTASSIUM) == shown


def test_blood_pressure_is_one_pair() -> None:
    pair = results.pressure_words(samples.RESULTS[Measure.SYSTOLIC], samples.RESULTS[Measure.DIASTOLIC], samples.TODAY)
    assert (pair.name, pair.value, pair.unit, pair.abnormal) == ("BP", "148/82", "mmHg", True)


def test_pressures_of_two_days_are_no_pair() -> None:
    other = samples.key(Measure.DIASTOLIC, ("82", "2026-10-01"))
    assert results.pressure_words(samples.RESULTS[Measure.SYSTOLIC], other, samples.TODAY).value == "148"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [("", "58", "target below 58"), ("30", "", "target 30 or more"), ("4", "5", "target 4 to 5"), ("", "", "")],
)
def test_targets_are_words(low: str, high: str, said: str) -> None:
    assert results.show_target(samples.key(Measure.HBA1C, ("50", "2026-01-01"), low=low, high=high)) == said


def test_a_row_shows_few_results_and_blood_pressure_last() -> None:
    words = results.row_results(samples.RESULTS, (samples.T2DM, samples.HF, samples.CKD, samples.DEP), samples.TODAY)
    assert [each.name for each in words] == ["HbA1c", "NT-proBNP", "eGFR", "PHQ-9", "BP"]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            Reason(ReasonKind.TASK_OVERDUE, 4, "task-overdue", count=2, due=date(2026, 11, 16)),
            "2 tasks overdue, due 16-Nov-2026",
        ),
        (
            Reason(ReasonKind.CHECK_OVERDUE, 2, "foot-overdue", due=date(2026, 8, 1)),
            "Foot check overdue, due 01-Aug-2026",
        ),
        (Reason(ReasonKind.CHECK_OVERDUE, 6, "checks-overdue", count=3), "3 checks overdue"),
        (
            Reason(ReasonKind.NEW_RESULT, 5, "abnormal-since-contact", count=3),
            "3 abnormal results since the last contact",
        ),
        (Reason(ReasonKind.NO_PLAN, 4, "no-plan"), "No care plan"),
        (
            Reason(ReasonKind.PLAN_REVIEW_DUE, 5, "plan-unreviewed", since=PartialDate("2026-04-25")),
            "Plan not reviewed since 25-Apr-2026",
        ),
        (
            Reason(ReasonKind.NO_CONTACT, 4, "no-contact", since=PartialDate("2026-03-01")),
            "No contact since 01-Mar-2026",
        ),
        (Reason(ReasonKind.NO_CONTACT, 6, "no-contact-in-window"), "No contact in the time looked at"),
        (Reason(ReasonKind.MEDICINE_RISK, 20, "pioglitazone-in-hf"), "Pioglitazone in heart failure"),
        (
            Reason(
                ReasonKind.MEDICINE_RISK,
                25,
                "potassium-on-mra",
                Measure.POTASSIUM,
                samples.RESULTS[Measure.POTASSIUM].latest,
                samples.RESULTS[Measure.POTASSIUM].baseline,
                samples.RESULTS[Measure.POTASSIUM].direction,
            ),
            "Potassium 5.9 mmol/L (yesterday), up from 5.1 on 12-Sep-2026, on an MRA",
        ),
        (Reason(ReasonKind.WORSENING, 8, "a-rule-of-next-year"), "Worsening"),
    ],
)
def test_reasons_are_sentences(reason: Reason, said: str) -> None:
    assert reasons.reason_words(reason, samples.TODAY).text == said


def test_a_brief_reason_says_first_what_to_act_on_and_which_result_it_means() -> None:
    egfr, potassium = samples.RESULTS[Measure.EGFR], samples.RESULTS[Measure.POTASSIUM]
    fell = Reason(ReasonKind.WORSENING, 10, "egfr-fall-category", Measure.EGFR, egfr.latest, egfr.baseline)
    stop = Reason(ReasonKind.MEDICINE_RISK, 9, "metformin-egfr-below-30", Measure.EGFR, egfr.latest)
    task = Reason(ReasonKind.TASK_OVERDUE, 3, "task-overdue", due=date(2026, 11, 1))
    risk = Reason(ReasonKind.MEDICINE_RISK, 25, "potassium-on-mra", Measure.POTASSIUM, potassium.latest)
    first, second, last = reasons.reasons_words([risk, fell, stop, task], (), samples.TODAY)
    assert first.brief == "Potassium 5.9, on an MRA"
    assert first.result == results.result_words(potassium, samples.TODAY).name_and_date
    assert second.brief.startswith("eGFR 38, on metformin: stop under 30; fell a category within a year")
    assert (last.brief, last.result) == ("", "")

    def line(shown: str) -> str:
        return re.sub(r"<[^>]*>", "", str(brief_reason_html(first, {shown})))

    # Where the row shows another result, or none, the sentence stands there in full.
    assert "mmol/L" not in line(first.result)
    assert "5.9 mmol/L (yesterday)" in line("Potassium 01-Jan-2020")


def test_overdue_checks_share_a_line_and_points_add_up() -> None:
    lines = reasons.reasons_words(samples.REASONS, samples.CHECKS, samples.TODAY)
    joined = next(line for line in lines if line.kind == ReasonKind.CHECK_OVERDUE)
    assert (joined.text, joined.points) == ("2 checks overdue: uACR, PHQ-9", 20)
    assert sum(line.points for line in lines) == sum(reason.points for reason in samples.REASONS)


def test_what_several_reasons_say_of_one_result_shares_a_line() -> None:
    result = samples.RESULTS[Measure.EGFR]
    course = Reason(
        ReasonKind.WORSENING,
        20,
        "egfr-fall-category",
        Measure.EGFR,
        result.latest,
        result.baseline,
        result.direction,
        source="NG203",
    )
    metformin = Reason(
        ReasonKind.MEDICINE_RISK, 20, "metformin-egfr-below-30", Measure.EGFR, result.latest, source="NG28"
    )
    plan = Reason(ReasonKind.NO_PLAN, 30, "no-plan")
    first, second = reasons.reasons_words((plan, course, metformin), (), samples.TODAY)
    assert first.text == (
        "eGFR 38 mL/min/1.73 m² (12-Sep-2026), down from 43 on 20-Jan-2026: "
        "fell a category within a year; on metformin: stop under 30"
    )
    assert (first.points, first.source, second.points) == (40, "NG203; NG28", 30)


def test_urgent_measures_come_first_in_a_row() -> None:
    words = results.row_results(samples.RESULTS, (samples.T2DM,), samples.TODAY, {Measure.POTASSIUM})
    assert [each.name for each in words][:2] == ["Potassium", "HbA1c"]


def test_notices_are_sentences() -> None:
    assert notices.notice_words(Notice("filtered-here", "Task.owner")).startswith(
        "The server cannot filter by tasks (owner)"
    )
    assert notices.notice_words(Notice("section-failed", "Observation")).startswith("Results could not be read")
    assert "brand-new" in notices.notice_words(Notice("brand-new", "x"))


def test_unreadable_records_are_counted_by_reason() -> None:
    origin = Reference("Observation", "o1")
    found = [Unreadable(origin, "unknown-unit"), Unreadable(origin, "unknown-unit"), Unreadable(origin, "odd-thing")]
    assert notices.unreadable_words(found) == [
        "2 records could not be read (unknown unit)",
        "1 record could not be read (odd thing)",
    ]


def test_records_that_may_be_another_patient_s_are_named_by_kind_and_id_and_others_only_counted() -> None:
    odd = [Unreadable(Reference("Observation", f"o{n}"), "other-server") for n in range(7)]
    found = [*odd, Unreadable(Reference("Goal", "g1"), "somebody-else")]
    assert notices.unreadable_words(found) == [
        "7 records are left out (about a patient of another server): "
        "results o0, results o1, results o2, results o3, results o4, and 2 more",
        "1 record is left out (not about whom was asked for)",
    ]


def test_stale_data_say_since_when_and_how_old() -> None:
    said = notices.stale_words(samples.AS_OF - timedelta(minutes=7), samples.AS_OF, UTC, "server-unreachable")
    assert said == "The server could not be reached since 13:55. What you see is 7 minutes old."
    assert notices.stale_words(samples.AS_OF, samples.AS_OF, UTC, "") == ""


@pytest.mark.parametrize(
    ("code", "happened"),
    [
        ("answer-web-page", "The server has answered with a web page since 13:55."),
        ("answer-empty", "The server has answered with nothing since 13:55."),
        ("answer-cut-off", "The server's answers have broken off since 13:55."),
        ("server-redirects", "The server has sent us to another address since 13:55."),
        ("server-silent", "The server has not answered since 13:55."),
        ("a-code-without-words", "The server could not be used since 13:55."),
    ],
)
def test_stale_data_say_what_happened(code: str, happened: str) -> None:
    said = notices.stale_words(samples.AS_OF - timedelta(minutes=7), samples.AS_OF, UTC, code)
    assert said == f"{happened} What you see is 7 minutes old."


def test_what_happened_to_stale_data_is_said_of_codes_that_there_are() -> None:
    assert notices.STALE.keys() - ERRORS.keys() == {""}


@pytest.mark.parametrize("make_html", [summary_html, own_record_html])
def test_a_view_that_was_kept_says_so_whoever_kept_it(make_html: Any) -> None:
    at = ViewTime(samples.AS_OF, UTC)
    summary = replace(samples.summary(samples.PEOPLE[0]), stale="answer-web-page")
    assert "has answered with a web page since" in str(make_html(summary, at))


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("replaced-by", "This record was replaced by another one"),
        ("replaces", "This record replaces another one; what only that one holds is not shown here."),
        ("refer", "There is another record of this person, which holds more."),
        ("seealso", "There is another record of this person."),
        ("unheard-of", "There is another record of this person."),
    ],
)
def test_the_banner_says_which_other_records_there_are_and_leads_to_them(link: str, words: str) -> None:
    to = NamedReference(Reference("Patient", "p2"), "Aldous, M")
    person = replace(samples.ALDOUS, links=(PatientLink(link, to), PatientLink(link, NamedReference(name="elsewhere"))))
    at = ViewTime(samples.AS_OF, UTC)
    banner = str(banner_html(samples.summary(person), at))
    assert banner.count(words) == 2
    assert banner.count('href="patient?id=p2"') == 1
    assert "Aldous, M" in banner and "elsewhere" in banner
    assert "patient?id" not in str(banner_html(samples.summary(person), at, may_follow=False))


def test_a_record_that_is_not_in_use_says_so() -> None:
    unused = replace(samples.ALDOUS, active=False)
    at = ViewTime(samples.AS_OF, UTC)
    assert "Record not in use" in str(banner_html(samples.summary(unused), at))
    assert "Record not in use" not in str(banner_html(samples.summary(samples.ALDOUS), at))
    merged = replace(unused, links=(PatientLink("replaced-by", NamedReference(Reference("Patient", "p2"))),))
    assert people.show_record_state(unused) == "record not in use"
    assert people.show_record_state(merged) == "replaced by another record"
    assert people.show_record_state(samples.ALDOUS) == ""


def test_a_sparkline_says_what_it_shows() -> None:
    key = samples.RESULTS[Measure.HBA1C]
    words = results.result_words(key, samples.TODAY)
    finding = results.show_date_range(key, words)
    assert finding == "HbA1c, 4 values from 58 (03-Jan-2025) to 71 mmol/mol (12-Sep-2026), target below 58"
    drawn = sparkline(key, finding)
    assert drawn is not None and finding in str(drawn) and str(drawn).count("<circle") == 4
    assert sparkline(samples.key(Measure.LVEF, ("35", "2025-01-01")), "x") is None


def test_a_sparkline_of_thousands_stays_small() -> None:
    key = samples.RESULTS[Measure.WEIGHT]
    day = date(2016, 1, 1)
    course = tuple(samples.result(Measure.WEIGHT, "80.0", str(day + timedelta(days=n))) for n in range(3000))
    drawn = sparkline(replace(key, series=course), "weight")
    assert drawn is not None and len(str(drawn)) < 6000


def test_conditions_have_both_names() -> None:
    from dashboard.ui.record.names import condition_name, condition_short

    assert (condition_name(ConditionKey.CKD), condition_short(ConditionKey.CKD)) == ("Kidney disease", "CKD")


@pytest.mark.parametrize(
    ("name", "spoken", "initials"),
    [
        (HumanName(given="Mary", family="Aldous", prefix="Mrs"), "Mary ALDOUS", "MA"),
        (HumanName(given="Iñaki Mikel", family="Etxeberria Aranburu"), "Iñaki Mikel ETXEBERRIA ARANBURU", "IMEA"),
        (HumanName(family="Öberg"), "ÖBERG", "Ö"),
        (HumanName(text="Baby of Aldous"), "Baby of Aldous", "BOA"),
        (HumanName(given="\u202eMary", family="<b>"), "Mary <B>", "M"),
        (HumanName(text="(123)"), "(123)", "Name not shown"),
        (HumanName(), "Name not known", "Name not shown"),
    ],
)
def test_a_title_names_a_person_or_says_initials(name: HumanName, spoken: str, initials: str) -> None:
    assert people.show_name_as_spoken(name) == spoken
    assert people.show_initials(name) == initials


def test_a_title_says_page_place_and_programme() -> None:
    assert title_words("Timeline", about="Mary ALDOUS") == "Mary ALDOUS, Timeline - C3"
    assert title_words("Worklist", place="Warwick North") == "Worklist - Warwick North - C3"
    assert title_words("Audit") == "Audit - C3"
    assert len(title_words("Worklist", place="x" * 500)) < 100


def _plan_shown(plan: CarePlanSummary) -> str:
    shown = summary_html(samples.summary(plan=Section(plan)), ViewTime(samples.AS_OF, ZoneInfo("UTC")))
    return " ".join(re.sub(r"<[^>]*>", " ", str(shown)).split())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"edited": datetime(2026, 4, 25, 9, 0, tzinfo=UTC)}, "not reviewed since 25-Apr-2026"),
        ({"edited": None, "start": PartialDate("2026-01-05")}, "not reviewed since 05-Jan-2026"),
        ({"review_due": date(2026, 11, 1)}, "review was due 01-Nov-2026"),
        ({}, "review due 02-Dec-2026"),
    ],
)
def test_the_plan_says_when_it_was_last_gone_through(changes: dict[str, Any], said: str) -> None:
    plan = replace(samples.PLAN, **changes)
    shown = _plan_shown(plan)
    assert said in shown
    assert ("not reviewed since" in shown) == said.startswith("not")


def test_the_review_of_a_plan_that_has_ended_is_not_asked_for() -> None:
    plan = replace(samples.PLAN, status="completed", edited=None, start=PartialDate("2024-01-01"))
    shown = _plan_shown(plan)
    assert "review due" not in shown and "not reviewed since" not in shown
