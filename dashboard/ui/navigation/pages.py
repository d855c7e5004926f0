"""Where one can go, and how: the pages' scripts, their addresses, and the way back to the worklist as it was."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from dashboard.domain.access.permissions import Action, Relation, is_permitted
from dashboard.domain.access.user import User
from dashboard.ui.audit.view import AuditView, read_audit_view, write_audit_view
from dashboard.ui.care_plan.view import PlanView, read_plan_view, write_plan_view
from dashboard.ui.pilot.view import EnrolmentView, read_enrolment_view, write_enrolment_view
from dashboard.ui.screening.view import ScreeningView, read_screening_view, write_screening_view
from dashboard.ui.timeline.view import TimelineView, read_timeline_view, write_timeline_view
from dashboard.ui.worklist.view import WorklistView, read_worklist_view, write_worklist_view

PAGES = Path(__file__).resolve().parents[3] / "pages"
WORKLIST = PAGES / "worklist.py"
PATIENT = PAGES / "patient.py"
TIMELINE = PAGES / "timeline.py"
CARE_PLAN = PAGES / "care_plan.py"
RECOMMENDATIONS = PAGES / "recommendations.py"
AUDIT = PAGES / "audit.py"
RULE_USE = PAGES / "rule_use.py"
ENROLMENT = PAGES / "enrolment.py"
SCREENING = PAGES / "screening.py"
MY_RECORD = PAGES / "my_record.py"
CONFERENCE = PAGES / "conference.py"
CONFERENCE_LIVE = PAGES / "conference_live.py"
CONFERENCE_MINUTES = PAGES / "conference_minutes.py"
CONFERENCE_HISTORY = PAGES / "conference_history.py"

_LAST_VIEW = "worklist_address"
_LAST_TIMELINE = "timeline_address"
# Whether the page last seen was in large type: the next one is too, for the same people sit before it.
_LARGE = "large_type"
# Set where the user changed without signing in (the demo).
BEGIN = "begin_again"


def open_patient(patient_id: str) -> None:
    """Go to the patient's page in this tab. An id that cannot be one is left to the page, which says "not found"."""
    st.switch_page(PATIENT, query_params={"id": patient_id[:64]})


def open_timeline(patient_id: str) -> None:
    """Go to the patient's timeline, as it was last seen in this session."""
    last = dict(st.session_state.get(_LAST_TIMELINE, {}))
    params = last if last.get("id") == patient_id else {"id": patient_id[:64]}
    st.switch_page(TIMELINE, query_params=_as_large(params))


def open_care_plan(patient_id: str) -> None:
    """Go to the patient's shared care plan."""
    st.switch_page(CARE_PLAN, query_params=_as_large({"id": patient_id[:64]}))


def open_recommendations(patient_id: str) -> None:
    """Go to what guidelines suggest for the patient."""
    st.switch_page(RECOMMENDATIONS, query_params={"id": patient_id[:64]})


def _as_large(params: Mapping[str, str]) -> dict[str, str]:
    """An address of the worklist, a timeline or a care plan, in large type if the page last seen was."""
    plain = {name: value for name, value in params.items() if name != "large"}
    return plain | ({"large": "yes"} if st.session_state.get(_LARGE) else {})


def open_event(patient_id: str, origin: str) -> None:
    """Go to one entry of the patient's timeline. What is no entry of it picks none there."""
    st.switch_page(TIMELINE, query_params={"id": patient_id[:64], "at": origin[:200]})


def open_since(patient_id: str) -> None:
    """Go to the patient's timeline, with what is new since the last conference marked."""
    st.switch_page(TIMELINE, query_params={"id": patient_id[:64], "since": "conference"})


def timeline_view() -> TimelineView:
    """What this page's address asks for of a patient's timeline, remembered for the way back."""
    view = read_timeline_view(st.query_params.to_dict())
    st.session_state[_LAST_TIMELINE] = write_timeline_view(view)
    st.session_state[_LARGE] = view.large
    return view


def show_timeline(view: TimelineView) -> None:
    """Put the view into the address; the run that follows shows it."""
    st.query_params.from_dict(write_timeline_view(view))


def plan_view() -> PlanView:
    """What this page's address asks for of a patient's care plan."""
    view = read_plan_view(st.query_params.to_dict())
    st.session_state[_LARGE] = view.large
    return view


def show_plan(view: PlanView) -> None:
    """Put the view into the address; the run that follows shows it."""
    st.query_params.from_dict(write_plan_view(view))


def conference_id() -> str:
    """The conference that this page's address asks for, "" for the list of all."""
    return str(st.query_params.get("id", ""))[:200]


def open_conference(ident: str = "") -> None:
    """Go to a conference, or to the list of all."""
    st.switch_page(CONFERENCE, query_params={"id": ident[:64]} if ident else {})


