"""How somebody stands in the pilot: what is allowed in which state, the rules of days, and what FHIR calls it."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.domain.pilot.enrolment import (
    STATE_OF_STATUS,
    STATES,
    STATUS,
    Arm,
    EnrolmentAction,
    EnrolmentState,
    after,
    status_of,
)
from dashboard.domain.pilot.enrolment_reasons import DIED, ENDINGS, EXCLUSIONS, REASONS, REFUSALS
from dashboard.domain.pilot.funnel import STEPS, Step, steps_of
from dashboard.domain.pilot.study import Study, StudySite, Target, target_on
from dashboard.domain.pilot.study_consent import LONGEST_FORM, new_study_consent
from dashboard.domain.pilot.subject import Details, Subject, changed, new_subject, require_changeable, taken_back
from dashboard.domain.record.people import HumanName, PatientLink, Person
from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Reference
from dashboard.domain.values.site_time import set_site_zone, site_zone
from dashboard.errors import UserFacingError
from dashboard.fhir.terminology_files import FOLDER
from tests.unit.house.source import ROOT

A, S = EnrolmentAction, EnrolmentState
AT = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
DAY = AT.date()
ME = NamedReference(Reference("Practitioner", "gp"), "Dr Jane Okafor")
HERE, THERE = (NamedReference(Reference("Organization", f"org-{n}"), f"Site {n}") for n in (1, 2))
CONSENT = Reference("Consent", "c1")
NEEDED: dict[EnrolmentAction, dict[str, Any]] = {
    A.FIND_INELIGIBLE: {"reason": "ict-self-check"},
    A.DECLINE: {"reason": "no-time"},
    A.WITHDRAW: {"reason": "too-ill"},
    A.LEAVE: {"reason": "moved-away"},
    A.CONSENT: {"consent": CONSENT},
    A.ENROL: {"arm": "intervention", "layer": 4},
    A.MOVE: {"site": THERE},
}
WAY = {  # the shortest way to each state
    S.LISTED: (),
    S.SCREENING: (A.SCREEN,),
    S.ELIGIBLE: (A.FIND_ELIGIBLE,),
    S.INELIGIBLE: (A.FIND_INELIGIBLE,),
    S.APPROACHED: (A.FIND_ELIGIBLE, A.APPROACH),
    S.DECLINED: (A.FIND_ELIGIBLE, A.APPROACH, A.DECLINE),
    S.CONSENTED: (A.FIND_ELIGIBLE, A.APPROACH, A.CONSENT),
    S.ENROLLED: (A.FIND_ELIGIBLE, A.APPROACH, A.CONSENT, A.ENROL),
    S.ACTIVE: (A.FIND_ELIGIBLE, A.APPROACH, A.CONSENT, A.ENROL, A.START),
    S.FOLLOW_UP: (A.FIND_ELIGIBLE, A.APPROACH, A.CONSENT, A.ENROL, A.START, A.FOLLOW_UP),
    S.COMPLETED: (A.FIND_ELIGIBLE, A.APPROACH, A.CONSENT, A.ENROL, A.START, A.COMPLETE),
    S.WITHDRAWN: (A.FIND_ELIGIBLE, A.APPROACH, A.CONSENT, A.WITHDRAW),
    S.LEFT: (A.LEAVE,),
}


def listed(day: date = DAY) -> Subject:
    return new_subject(
        Reference("ResearchSubject", "s1"), Reference("Patient", "p1"), Reference("ResearchStudy", "st1"), HERE,
        by=ME, why="On the list", day=day, at=AT,
    )  # fmt: skip


def do(subject: Subject, action: EnrolmentAction, day: date = DAY, at: datetime = AT, **other: Any) -> Subject:
    return changed(subject, action, Details(day, **NEEDED.get(action, {}) | other), by=ME, why="Asked", at=at)


def way(*actions: EnrolmentAction, day: date = DAY) -> Subject:
    subject = listed(day)
    for action in actions:
        subject = do(subject, action, day)
    return subject


def back(subject: Subject, at: datetime = AT) -> Subject:
    return taken_back(subject, by=ME, why="A slip", at=at)


# --- the table -------------------------------------------------------------------------------------------------------


def test_the_table_is_complete() -> None:
    assert set(STATES) == set(STATUS) == set(STEPS) == set(EnrolmentState) == set(WAY)
    assert {action for others in STATES.values() for action in others} == set(A) - {A.LIST, A.TAKE_BACK}
    codes = json.loads((ROOT / "data" / "fhir" / "required-codes.json").read_text(encoding="utf-8"))
    statuses = set(codes["ResearchSubject"]["status"])
    assert set(STATE_OF_STATUS) == statuses
    written = {status_of(state, arm, enrolled) for state in S for arm in Arm for enrolled in (True, False)}
    assert written == statuses - {"potential-candidate"}  # read, never written


@pytest.mark.parametrize("state", EnrolmentState)
@pytest.mark.parametrize("action", EnrolmentAction)
def test_every_action_leads_where_the_table_says_or_is_refused_in_words(
    state: EnrolmentState, action: EnrolmentAction
) -> None:
    subject = way(*WAY[state])
    assert subject.state is state
    if action in STATES[state]:
        then = do(subject, action)
        assert then.state is STATES[state][action]
        assert then.changes[:-1] == subject.changes and then.changes[-1].action is action
        assert set(steps_of(subject)) <= set(steps_of(then))  # no step is lost
        again = back(then)
        assert again.state is state and again.status == subject.status
        assert (again.arm, again.layer, again.consent) == (subject.arm, subject.layer, subject.consent)
        assert (again.site, again.start, again.end) == (subject.site, subject.start, subject.end)
        assert set(steps_of(again)) == set(steps_of(subject))
    else:
        with pytest.raises(UserFacingError, match=r"enrolment-"):
            after(state, action)
        with pytest.raises(UserFacingError, match=r"enrolment-"):
            do(subject, action)


def test_the_documented_diagram_is_the_table() -> None:
    words = {action: action.replace("-", " ") for action in A}
    lines = ["stateDiagram-v2", "    [*] --> listed: list"]
    for state, others in STATES.items():
        leads = [(words[action], to) for action, to in others.items() if action not in (A.MOVE, A.LEAVE)]
        lines += [f"    {_name(state)} --> {_name(to)}: {word}" for word, to in leads]
        lines += [f"    {_name(state)} --> [*]"] if not others else []
    left = [_name(state) for state, others in STATES.items() if A.LEAVE in others]
    lines += [f"    {state} --> left: leave" for state in left]
    drawn = "\n".join(["```mermaid", *lines, "```"])
    rows = [f"| {state} | `{status_of(state, Arm.INTERVENTION, False)}` |" for state in S]
    text = (ROOT / "data" / "ENROLMENT.md").read_text(encoding="utf-8")
    assert drawn in text, "draw it again:\n" + drawn
    assert all(row.removesuffix(" |") in text for row in rows), "\n".join(rows)


def _name(state: EnrolmentState) -> str:
    return state.replace("-", "_")


@pytest.mark.parametrize(("kind", "codes"), [("exclusion", EXCLUSIONS), ("refusal", REFUSALS), ("ending", ENDINGS)])
def test_the_reasons_are_those_of_the_value_sets(kind: str, codes: tuple[str, ...]) -> None:
    value_set = json.loads((FOLDER / "enrolment" / f"enrolment-{kind}.json").read_text(encoding="utf-8"))
    [include] = value_set["compose"]["include"]
    assert tuple(each["code"] for each in include["concept"]) == codes and value_set["status"] == "draft"


# --- what is missing, and days ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "action", "wrong", "code"),
    [
        (S.LISTED, A.FIND_INELIGIBLE, {"reason": "no-time"}, "enrolment-reason-missing"),
        (S.LISTED, A.SCREEN, {"reason": "no-time"}, "enrolment-reason-missing"),  # it needs none
        (S.APPROACHED, A.CONSENT, {"consent": None}, "enrolment-consent-missing"),
        (S.CONSENTED, A.ENROL, {"arm": "placebo"}, "enrolment-arm-missing"),
        (S.CONSENTED, A.ENROL, {"layer": 2}, "enrolment-layer-missing"),
        (S.LISTED, A.MOVE, {"site": HERE}, "enrolment-site-missing"),
        (S.LISTED, A.MOVE, {"site": NOBODY}, "enrolment-site-missing"),
    ],
)
def test_what_is_missing_is_said(before: EnrolmentState, action: EnrolmentAction, wrong: Any, code: str) -> None:
    with pytest.raises(UserFacingError) as refused:
        do(way(*WAY[before]), action, **wrong)
    assert refused.value.code == code


def test_a_reason_is_asked_for_where_somebody_is_lost() -> None:
    assert set(REASONS) == {A.FIND_INELIGIBLE, A.DECLINE, A.WITHDRAW, A.LEAVE}


def test_days_are_not_in_the_future_and_not_before_the_last_change() -> None:
    with pytest.raises(UserFacingError, match="in-future"):
        listed(DAY + timedelta(days=1))
    subject = way(A.FIND_ELIGIBLE)
    for day, code in ((DAY + timedelta(days=1), "in-future"), (DAY - timedelta(days=1), "before-last")):
        with pytest.raises(UserFacingError, match=code):
            do(subject, A.APPROACH, day)
    with pytest.raises(ValueError, match="time zone"):
        do(subject, A.APPROACH, at=AT.replace(tzinfo=None))


def test_of_two_changes_on_one_day_the_one_recorded_later_counts() -> None:
    subject = do(way(A.FIND_INELIGIBLE), A.FIND_ELIGIBLE)
    assert subject.state is S.ELIGIBLE and subject.status == "eligible"
    assert {each.day.start for each in subject.changes} == {DAY}
    assert set(steps_of(subject)) == {Step.SCREENED, Step.ELIGIBLE}


def test_who_says_no_before_consenting_has_declined_and_not_withdrawn() -> None:
    approached = way(*WAY[S.APPROACHED])
    with pytest.raises(UserFacingError, match="no-consent-to-withdraw"):
        do(approached, A.WITHDRAW)
    declined = do(approached, A.DECLINE)
    assert declined.status == "not-registered" and Step.WITHDRAWN not in steps_of(declined)
    assert do(declined, A.APPROACH).state is S.APPROACHED  # and may be asked again


def test_fhir_calls_it_withdrawn_before_enrolment_and_off_study_after() -> None:
    early = way(*WAY[S.WITHDRAWN])
    assert (early.status, early.start, early.end) == ("withdrawn", None, None)
    late = do(way(*WAY[S.ACTIVE]), A.WITHDRAW)
    assert (late.status, late.state) == ("off-study", S.WITHDRAWN)
    assert (str(late.start), str(late.end)) == (str(DAY), str(DAY))
    assert do(way(*WAY[S.CONSENTED]), A.LEAVE).status == "not-registered"
    assert way(*WAY[S.COMPLETED]).status == "off-study"


def test_who_is_compared_is_observed() -> None:
    consented = way(*WAY[S.CONSENTED])
    compared = do(do(consented, A.ENROL, arm="comparison", layer=3), A.START)
    assert (compared.status, compared.state, compared.layer) == ("on-study-observation", S.ACTIVE, 3)


def test_who_moves_stays_counted_where_it_happened() -> None:
    moved = do(do(way(*WAY[S.CONSENTED]), A.MOVE), A.ENROL)
    steps = steps_of(moved)
    assert moved.site == THERE and moved.state is S.ENROLLED
    assert steps[Step.CONSENTED].site == HERE and steps[Step.ENROLLED].site == THERE


def test_of_who_died_only_that_is_recorded_and_what_was_before() -> None:
    died = Person("p1", HumanName(), deceased=PartialDate("2026-11-18"))
    before, then = Details(date(2026, 11, 18)), Details(DAY)
    require_changeable(died, A.APPROACH, before)
    require_changeable(died, A.LEAVE, Details(DAY, reason=DIED))
    for details, person in ((then, died), (before, replace(died, deceased=True))):
        with pytest.raises(UserFacingError, match="patient-died"):
            require_changeable(person, A.APPROACH, details)
    require_changeable(replace(died, deceased=False), A.APPROACH, then)
    left = do(way(*WAY[S.ACTIVE]), A.LEAVE, reason=DIED)
    assert left.state is S.LEFT and Step.WITHDRAWN not in steps_of(left) and Step.ACTIVE in steps_of(left)


def test_who_was_merged_into_another_record_is_changed_there() -> None:
    link = PatientLink("replaced-by", NamedReference(Reference("Patient", "p2")))
    with pytest.raises(UserFacingError, match="patient-merged"):
        require_changeable(Person("p1", HumanName(), links=(link,)), A.APPROACH, Details(DAY))


@pytest.mark.parametrize("zone", ["Europe/Stockholm", "Europe/London", "Pacific/Auckland", "America/Los_Angeles"])
def test_a_day_is_the_day_at_the_sites(zone: str) -> None:
    kept = site_zone()
    try:
        set_site_zone(ZoneInfo(zone))
        at = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
        today = at.astimezone(ZoneInfo(zone)).date()
        subject = new_subject(
            Reference("ResearchSubject", "s1"), Reference("Patient", "p1"), Reference("ResearchStudy", "st1"), HERE,
            by=ME, why="On the list", day=today, at=at,
        )  # fmt: skip
        then = do(subject, A.FIND_ELIGIBLE, today, at)
        assert steps_of(then)[Step.ELIGIBLE].day == today and then.changes[-1].recorded.moment == at
        with pytest.raises(UserFacingError, match="in-future"):
            do(then, A.APPROACH, today + timedelta(days=1), at)
    finally:
        set_site_zone(kept)


def test_a_day_that_has_begun_further_east_is_not_followed_before_it_has_begun_here() -> None:
    """Sites in two zones have a process each: what one records on its new day, the other follows on that day."""
    kept = site_zone()
    at = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    try:
        set_site_zone(ZoneInfo("Europe/Stockholm"))
        there = do(listed(), A.FIND_ELIGIBLE, date(2026, 11, 21), at)
        set_site_zone(ZoneInfo("Europe/London"))
        for day, code in ((date(2026, 11, 20), "before-last"), (date(2026, 11, 21), "in-future")):
            with pytest.raises(UserFacingError, match=code):
                do(there, A.APPROACH, day, at + timedelta(minutes=5))
        then = do(there, A.APPROACH, date(2026, 11, 21), at + timedelta(minutes=31))
        assert then.state is S.APPROACHED and [str(each.day) for each in then.changes[1:]] == ["2026-11-21"] * 2
    finally:
        set_site_zone(kept)


# --- corrections, and what other systems write -----------------------------------------------------------------------


def test_a_mistake_is_taken_back_and_stays_on_record() -> None:
    subject = back(back(do(way(*WAY[S.APPROACHED]), A.DECLINE)))
    assert subject.state is S.ELIGIBLE and Step.APPROACHED not in steps_of(subject)
    assert [(each.action, each.taken_back) for each in subject.changes][2:] == [
        (A.APPROACH, True), (A.DECLINE, True), (A.TAKE_BACK, False), (A.TAKE_BACK, False),
    ]  # fmt: skip
    with pytest.raises(UserFacingError, match="nothing-to-take-back"):
        back(listed())
    with pytest.raises(UserFacingError, match="nothing-to-take-back"):
        back(replace(subject, status="on-study"))


@pytest.mark.parametrize("status", sorted(STATE_OF_STATUS))
def test_a_status_that_another_system_has_set_counts(status: str) -> None:
    without = replace(listed(), status=status, changes=())
    assert without.state is STATE_OF_STATUS[status]
    if without.enrolled:
        assert Step.ENROLLED in steps_of(without)
    if A.WITHDRAW in STATES[without.state]:
        ended = do(without, A.WITHDRAW)
        assert ended.status == ("off-study" if without.enrolled else "withdrawn") and ended.state is S.WITHDRAWN


def test_a_status_that_contradicts_the_history_wins_and_one_that_nobody_knows_does_not() -> None:
    assert replace(way(A.FIND_ELIGIBLE), status="on-study").state is S.ENROLLED
    assert replace(way(A.FIND_ELIGIBLE), status="odd").state is S.ELIGIBLE
    assert replace(listed(), status="", changes=()).state is S.LISTED


# --- the study and the consent ---------------------------------------------------------------------------------------


def test_the_target_line_is_straight_from_target_to_target() -> None:
    targets = (Target(PartialDate("2026-01-11"), 10), Target(PartialDate("2026-01-21"), 30))
    site, start = StudySite(HERE, targets), date(2026, 1, 1)
    days = (date(2025, 12, 1), start, date(2026, 1, 6), date(2026, 1, 11), date(2026, 1, 16), date(2026, 2, 1))
    assert [target_on(site, start, day) for day in days] == [0, 0, 5, 10, 20, 30]
    assert target_on(StudySite(HERE), start, start) is None
    assert target_on(StudySite(HERE, targets[:1]), date(2026, 1, 11), date(2026, 1, 11)) == 10
    study = Study(Reference("ResearchStudy", "st1"), "1", "Pilot", "active", sites=(StudySite(NOBODY), site))
    assert study.site("org-1") == site and study.site("org-9") is None


@pytest.mark.parametrize(("form", "version"), [("", "1"), ("Form", " "), ("F" * (LONGEST_FORM + 1), "1")])
def test_a_consent_needs_its_form_and_version(form: str, version: str) -> None:
    with pytest.raises(UserFacingError, match="form-missing"):
        new_study_consent(CONSENT, Reference("Patient", "p1"), PartialDate("2026-11-20"), form, version, HERE)
