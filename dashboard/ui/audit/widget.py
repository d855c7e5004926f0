"""The audit page: filters, table, file. The address is their state."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import streamlit as st

from dashboard.domain.access.permissions import Action, Relation, is_permitted
from dashboard.domain.audit.record import AuditKind, AuditOutcome
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, NotFound, UserFacingError
from dashboard.ui.audit.html import audit_heading_html, audit_table_html, record_readers_html
from dashboard.ui.audit.view import OUTCOMES, PAGE_ROWS, AuditView, choose_audit, patient_id
from dashboard.ui.audit.words import KINDS, OUTCOME_WORDS, audit_csv, audit_lines, on_file_words
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.navigation.widget_topbar import users_words
from dashboard.ui.paper.browser_print import print_margins
from dashboard.ui.session import reads, session
from dashboard.ui.session.auditing import audit_status
from dashboard.ui.session.downloads import when_pressed
from dashboard.ui.session.recheck import watch_role
from dashboard.ui.shared.controls import changed, set_control
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.loading import read_with_skeleton
from dashboard.ui.shared.messages import queue_message, show_messages
from dashboard.ui.shared.notices import as_of_words, notice_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_number, press_text
from dashboard.ui.shared.wording import t, tn


def audit(view: AuditView) -> None:
    """Heading, filters, table. Asked anew at each press: what is on record changes all the time."""
    with error_boundary("audit"):
        show_messages()
        watch_role()
        records = read_with_skeleton(lambda: reads.read_audit(view.wanted, view.first, PAGE_ROWS), "audit")
        zone = session.zone()
        notices = [notice_words(notice) for notice in records.notices]
        if records.unreadable:
            notices.append(tn("{n} record could not be read.", "{n} records could not be read.", records.unreadable))
        age = as_of_words(records.fetched, None, session.as_of(), zone)
        print_margins(t("Audit"), (age,))
        panel("audit-heading", audit_heading_html(age, zone_name(), audit_status(), notices), on_press)
        _controls(view)
        lines, on_file = audit_lines(records.entries, zone), on_file_words(records, view.first)
        panel("audit-table", audit_table_html(lines, view, records.more, on_file), on_press)


def who_looked(ident: str) -> None:
    """Who looked at this record, for the patient alone; asked for only when it is opened."""
    who = session.user()
    own = who.fhir_user == Reference("Patient", ident)
    if not is_permitted(who.roles, Action.VIEW_WHO_LOOKED, Relation.SELF if own else Relation.OTHER_TEAM):
        return
    with st.expander(t("Who looked at this record"), key=f"looks-{ident}", on_change="rerun") as shown:
        if shown.open:
            with error_boundary("looks"):
                records = reads.read_who_looked(ident)
                panel(
                    f"looks-{ident}-list",
                    record_readers_html(audit_lines(records.entries, session.zone()), records.more),
                )


def on_press(pressed: Press) -> None:
    """A press on a person, a patient, the pager, or on what clears the filters."""
    view, do = navigation.audit_view(), pressed.get("do")
    if do in ("who", "patient"):
        navigation.show_audit(choose_audit(view, str(do), press_text(pressed, "value")))
    elif do == "page":
        navigation.show_audit(replace(view, page=max(1, press_number(pressed, "n"))))
    elif do == "emergency":
        navigation.show_audit(choose_audit(view, "kind", AuditKind.EMERGENCY_ACCESS.value))
    elif do == "clear":
        navigation.show_audit(AuditView())


def _controls(view: AuditView) -> None:
    with st.container(key="audit-controls", horizontal=True, vertical_alignment="bottom"):
        _person(view)
        _patient(view)
        _one("kind", view, [kind.value for kind in AuditKind], t("What"), lambda value: t(KINDS[AuditKind(value)]))
        outcomes = [outcome.value for outcome in OUTCOMES]
        _one("outcome", view, outcomes, t("Outcome"), lambda value: t(OUTCOME_WORDS[AuditOutcome(value)]))
        _day("since", view, t("From"), view.wanted.since)
        _day("until", view, t("To"), view.wanted.until)
        st.space("stretch")
        if view.filtered:
            st.button(t("Clear all filters"), key="a_clear", on_click=navigation.show_audit, args=(AuditView(),))
        _file(view)


def _one(
    name: str, view: AuditView, values: list[str], label: str, words: Callable[[str], str], width: int = 190
) -> None:
    key, chosen = f"a_{name}", getattr(view.wanted, name)
    now = str(chosen) if chosen else ""
    set_control(key, now)
    options = ["", *values] if not now or now in values else ["", *values, now]
    st.selectbox(
        label,
        options,
        format_func=lambda value: words(value) if value else t("All"),
        key=key,
        on_change=changed(key, lambda value: navigation.show_audit(choose_audit(view, name, value or ""))),
        width=width,
    )


def _person(view: AuditView) -> None:
    people = [who for who in session.users().values() if who.practitioner]
    known = users_words({str(who.practitioner): who for who in people})
    _one("who", view, list(known), t("Who"), lambda value: known.get(value, value), width=220)


def _patient(view: AuditView) -> None:
    set_control("a_patient", view.wanted.patient)

    def typed(text: str) -> None:
        navigation.show_audit(choose_audit(view, "patient", _id_of(text)))

    names = is_permitted(session.user().roles, Action.FIND_PATIENT)
    st.text_input(
        t("Patient’s name, number or id") if names else t("Patient’s number or id"),
        key="a_patient",
        on_change=changed("a_patient", typed),
        max_chars=80,
        width=170,
    )


def _id_of(text: str) -> str:
    """The id of whom the number belongs to; of whom the name is, for users who may see names, among the patients of
    their teams; else the text is taken for an id. No name is shown here to anybody.
    """
    typed = text.strip()
    if not typed:
        return ""
    try:
        return _named(typed) or reads.patient_id_of(typed)
    except NotFound:
        if not any(sign.isdigit() or sign in "-/" for sign in typed):
            queue_message(t("No patient has this number. Administrators see no names, so none is searched for."))
        return patient_id(typed)
    except DashboardError as problem:
        queue_message(error_words(problem), wrong=True)
        return "" if problem.code == "several-of-this-name" else patient_id(typed)


def _named(typed: str) -> str:
    """The one patient of the user's teams with this name, "" where it is none or the user sees no names."""
    if any(sign.isdigit() for sign in typed) or not is_permitted(session.user().roles, Action.FIND_PATIENT):
        return ""
    found = reads.find(typed)
    if len(found) > 1:
        raise UserFacingError("several-of-this-name", n=len(found))
    return found[0].person.id if found else ""


