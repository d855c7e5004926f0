"""The one form that is open on the page of a care plan: its fields, what is typed as a draft, and saving."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

import streamlit as st

from dashboard.domain.access.user import User
from dashboard.domain.care_plan.plan_item import AGREEMENT, MEMBER, field_of
from dashboard.domain.care_plan.shared_plan import Membership
from dashboard.domain.care_plan.statuses import AFTER, END, stand_together
from dashboard.domain.care_plan.validation import LIMITS, check, cleaned
from dashboard.domain.record.comment import Comment
from dashboard.domain.values.datatypes import Coding, PartialDate
from dashboard.domain.values.words import without_control_characters
from dashboard.errors import UserFacingError
from dashboard.ui.care_plan.form_state import OpenForm
from dashboard.ui.care_plan.offered import goals, people, problems, worded
from dashboard.ui.care_plan.page import PlanPage
from dashboard.ui.care_plan.widget_changes import begin_anew, close_form, save_form
from dashboard.ui.care_plan.widget_fields import (
    LAST_REASON,
    Filling,
    ask_choice,
    ask_code,
    ask_date,
    ask_day,
    ask_many,
    ask_own_words,
    ask_person,
    ask_relations,
    ask_several,
    ask_targets,
    ask_text,
    ask_why,
)
from dashboard.ui.care_plan.widget_filled import forget_refusal, refusal, remember_filled, went_on
from dashboard.ui.care_plan.widget_linking import linking_form
from dashboard.ui.care_plan.widget_signing import agreement_form, signing_form
from dashboard.ui.care_plan.widget_usual import ask_kind, ask_usual
from dashboard.ui.care_plan.words import (
    AGREEMENTS,
    END_REASONS,
    GOAL_PRIORITIES,
    STATUSES,
    kind_word,
)
from dashboard.ui.record.names import ACHIEVEMENTS, PRIORITIES, rule_label, word
from dashboard.ui.record.people import distinct_labels
from dashboard.ui.session import session
from dashboard.ui.session.drafts import discard_draft, keep_draft
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_moment
from dashboard.ui.shared.draft_text import draft_text
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import Html, clean
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.wording import t

_NONE: Final = ""
LONGEST_ROLE: Final = 80
"""Letters of a role: a line of a list of members."""


def plan_form(form: OpenForm, page: PlanPage) -> None:
    """The form in its frame."""
    form = went_on(form)
    with st.container(key="plan-form"):
        _shown(form, page)


@st.fragment
def _shown(form: OpenForm, page: PlanPage) -> None:
    # A fragment runs again by itself, outside the boundary of the page.
    with error_boundary("plan-form"):
        panel("plan-formhead", _head_html(form))
        if form.do == "sign":
            signing_form(form, page)
        elif form.do == "agree":
            agreement_form(form, page)
        elif form.do == "link":
            linking_form(form, page)
        else:
            _item_form(Filling(form, page))


def _item_form(filling: Filling) -> None:
    """The fields of one item, why they are changed, and saving."""
    form = filling.form
    _FORMS[form.do](filling)
    reason = _reason(filling)
    remember_filled(form, filling.filled, reason)
    _keep(filling)
    said = st.container()
    with st.container(horizontal=True):
        if st.button(t("Save"), type="primary", key="plan_save", shortcut="Ctrl+Enter"):
            forget_refusal()
            with said:
                _save(filling, reason)
        if st.button(t("Close"), key="plan_close"):
            close_form()
            st.rerun()
        if form.typed(filling.filled) and st.button(t("Throw away what I typed"), key="plan_throw"):
            discard_draft(form.patient_id, form.origin, form.do)
            begin_anew(form)
            st.rerun()
    if refused := refusal(form):
        said.error(refused)
    words = t(
        "What you type is kept for you until you save it or throw it away, {hours} hours at most, also when the "
        "page is loaded again or you sign in again. Only a restart of the dashboard loses it.",
        hours=f"{session.process().settings.session_seconds / 3600:g}",
    )
    panel("plan-formfoot", h.p(class_="c3-sub")[words])


def _head_html(form: OpenForm) -> Html:
    """What the form does, and that it begins with what was typed before."""
    draft = None
    if form.draft is not None:
        when = show_moment(form.draft, session.zone())
        draft = h.p(class_="c3-sub")[t("These are your words of {when}, which were not saved yet.", when=when)]
    follows = None
    if form.accepts is not None:
        rule = rule_label(form.accepts.card.canonical)
        follows = h.p(class_="c3-sub")[t("From a recommendation ({rule}): saving it accepts it.", rule=rule)]
    return h.div[h.h3[heading(form)], follows, draft]


def heading(form: OpenForm) -> str:
    """What the form does, to which kind of item."""
    kind = kind_word(form.origin.type)
    return {
        "edit": t("Change: {kind}", kind=kind),
        "note": t("Add a note: {kind}", kind=kind),
        "end": t("End or reject: {kind}", kind=kind),
        "add": t("New: {kind}", kind=kind),
        "sign": t("Sign off: status and review"),
        "agree": t("Who agrees to the goals"),
        "link": t("Medicines and appointments of the plan"),
    }[form.do]


def _reason(filling: Filling) -> str:
    """Why it is changed, asked once: of what ends its own reason, and a note is its own."""
    if filling.form.do == "note":
        return t("Note added")
    return filling.why if filling.form.do == "end" else ask_why(filling)


def _save(filling: Filling, reason: str) -> None:
    """Saves, or says what is wrong; what is filled in stays."""
    form, item = filling.form, cleaned(filling.filled)
    if filling.wrong:
        for sentence in filling.wrong:
            st.error(sentence)
        return
    try:
        if item == form.before:
            raise UserFacingError("plan-nothing-changed")
        check(item, form.before, filling.page.at.today)
        if not without_control_characters(reason):
            raise UserFacingError("plan-reason-empty")
    except UserFacingError as problem:
        st.error(error_words(problem))
        return
    st.session_state[LAST_REASON] = reason
    save_form(form, item, reason, filling.page.names)
    st.rerun()


def _keep(filling: Filling) -> None:
    """Keeps what is typed by now, so that it is offered again after a reload or a new sign-in."""
    form, typed = filling.form, filling.form.typed(filling.filled)
    if form.before is None and not any(typed.get(name) for name in ("title", "reason")):
        typed = {}
    if not typed:
        discard_draft(form.patient_id, form.origin, form.do)
    elif not keep_draft(form.patient_id, form.origin, form.do, _version(form), typed, base=form):
        st.warning(t("There is no room for more drafts: this one is kept in this window only. Save it, or others."))


def _version(form: OpenForm) -> str:
    """The version of the item that its writer has read; "" of a new one."""
    if form.origin == form.base.plan.origin:
        return form.base.plan.version
    part = form.base.parts().get(form.origin)
    return part.version if part is not None else ""


# --- the forms -----------------------------------------------------------------------------------------------------


def _goal(filling: Filling) -> None:
    if filling.form.do == "add":
        ask_usual(filling)
    ask_text(filling, "title", rows=2)
    left, middle, right = st.columns(3)
    with left:
        ask_person(filling, "expressed_by", people(filling.page, wishing=True))
    with middle:
        ask_date(filling, "due")
    with right:
        ask_code(filling, "achievement_status", {_NONE: t("not recorded")} | worded(ACHIEVEMENTS))
    ask_targets(filling)
    asked = filling.page.people
    for person, column in zip(asked, st.columns(max(3, len(asked))), strict=False):
        with column:
            ask_code(filling, field_of(AGREEMENT, person), worded(AGREEMENTS))
    with st.expander(t("Status, priority, problems, other goals"), key=filling.form.key("more")):
        left, middle, right = st.columns(3)
        with left:
            ask_status(filling)
        with middle:
            ask_code(filling, "priority", {_NONE: t("not recorded")} | worded(GOAL_PRIORITIES))
        with right:
            ask_date(filling, "start")
        ask_many(filling, "addresses", problems(filling.page))
        ask_relations(filling, goals(filling.page, filling.form.origin))


def _activity(filling: Filling) -> None:
    if filling.form.do == "add":
        ask_usual(filling)
        ask_kind(filling)
    ask_text(filling, "title", rows=2)
    left, middle, right = st.columns(3)
    with left:
        ask_person(filling, "owner", people(filling.page))
    with middle:
        ask_date(filling, "due")
    with right:
        ask_status(filling)
    ask_many(filling, "goals", goals(filling.page))
    ask_text(filling, "reason", rows=1)
    if filling.form.do == "edit":
        ask_text(filling, "outcome", rows=1)
    with st.expander(t("More"), key=filling.form.key("more")):
        if filling.kind == "Task":
            ask_code(filling, "priority", worded(PRIORITIES))
        else:
            ask_date(filling, "start")
            ask_many(filling, "addresses", problems(filling.page))


def _plan(filling: Filling) -> None:
    ask_text(filling, "title", rows=1)
    ask_text(filling, "description", rows=2)
    ask_many(filling, "addresses", problems(filling.page))


def _team(filling: Filling) -> None:
    """Who joins the team, and who leaves it: nobody is taken out of its record."""
    today, form = filling.page.at.today, filling.form
    # What a draft holds is offered in the fields, where it can be changed, and not taken for the team as it is.
    begun = {name: value for name, value in form.typed(form.item).items() if isinstance(value, Membership)}
    filling.form = replace(form, item=form.before or form.item)
    members = {
        name: value
        for name, value in filling.form.item.fields.items()
        if name.startswith(f"{MEMBER}:") and isinstance(value, Membership)
    }
    here = {name: value for name, value in members.items() if value.until is None or value.until.end >= today}
    words = distinct_labels({name: clean(value.name, 120) or name for name, value in here.items()})
    left = {name: value.until.end for name, value in begun.items() if name in here and value.until is not None}
    leaving = ask_several(filling, "leaving", words, t("Who leaves the team"), list(left))
    last = ask_day(filling, "until", t("Last day in the team"), min(left.values(), default=today))
    for name in leaving:
        if name in here and last is not None:
            filling.values[name] = _until(here[name], last)
    known = {
        ident: who
        for ident, who in session.users().items()
        if who.practitioner is not None and field_of(MEMBER, who.practitioner) not in here
    }
    joinable = {ident: f"{who.name}, {who.role_label}" if who.role_label else who.name for ident, who in known.items()}
    fields = {ident: field_of(MEMBER, who.practitioner) for ident, who in known.items() if who.practitioner is not None}
    first = next((ident for ident, name in fields.items() if name in begun), _NONE)
    labels = {_NONE: t("Nobody"), **{ident: clean(label, 160) for ident, label in joinable.items()}}
    joins = ask_choice(filling, "joins", labels, t("Who joins the team"), first)
    if joins:
        since = PartialDate(today.isoformat())
        code, text = _role_of(filling, known[joins], begun.get(fields[joins]))
        filling.values[fields[joins]] = Membership(known[joins].name, code, text, since)


def _role_of(filling: Filling, who: User, begun: Membership | None) -> tuple[Coding | None, str]:
    """What the new member is in the team: as elsewhere, another of the usual roles, or in one's own words. `begun` is
    what a draft holds.
    """
    offered = {each.display: each for each in session.terminology().team_roles}
    own = clean(who.role_label or (who.role.display if who.role is not None else ""), LONGEST_ROLE)
    if who.role is not None and own:
        usual = {name: each for name, each in offered.items() if each.code != who.role.code}
        offered = {own: who.role, **usual}
    first = clean(begun.role_text, LONGEST_ROLE) if begun is not None else own
    label = t("Role in the team (drafts of the list, after SNOMED CT)")
    name = f"role-{who.practitioner.id if who.practitioner is not None else ''}"
    words = ask_own_words(filling, name, label, list(offered), first=first, most=LONGEST_ROLE)
    return offered.get(words), without_control_characters(words)


def _until(member: Membership, last: date) -> Membership:
    return Membership(member.name, member.role, member.role_text, member.since, PartialDate(last.isoformat()))


def _note(filling: Filling) -> None:
    form = filling.form
    typed = next((each.text for each in _new_notes(form)), "")
    text = draft_text(t("Note (the team sees it)"), typed, form.key("note"), most=LIMITS["notes"], rows=3)
    before = form.before["notes"] if form.before is not None else ()
    if without_control_characters(text):
        who, at = session.user(), session.as_of()
        note = Comment(who.name, at.isoformat(timespec="seconds"), without_control_characters(text), who.practitioner)
        filling.values["notes"] = (*(before if isinstance(before, tuple) else ()), note)
    else:
        filling.values["notes"] = before


def _new_notes(form: OpenForm) -> list[Comment]:
    """What a draft has added to the notes."""
    before = form.before["notes"] if form.before is not None else ()
    notes = form.item["notes"]
    known = before if isinstance(before, tuple) else ()
    return (
        [each for each in notes if isinstance(each, Comment) and each not in known] if isinstance(notes, tuple) else []
    )


def _end(filling: Filling) -> None:
    """With which status it ends, and why: the reason is that of the change too."""
    form = filling.form
    words = STATUSES[filling.kind]
    was = str(form.before["status"]) if form.before is not None else ""
    allowed = AFTER[filling.kind].get(was, frozenset())
    ends = (*END[filling.kind], "rejected", "entered-in-error")
    options = {each: word(words, each) for each in ends if each in allowed}
    ask_code(filling, "status", options, t("How it ends"))
    status = str(filling.values["status"])
    if filling.kind == "Goal" and not stand_together(status, str(form.item["achievement_status"])):
        reached = {each: word(ACHIEVEMENTS, each) for each in ACHIEVEMENTS if each and stand_together(status, each)}
        first = "achieved" if status == "completed" else "not-achieved"
        if reached:
            label = t("How far it got")
            filling.values["achievement_status"] = ask_choice(filling, "reached", reached, label, first)
        else:
            filling.values["achievement_status"] = ""
    label = t("Why (the team and the person read it)")
    why = ask_own_words(filling, "endreason", label, [t(each) for each in END_REASONS], first=form.why)
    if "status_reason" in form.item.fields:
        filling.values["status_reason"] = why
    filling.why = why


def _edit(filling: Filling) -> None:
    {"Goal": _goal, "CarePlan": _plan, "CareTeam": _team}.get(filling.kind, _activity)(filling)


_FORMS: Final[Mapping[str, Callable[[Filling], None]]] = {"edit": _edit, "add": _edit, "note": _note, "end": _end}


def ask_status(filling: Filling) -> None:
    """The status, or one that may follow it."""
    words = STATUSES.get(filling.kind, {})
    was = str(filling.form.before["status"]) if filling.form.before is not None else str(filling.before("status"))
    after = AFTER.get(filling.kind, {}).get(was, frozenset())
    options = {each: word(words, each) for each in words if each == was or each in after}
    ask_code(filling, "status", options)
