"""Entry script: what every page shares, then the page. Run by `streamlit run` (through `dashboard/asgi.py`)."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Streamlit puts this folder first on the path at every run, where our `domain` or `server` would hide other modules.
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
# By name, not by what is found there: asking the disk about each entry took a tenth of a run.
HIDING = {Path(__file__).absolute().parent, ROOT / "dashboard"}
sys.path[:] = [entry for entry in sys.path if Path(entry).absolute() not in HIDING]

import streamlit as st  # noqa: E402

from dashboard.errors import NotPermitted  # noqa: E402
from dashboard.ui.connection.widget import connection_guard  # noqa: E402
from dashboard.ui.emergency_access.widget import emergency_access_bar  # noqa: E402
from dashboard.ui.navigation import pages as navigation  # noqa: E402
from dashboard.ui.navigation.titles import begin_title, end_title, title_words  # noqa: E402
from dashboard.ui.navigation.widget_topbar import choose_user_after_refusal, choose_user_sidebar, topbar  # noqa: E402
from dashboard.ui.session import session  # noqa: E402
from dashboard.ui.session.auditing import begin_viewing_session  # noqa: E402
from dashboard.ui.session.held_conference import leave_conference  # noqa: E402
from dashboard.ui.session.recheck import wait_for_role  # noqa: E402
from dashboard.ui.shared.asked import forget_asked  # noqa: E402
from dashboard.ui.shared.errors import error_boundary, show_error  # noqa: E402
from dashboard.ui.shared.panel import page_icon, style  # noqa: E402
from dashboard.ui.shared.wording import t  # noqa: E402
from dashboard.ui.sign_in.widget import signed_in  # noqa: E402

st.set_page_config(
    page_icon=page_icon(),
    layout="wide",
    initial_sidebar_state="collapsed",
)
style()
with error_boundary("app"):
    session.start_run()
    connection_guard()
    page = st.navigation(
        [
            st.Page(navigation.WORKLIST, title=t("Worklist"), url_path="worklist", default=True),
            st.Page(navigation.PATIENT, title=t("Patient"), url_path="patient", visibility="hidden"),
            st.Page(navigation.TIMELINE, title=t("Timeline"), url_path="timeline", visibility="hidden"),
            st.Page(navigation.CARE_PLAN, title=t("Care plan"), url_path="care_plan", visibility="hidden"),
            st.Page(
                navigation.RECOMMENDATIONS,
                title=t("Recommendations"),
                url_path="recommendations",
                visibility="hidden",
            ),
            # Here for everybody, so that their addresses outlive a sign-in; their queries let in whom they may.
            st.Page(navigation.CONFERENCE, title=t("Conference"), url_path="conference", visibility="hidden"),
            st.Page(navigation.CONFERENCE_LIVE, title=t("Conference"), url_path="conference_live", visibility="hidden"),
            st.Page(
                navigation.CONFERENCE_MINUTES, title=t("Minutes"), url_path="conference_minutes", visibility="hidden"
            ),
            st.Page(
                navigation.CONFERENCE_HISTORY,
                title=t("History of case conferences"),
                url_path="conference_history",
                visibility="hidden",
            ),
            st.Page(navigation.AUDIT, title=t("Audit"), url_path="audit", visibility="hidden"),
            st.Page(navigation.RULE_USE, title=t("Use of rules"), url_path="rule_use", visibility="hidden"),
            st.Page(navigation.SCREENING, title=t("Screening"), url_path="screening", visibility="hidden"),
            st.Page(navigation.ENROLMENT, title=t("Enrolment"), url_path="enrolment", visibility="hidden"),
            st.Page(navigation.MY_RECORD, title=t("My record"), url_path="my_record", visibility="hidden"),
        ],
        # Our own links in the header (topbar): Streamlit shows none while one page is to be chosen.
        position="hidden",
    )
    # The page's address stays as it was asked for: the way back after the sign-in leads there.
    if signed_in():
        begin_title(page.title, navigation.address_of(page.url_path))
        try:
            who = session.user()
        except NotPermitted as problem:
            if problem.code != "role-ended":
                raise
            end_title(page.title)
            show_error("app", problem)
            if session.is_demo():
                choose_user_after_refusal()
            wait_for_role()
            st.stop()
        # A room looks at a running conference: no list of patients is opened there, and none is named.
        alone = page.url_path == "conference_live"
        later = topbar(who, page.url_path or "worklist", alone=alone)
        if session.is_demo():
            choose_user_sidebar(who)
        navigation.begin_at(who, page.url_path)
        leave_conference(page.url_path)
        begin_viewing_session(page.url_path, navigation.asked_patient(), who.subject or who.name)
        with error_boundary("page"):
            page.run()
        forget_asked()
        end_title(page.title)
        if not alone:
            with later, error_boundary("emergency-access"):
                emergency_access_bar()
    else:
        st.set_page_config(page_title=title_words(t("Sign in")))