def zone_name() -> str:
    """The zone of the sites, as it is set, and how far it is from UTC at the moment of view."""
    local = session.as_of().astimezone(session.zone())
    offset = f"{local:%z}"
    return f"{session.zone()} (UTC{offset[:3]}:{offset[3:5]})"


def _day(name: str, view: AuditView, label: str, now: date | None) -> None:
    key = f"a_{name}"
    set_control(key, now)

    def chosen(day: object) -> None:
        navigation.show_audit(choose_audit(view, name, day.isoformat() if isinstance(day, date) else ""))

    lowest = date(1901, 1, 1)
    highest = date(9998, 12, 31)
    st.date_input(
        label,
        key=key,
        format="DD/MM/YYYY",
        on_change=changed(key, chosen),
        min_value=lowest,
        max_value=highest,
        width=140,
    )


def _file(view: AuditView) -> None:
    # Made only when pressed, and on record before it is made.
    who, wanted, zone = session.user(), view.wanted, session.zone()
    stamp = session.as_of().astimezone(session.zone()).strftime("%Y%m%d-%H%M")
    st.download_button(
        t("CSV"),
        data=when_pressed(lambda: reads.audit_file(who, wanted, lambda entries: audit_csv(entries, zone))),
        file_name=f"audit-{stamp}.csv",
        mime="text/csv",
        key="a_csv",
        on_click="ignore",
        icon=":material/download:",
    )