def open_conference_live(ident: str) -> None:
    """Go to the screen of a running conference."""
    st.switch_page(CONFERENCE_LIVE, query_params={"id": ident[:64]})


def history_of() -> tuple[str, str]:
    """Whose history of conferences this page's address asks for: a patient's, or a team's; "" for neither."""
    return asked_patient()[:200], str(st.query_params.get("team", ""))[:200]


def open_history(patient_id: str = "", team: str = "") -> None:
    """Go to the history of conferences, of a patient, a team, or all of one's teams."""
    params = {"id": patient_id[:64]} if patient_id else {"team": team[:64]} if team else {}
    st.switch_page(CONFERENCE_HISTORY, query_params=params)


def open_minutes(ident: str) -> None:
    """Go to the minutes of a conference."""
    st.switch_page(CONFERENCE_MINUTES, query_params={"id": ident[:64]})


def open_worklist(view: WorklistView | None = None) -> None:
    """Go to the worklist: to the view given, else to the one last shown."""
    params = write_worklist_view(view) if view is not None else _as_large(st.session_state.get(_LAST_VIEW, {}))
    st.switch_page(WORKLIST, query_params=params)


def asked_patient() -> str:
    """The id in this page's address, "" where there is none."""
    return str(st.query_params.get("id", ""))


def address_of(page: str) -> str:
    """Page and patient of this run's address, for what belongs to both: `timeline?p7`."""
    return f"{page or 'worklist'}?{asked_patient()}"


def worklist_view() -> WorklistView:
    """The view this page's address asks for, remembered for the way back."""
    if "id" in st.query_params:
        # The browser's Back from a patient: Streamlit has put the patient's id into this page's address on leaving.
        st.query_params.from_dict(st.session_state.get(_LAST_VIEW, {}))
    view = read_worklist_view(st.query_params.to_dict())
    st.session_state[_LAST_VIEW] = write_worklist_view(view)
    st.session_state[_LARGE] = view.large
    return view


def audit_view() -> AuditView:
    """What this page's address asks for of the audit."""
    return read_audit_view(st.query_params.to_dict())


def show_audit(view: AuditView) -> None:
    """Put what is asked for of the audit into the address; the run that follows shows it."""
    st.query_params.from_dict(write_audit_view(view))


def open_audit() -> None:
    st.switch_page(AUDIT)


def open_rule_use() -> None:
    """Go to how often guideline rules are shown and followed."""
    st.switch_page(RULE_USE)


def screening_view() -> ScreeningView:
    """What this page's address asks for of the screening list: `step`, `state`, `last` and `reason` of who was lost,
    `rule`, `mark`, `missing`, `site` (the id of an Organization), `waiting=yes`, `q` and `page`
    (`dashboard.ui.screening.view`). So every number about the pilot can open the list behind it.
    """
    return read_screening_view(st.query_params.to_dict())


def show_screening(view: ScreeningView) -> None:
    """Put the view into the address; the run that follows shows it."""
    st.query_params.from_dict(write_screening_view(view))


def open_screening(view: ScreeningView | None = None) -> None:
    """Go to the screening list, to all of it or to a view."""
    st.switch_page(SCREENING, query_params=write_screening_view(view) if view is not None else {})


def enrolment_view() -> EnrolmentView:
    """What this page's address asks for of the pilot's figures."""
    return read_enrolment_view(st.query_params.to_dict())


def show_enrolment(view: EnrolmentView) -> None:
    """Put the view into the address; the run that follows shows it."""
    st.query_params.from_dict(write_enrolment_view(view))


def open_enrolment() -> None:
    st.switch_page(ENROLMENT)


def open_my_record() -> None:
    st.switch_page(MY_RECORD)


def sees_own_record(who: User) -> bool:
    """Whether the role has a record of its own to see: a patient's, or that of whom a carer cares for."""
    return any(is_permitted(who.roles, Action.VIEW_OWN_RECORD, each) for each in (Relation.SELF, Relation.CARER))


def begin_at(who: User, here: str) -> None:
    """Whoever has no worklist begins where there is something to see; `here` is "" on the page that opens first.

    So does somebody who has just become another user of the demo: the address of the page may name a patient.
    """
    if (here and not st.session_state.pop(BEGIN, False)) or is_permitted(who.roles, Action.VIEW_WORKLIST):
        return
    if is_permitted(who.roles, Action.VIEW_COUNTS):
        open_enrolment()
    elif sees_own_record(who):
        open_my_record()
    elif is_permitted(who.roles, Action.VIEW_AUDIT):
        open_audit()


def show_worklist(view: WorklistView) -> None:
    """Put the view into the address; the run that follows shows it."""
    st.query_params.from_dict(write_worklist_view(view))


def worklist_address() -> str:
    """The address of the worklist as it was last seen, relative to any page."""
    params = _as_large(st.session_state.get(_LAST_VIEW, {}))
    from urllib.parse import urlencode

    return "./?" + urlencode(params) if params else "./"
