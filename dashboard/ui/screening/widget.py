"""The page of the screening: the funnel, the filters, the list, and the bar for those who are chosen."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

import streamlit as st

from dashboard.cache.cache import silent
from dashboard.domain.access.permissions import Action, Relation, is_permitted
from dashboard.domain.pilot.enrolment import EnrolmentAction
from dashboard.domain.pilot.planned_change import allowed_actions
from dashboard.domain.pilot.screening_list import ScreenedPatient, ScreeningList
from dashboard.errors import DashboardError
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.navigation.titles import show_title
from dashboard.ui.paper.browser_print import part_words
from dashboard.ui.paper.widget_browser import listen_for_print
from dashboard.ui.pilot.enrolment_words import DO, DONE, STATES
from dashboard.ui.screening import chosen
from dashboard.ui.screening.change_html import done_html, recorded_html
from dashboard.ui.screening.export import screening_excel
from dashboard.ui.screening.html import filter_words, funnel_html, heading_html, list_html, rule_html
from dashboard.ui.screening.rows import FilteredList, filter_lines
from dashboard.ui.screening.view import ScreeningView, choose, toggle, write_screening_view
from dashboard.ui.screening.widget_answers import answers_form, take_back_answers
from dashboard.ui.screening.widget_change import change_form, take_back
from dashboard.ui.screening.words import FACTS
from dashboard.ui.session import reads, session
from dashboard.ui.session import screening as screenings
from dashboard.ui.session.downloads import when_pressed
from dashboard.ui.session.recheck import OnScreen, recheck
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import warning_html
from dashboard.ui.shared.controls import changed, set_control
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.loading import read_with_skeleton
from dashboard.ui.shared.messages import show_messages
from dashboard.ui.shared.notices import as_of_words, awaited_words, notice_words, stale_words, unreadable_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_number, press_text
from dashboard.ui.shared.redraw import redraw_page
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn

FOLLOW_SECONDS = 0.5
"""How often the page asks what has come while a team is read for the first time."""


def screening(view: ScreeningView) -> None:
    """The list, or the change that is being filled in."""
    with error_boundary("screening"):
        show_messages()
        found, away = read_with_skeleton(screenings.read_screening, "screening")
        show_title(t("Screening"), navigation.address_of("screening"))
        recheck("screening", _on_screen(found, away), lambda: _on_screen(*screenings.read_screening()))
        at = ViewTime(session.as_of(), session.zone())
        why = away or found.stale
        stale = stale_words(found.fetched, at.as_of, at.zone, why)
        # A slow server is silent for a moment at every look: a save is held to the version that was seen all the same.
        shut = "" if why == silent().code else stale
        chosen.begin_asked()
        asked = chosen.asked()
        if asked is not None or chosen.answering():
            warning = warning_html(stale)
            if warning is not None:
                panel("screening-stale", warning)
        if asked is not None:
            change_form(found, asked, shut)
            return
        if chosen.answering():
            answers_form(found, chosen.answering(), shut)
            return
        shown = filter_lines(found, view)
        _listen(found, shown, view, at)
        notices = [*unreadable_words(found.unreadable), *map(notice_words, found.notices)]
        notices += [awaited_words(found.awaited)] if found.awaited else []
        age = as_of_words(found.fetched, None, at.as_of, at.zone)
        panel("screening-heading", heading_html(found, age, stale, notices), on_press)
        _done(found)
        _recorded(found)
        if found.awaited:
            _follow()
        panel("screening-funnel", funnel_html(shown, view), on_press)
        _controls(found, shown, view)
        changes = may_change(found, shut)
        similar = reads.similar_people()
        panel(
            "screening-list",
            list_html(shown, view, at, similar, changes),
            on_press,
            picks=chosen.picks() if changes else None,
        )
        if changes:
            _bar(found, shown)


@st.fragment(run_every=FOLLOW_SECONDS)
def _follow() -> None:
    """While a team is read for the first time: has the page drawn anew once all of it is there."""
    with error_boundary("screening-progress"):
        try:
            awaited = screenings.read_screening()[0].awaited
        except DashboardError:
            st.rerun()
        if not awaited:
            redraw_page()


def _on_screen(found: ScreeningList, away: str) -> OnScreen:
    return OnScreen(frozenset(found.patients), found.fetched, away or found.stale)


def may_change(found: ScreeningList, stale: str) -> bool:
    """Whether changes are offered: by whose role, of a pilot that is there, and of what is not old."""
    permitted = is_permitted(session.user().roles, Action.CHANGE_ENROLMENT, Relation.TEAM)
    return permitted and found.study is not None and not stale and not found.awaited


def _listen(found: ScreeningList, shown: FilteredList, view: ScreeningView, at: ViewTime) -> None:
    page = shown.page
    facts = [as_of_words(found.fetched, None, at.as_of, at.zone)]
    facts += [words for _, _, words in filter_words(view, shown.sites)]
    sheet = (t("Screening"), (*facts, *part_words(page.first, page.last, page.total)))
    listen_for_print("screening", [line.person.id for line in page.rows], urlencode(write_screening_view(view)), sheet)


def _done(found: ScreeningList) -> None:
    done = chosen.done()
    if done is None:
        return
    lines = {line.person.id: line for line in found.lines}
    html = done_html(t(DONE[done.action]), len(done.patients), done.undo, done.failed, lines)
    panel("screening-done", html, on_done_press)


def _recorded(found: ScreeningList) -> None:
    recorded = chosen.recorded()
    if recorded is None:
        return
    line = next((each for each in found.lines if each.person.id == recorded.patient), None)
    panel("screening-recorded", recorded_html(line, len(recorded.ids)), on_recorded_press)


def _controls(found: ScreeningList, shown: FilteredList, view: ScreeningView) -> None:
    with st.container(key="controls", horizontal=True, vertical_alignment="center"):
        set_control("s_q", view.q)
        st.text_input(
            t("Search by name"),
            key="s_q",
            on_change=changed("s_q", partial(_choose, view, "q")),
            live=True,
            placeholder=t("Search by name"),
            label_visibility="collapsed",
            icon=":material/search:",
            max_chars=100,
            width=240,
        )
        counts = shown.counts
        # Without their counts: the browser goes on showing the words of a choice as they were when it was made.
        _select("site", view, view.wanted.site, shown.sites, t("Site"), t("All sites"))
        missing = {str(key): t(words) for key, words in FACTS.items() if counts.missing[key]}
        _select("missing", view, view.wanted.missing, missing, t("What is missing"), t("Whatever is missing"))
        st.space("stretch")
        with st.popover(t("The rule"), icon=":material/help:", key="s_rule"):
            panel("screening-rule", rule_html())
        _export(found, shown, view)


def _select(name: str, view: ScreeningView, now: str, words: Mapping[str, str], label: str, everything: str) -> None:
    key = f"s_{name}"
    options = ["", *words] if not now or now in words else ["", *words, now]
    set_control(key, now)
    st.selectbox(
        label,
        options,
        format_func=lambda value: words.get(value, str(value)) if value else everything,
        key=key,
        on_change=changed(key, partial(_choose, view, name)),
        label_visibility="collapsed",
        width=240,
    )


def _choose(view: ScreeningView, name: str, value: str | None) -> None:
    navigation.show_screening(choose(view, name, value or ""))


def _export(found: ScreeningList, shown: FilteredList, view: ScreeningView) -> None:
    at = ViewTime(session.as_of(), session.zone())
    patients = [line.person.id for line in shown.matching]
    query = f"screening.xlsx?{urlencode(write_screening_view(view))}"
    make = partial(screening_excel, shown.matching, at.as_of, at.zone)
    st.download_button(
        t("Excel"),
        data=when_pressed(reads.export(patients, query, make)),
        file_name=f"screening-{at.as_of.astimezone(at.zone).strftime('%Y%m%d-%H%M')}.xlsx",
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        key="s_xlsx",
        icon=":material/download:",
        on_click="ignore",
        disabled=not patients,
        help=t(
            "{n} patients, as filtered and ordered. The file holds names: keep it as you keep a record.",
            n=len(patients),
        ),
    )


def _bar(found: ScreeningList, shown: FilteredList) -> None:
    """What can be done with those who are chosen; at the foot of the window."""
    ids = frozenset(chosen.picks().ids)
    lines = [line for line in found.lines if line.person.id in ids]
    if not lines:
        return
    actions = allowed_actions(lines)
    with st.container(key="screening-bar", horizontal=True, vertical_alignment="center"):
        panel(
            "screening-chosen",
            h.p(role="status")[h.b[_chosen_words(lines, shown)], *_mixed(lines, actions)],
            narrow=True,
        )
        for action in actions:
            st.button(
                t(DO[action]),
                key=f"screening_do-{action}",
                on_click=chosen.ask,
                args=(action, [line.person.id for line in lines]),
            )
        st.space("stretch")
        others = [line for line in shown.matching if line.person.id not in ids and allowed_actions([line])]
        if others:
            everybody = [*(line.person.id for line in lines), *(line.person.id for line in others)]
            st.button(
                t("Choose all {n}", n=len(everybody)),
                key="screening_all",
                type="tertiary",
                on_click=chosen.choose,
                args=(everybody,),
            )
        st.button(t("Choose nobody"), key="screening_none", type="tertiary", on_click=chosen.choose, args=((),))


def _chosen_words(lines: list[ScreenedPatient], shown: FilteredList) -> str:
    words = tn("{n} person chosen", "{n} people chosen", len(lines))
    there = {line.person.id for line in shown.page.rows}
    hidden = sum(line.person.id not in there for line in lines)
    return f"{words}, {tn('{n} not on this page', '{n} not on this page', hidden)}" if hidden else words


def _mixed(lines: list[ScreenedPatient], actions: tuple[EnrolmentAction, ...]) -> list[str]:
    """Why nothing is offered."""
    if actions:
        return []
    states = dict.fromkeys(t(STATES[line.state]) for line in lines)
    return [" ", t("No change is allowed for all of them: {states}.", states=", ".join(states))]


def on_press(pressed: Press) -> None:
    """A press on a number, a chip, a box, a step of one person, the pager, a patient, or what was done."""
    view, do = navigation.screening_view(), pressed.get("do")
    patient = press_text(pressed, "id")
    if do == "open":
        navigation.open_patient(patient)
    elif do == "toggle":
        navigation.show_screening(toggle(view, press_text(pressed, "name"), press_text(pressed, "value")))
    elif do == "clear":
        navigation.show_screening(ScreeningView())
    elif do == "page":
        navigation.show_screening(replace(view, page=max(1, press_number(pressed, "n"))))
    elif do == "pick":
        chosen.take_picks(press_number(pressed, "round"), pressed.get("ids"))
    elif do == "answer":
        chosen.answer(patient)
    elif do == "do" and press_text(pressed, "action") in list(EnrolmentAction):
        chosen.choose([patient])
        chosen.ask(EnrolmentAction(press_text(pressed, "action")), [patient])


def on_recorded_press(pressed: Press) -> None:
    """A press below the answers that were recorded."""
    recorded, do = chosen.recorded(), pressed.get("do")
    if recorded is not None and do == "undo":
        take_back_answers(recorded)
    elif do == "close":
        chosen.say_recorded(None)


def on_done_press(pressed: Press) -> None:
    """A press below what was done."""
    do, done = pressed.get("do"), chosen.done()
    if done is None:
        return
    if do == "undo" and done.undo:
        take_back(done)
    elif do == "again":
        chosen.choose(done.patients)
        chosen.say_done(None)
    elif do == "close":
        chosen.say_done(None)
