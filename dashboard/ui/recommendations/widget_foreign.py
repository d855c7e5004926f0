"""The cards of other services on the page of recommendations: asked beside the page, which never waits for them."""

from dataclasses import dataclass, field

import streamlit as st

from dashboard.cache.pending import Pending
from dashboard.domain.guidelines.foreign_card import ForeignAnswer
from dashboard.errors import DashboardError
from dashboard.ui.recommendations.foreign_html import foreign_html, sentence_html, waiting_html
from dashboard.ui.recommendations.page import RecommendationsPage
from dashboard.ui.session import session
from dashboard.ui.session.other_services import ask_other_services, other_services
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.wording import t

PROGRESS_SECONDS = 1
_ASKED = "other_services_asked"


@dataclass
class _Asked:
    """One question to all services. `about`: who asks, and the records on which they answer."""

    about: object
    pending: Pending[tuple[ForeignAnswer, ...]]
    answered: list[ForeignAnswer] = field(default_factory=list)


def foreign_cards(page: RecommendationsPage) -> None:
    """The section; nothing where no service is named, and nobody is asked in an emergency or about who has died."""
    services = other_services().services
    if not services or page.found.emergency_access is not None or page.found.person.deceased:
        return
    key = f"rec-foreign-{page.ident}"
    if page.shared:
        panel(key, sentence_html(t("Others see this screen: cards of other services are not shown.")))
        return
    asked = _question(page)
    if not asked.pending.ended:
        _progress(key, asked, len(services))
        return
    try:
        panel(key, foreign_html(asked.pending.result()))
    except DashboardError as problem:
        panel(key, sentence_html(error_words(problem)))


def _question(page: RecommendationsPage) -> _Asked:
    """The question about these records: asked once, and anew where a record has changed."""
    about = (session.scope(), page.ident, frozenset(page.found.versions.items()))
    asked = st.session_state.get(_ASKED)
    if not isinstance(asked, _Asked) or asked.about != about:
        answered: list[ForeignAnswer] = []
        asked = _Asked(about, ask_other_services(page.ident, answered.append), answered)
        st.session_state[_ASKED] = asked
    return asked


@st.fragment(run_every=PROGRESS_SECONDS)
def _progress(key: str, asked: _Asked, number: int) -> None:
    """While they are asked: how many have answered, and at the end the page anew."""
    with error_boundary("recommendations-other-services"):
        if asked.pending.ended:
            st.rerun()
        panel(key, waiting_html(len(asked.answered), number))
