"""A line of the screening list as HTML: who, where, how the person stands in the pilot, what the rule says and why."""

from datetime import tzinfo

from dashboard.domain.pilot.eligibility import Outcome
from dashboard.domain.pilot.enrolment import EnrolmentAction, EnrolmentState
from dashboard.domain.pilot.planned_change import allowed_actions
from dashboard.domain.pilot.screening_answer import ScreeningQuestion
from dashboard.domain.pilot.screening_facts import FactKey
from dashboard.domain.pilot.screening_list import Mark, ScreenedPatient, Unlisted
from dashboard.ui.patient.link_html import patient_link, record_link, survivor_link
from dashboard.ui.pilot.enrolment_words import DO
from dashboard.ui.record.people import (
    main_identifier,
    show_born,
    show_died,
    show_gender_letter,
    show_identifier,
    show_name,
    show_record_state,
    similar_words,
)
from dashboard.ui.screening.words import (
    FACTS,
    MARKS,
    OUTCOMES,
    age_note,
    doubt_words,
    last_change_words,
    missing_words,
    site_words,
    state_words,
    used_words,
    value_words,
    where_words,
)
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn

_OUTCOME_ICONS = {Outcome.ELIGIBLE: "check", Outcome.NOT_KNOWN: "search", Outcome.NOT_ELIGIBLE: "close"}
NEXT: dict[EnrolmentState, EnrolmentAction] = {
    EnrolmentState.ELIGIBLE: EnrolmentAction.APPROACH,
    EnrolmentState.APPROACHED: EnrolmentAction.CONSENT,
    EnrolmentState.CONSENTED: EnrolmentAction.ENROL,
    EnrolmentState.ENROLLED: EnrolmentAction.START,
    EnrolmentState.ACTIVE: EnrolmentAction.COMPLETE,
    EnrolmentState.FOLLOW_UP: EnrolmentAction.COMPLETE,
}


def next_action(line: ScreenedPatient) -> EnrolmentAction | None:
    """What is mostly done next with somebody who stands so; None where nothing more is recorded."""
    allowed, state = allowed_actions([line]), line.state
    if not allowed:
        return None
    if isinstance(state, EnrolmentState) and state in NEXT:
        return NEXT[state]
    rule = line.eligibility.outcome
    if rule is Outcome.ELIGIBLE and line.to_approach:
        return EnrolmentAction.FIND_ELIGIBLE
    if rule is Outcome.NOT_ELIGIBLE and state is not EnrolmentState.INELIGIBLE:
        return EnrolmentAction.FIND_INELIGIBLE if EnrolmentAction.FIND_INELIGIBLE in allowed else None
    return EnrolmentAction.LIST if EnrolmentAction.LIST in allowed else None


def row_html(line: ScreenedPatient, at: ViewTime, similar: bool, may_change: bool) -> Html:
    """One patient; the row is a link to the patient's page."""
    person, pid = line.person, line.person.id
    dead = bool(person.deceased) or not person.in_use
    return h.tr(data_row=pid, data_key=f"row-{pid}", class_="c3-row c3-dead" if dead else "c3-row")[
        h.td(class_="c3-pickcell")[_pick(line)] if may_change else None,
        h.th(scope="row")[
            patient_link(pid, h.bdi[show_name(person.name)], class_="c3-who"),
            h.div(class_="c3-sub")[
                h.span(class_="c3-nw")[t("born {date}", date=show_born(person, at.today))],
                ", ",
                show_gender_letter(person.gender),
            ],
            h.div(class_="c3-sub")[h.bdi[" ".join(show_identifier(main_identifier(person)))]],
            h.div(class_="c3-sub c3-alike")[icon("warn"), " ", similar_words()] if similar else None,
            h.div(class_="c3-sub")[t("Died {date}", date=show_died(person, at.today))] if person.deceased else None,
            h.div(class_="c3-sub")[show_record_state(person)] if not person.in_use else None,
            (h.div(class_="c3-sub")[survivor_link(each)] for each in person.survivors),
        ],
        h.td[h.bdi[site_words(line)], h.div(class_="c3-sub")[line.region] if line.region else None],
        h.td[_state(line, at.zone)],
        h.td[_rule(line)],
        h.td(class_="c3-nextcell")[_ask(line), _next(line)] if may_change else None,
    ]


