"""What is asked of the reader, at the top of the worklist: it is read after the rows, and never keeps them waiting."""

from dashboard.domain.access.permissions import Action, is_permitted
from dashboard.errors import DashboardError, NotPermitted
from dashboard.ui.conference.coming_html import coming_html, unknown_html
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.session import conferences, session
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_text
from dashboard.ui.shared.view_time import ViewTime


def coming() -> None:
    """A line a conference that runs now or comes soon; nothing where there is none, or while nobody knows yet."""
    if not is_permitted(session.user().roles, Action.VIEW_CONFERENCE):
        return
    with error_boundary("coming-conferences"):
        try:
            shown = coming_html(conferences.coming_conferences(), ViewTime(session.as_of(), session.zone()))
        except NotPermitted:
            return
        except DashboardError as problem:
            shown = None if problem.code == "server-silent" else unknown_html()
        if shown is not None:
            panel("coming", shown, on_coming_press)


def on_coming_press(pressed: Press) -> None:
    """A press on a conference, or on whom the reader is to prepare."""
    do = pressed.get("do")
    if do == "open-conference":
        navigation.open_conference(press_text(pressed, "id"))
    elif do == "join":
        navigation.open_conference_live(press_text(pressed, "id"))
    elif do == "open":
        navigation.open_patient(press_text(pressed, "id"))
