"""The one boundary: a DashboardError is shown in words with a way out; anything else as a reference number."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.errors import DashboardError, NotFound, NotPermitted, ServerUnavailable, VersionConflict
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.defects import defect_words, report
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import Html, clean
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.wording import t

_log = logging.getLogger("dashboard.pages")


@contextmanager
def error_boundary(where: str, beyond: Callable[[], None] | None = None, awaited: str = "") -> Iterator[None]:
    """Everything a page does happens inside. Streamlit's own control flow (rerun, stop, switch) passes through.

    `beyond` shows the way beyond a refusal, under the words that a patient was not found. `awaited` says what is still
    being asked for while the server is silent, and what can be done meanwhile.
    """
    try:
        yield
    except DashboardError as problem:
        show_error(where, problem, awaited)
        if beyond is not None and problem.code == "patient-not-found":
            beyond()
    except Exception as problem:
        show_defect(where, report(problem))


def show_error(where: str, problem: DashboardError, awaited: str = "") -> None:
    """The words of the error and what can be done next; the log gets its code."""
    _log.log(logging.INFO, "shown: %s", problem.code)
    if awaited and problem.code == "server-silent":
        panel(f"error-{where}", error_html(t("Still waiting for the FHIR server"), f"{error_words(problem)} {awaited}"))
    else:
        panel(f"error-{where}", error_html(_title(problem), error_words(problem)))
    retry, _ = st.columns([1, 5])
    retry.button(t("Try again"), key=f"retry-{where}", type="primary")


def show_defect(where: str, reference: str) -> None:
    """A defect: the number under which it is in the log, nothing of the patient's and nothing of the code's."""
    panel(f"error-{where}", error_html(t("Something went wrong"), defect_words(reference)))
    retry, _ = st.columns([1, 5])
    retry.button(t("Try again"), key=f"retry-{where}", type="primary")


def error_html(title: str, sentence: str) -> Html:
    """A page that is nothing but an error."""
    return h.div(class_="c3-error", role="alert")[h.h1[icon("broken"), title], h.p[clean(sentence, 600)]]


def _title(problem: DashboardError) -> str:
    if isinstance(problem, NotFound):
        return t("Not found")
    if isinstance(problem, NotPermitted):
        return t("Not permitted")
    if isinstance(problem, ServerUnavailable):
        return t("The FHIR server cannot be reached")
    if isinstance(problem, VersionConflict):
        return t("Somebody else changed this")
    return t("This cannot be shown")
