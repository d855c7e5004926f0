"""The page on the use of rules: heading, file, table."""

import streamlit as st

from dashboard.ui.paper.browser_print import print_margins
from dashboard.ui.rule_use.html import feedback_html, use_heading_html, use_table_html
from dashboard.ui.rule_use.words import titles, use_csv
from dashboard.ui.session import session
from dashboard.ui.session.downloads import when_pressed
from dashboard.ui.session.recheck import watch_role
from dashboard.ui.session.recommendations import read_use, use_file
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.loading import read_with_skeleton
from dashboard.ui.shared.messages import show_messages
from dashboard.ui.shared.notices import as_of_words, notice_words, stale_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.wording import t, tn


def rule_use() -> None:
    """Counts of people by rule and version."""
    with error_boundary("rule-use"):
        show_messages()
        watch_role()
        found, away = read_with_skeleton(read_use, "rule-use")
        as_of, zone = session.as_of(), session.zone()
        notices = [notice_words(notice) for notice in found.notices]
        if found.unreadable:
            notices.append(tn("{n} record could not be read.", "{n} records could not be read.", found.unreadable))
        age = as_of_words(found.fetched, None, as_of, zone)
        print_margins(t("Use of rules"), (age,))
        panel("use-heading", use_heading_html(age, stale_words(found.fetched, as_of, zone, away), notices))
        known = titles(session.guidelines().every_rule)
        if found.rules or found.feedback:
            _file(known)
        panel("use-table", use_table_html(found, known))
        panel("use-feedback", feedback_html(found, known))


def _file(known: dict[str, str]) -> None:
    """Made only when pressed, read anew, and on record before it is made."""
    who, server = session.user(), session.fhir()
    stamp = session.as_of().astimezone(session.zone()).strftime("%Y%m%d-%H%M")
    with st.container(key="use-files", horizontal=True, horizontal_alignment="right"):
        st.download_button(
            t("Counts, CSV"),
            data=when_pressed(lambda: use_file(who, server, lambda found: use_csv(found, known))),
            file_name=f"rules-{stamp}.csv",
            mime="text/csv",
            key="use_csv",
            on_click="ignore",
        )