def _pick(line: ScreenedPatient) -> Html | None:
    name = show_name(line.person.name)
    if not allowed_actions([line]):
        return None
    return h.label(class_="c3-pick")[
        h.input(type="checkbox", data_pick=line.person.id, aria_label=t("Choose {name}", name=name))
    ]


def _state(line: ScreenedPatient, zone: tzinfo) -> Html:
    change, why = last_change_words(line)
    late = age_note(line, zone)
    known = line.state is not Unlisted.NOT_KNOWN
    return fragment[
        h.div(class_="c3-strongword" if line.subject is not None else "c3-quiet")[
            None if known else [icon("warn"), " "], state_words(line)
        ],
        h.div(class_="c3-sub")[t("By a record that was merged into this one")] if line.by_merged_record else None,
        h.div(class_="c3-sub")[unbroken_dates(change)] if change else None,
        h.div(class_="c3-sub")[h.bdi[why]] if why else None,
        h.div(class_="c3-sub")[unbroken_dates(late)] if late else None,
        (h.div(class_="c3-markword")[icon("warn"), " ", t(MARKS[each])] for each in Mark if each in line.marks),
    ]


def _rule(line: ScreenedPatient) -> Html:
    found = line.eligibility
    missing = missing_words(line)
    return fragment[
        h.div(class_=f"c3-outcome c3-outcome-{found.outcome}")[
            icon(_OUTCOME_ICONS[found.outcome]), t(OUTCOMES[found.outcome])
        ],
        h.div(class_="c3-sub")[missing] if missing else None,
        h.details(data_key=f"facts-{line.person.id}", class_="c3-facts")[
            h.summary[tn("{n} fact used", "{n} facts used", len(found.used))],
            h.ul[(_fact(line, number) for number in range(len(found.used)))],
            h.ul[(h.li(class_="c3-quiet")[_missing(key)] for key in found.missing)] if found.missing else None,
        ],
    ]


ASKED = {
    FactKey.LIVING_SITUATION: ScreeningQuestion.LIVING_SITUATION,
    FactKey.ICT_SELF_CHECK: ScreeningQuestion.ICT_SELF_CHECK,
    FactKey.NYHA_CLASS: ScreeningQuestion.NYHA_CLASS,
}
"""The facts that are asked for on this page, with their questions; beside them the self-check of each carer."""


def _ask(line: ScreenedPatient) -> Html | None:
    """The way to record what is missing and can be asked."""
    missing = line.eligibility.missing
    of_carers = FactKey.CARER_ICT_SELF_CHECK in missing and line.carers
    if not line.person.in_use or line.person.deceased or not (of_carers or any(key in ASKED for key in missing)):
        return None
    pid, name = line.person.id, show_name(line.person.name)
    return h.button(
        type="button", class_="c3-button", data_act=press("answer", id=pid), data_key=f"answer-{pid}",
        aria_label=t("Record answers of {name}", name=name),
    )[t("Record answers"), "…"]  # fmt: skip


def _missing(key: FactKey) -> str:
    return t("{fact}: recorded in {place}", fact=t(FACTS[key]), place=where_words(key))


def _fact(line: ScreenedPatient, number: int) -> Html:
    used = line.eligibility.used[number]
    when = show_date(used.when) if used.when is not None else ""
    doubt = doubt_words(used)
    linked = used.origin.type in ("Condition", "Observation")
    return h.li[
        h.span(class_="c3-label")[used_words(used)],
        " ",
        h.b[unbroken_dates(value_words(used))],
        [" ", h.span(class_="c3-nw c3-when")[when]] if when else None,
        [", ", h.span(class_="c3-lateword")[doubt]] if doubt else None,
        [" ", record_link(line.person.id, used.origin)] if linked else None,
    ]


def _next(line: ScreenedPatient) -> Html | None:
    action = next_action(line)
    if action is None:
        return None
    pid = line.person.id
    return h.button(
        type="button", class_="c3-button", data_act=press("do", id=pid, action=action), data_key=f"do-{pid}",
        aria_label=t("{change}: {name}", change=t(DO[action]), name=show_name(line.person.name)),
    )[t(DO[action]), "…"]  # fmt: skip
