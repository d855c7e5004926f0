"""Whether somebody is signed in, asked at every run and at every read: provider, server-side sign-in, expiry, role.

Streamlit alone keeps somebody signed in for 30 days, whatever the provider says and whatever another tab does.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import streamlit as st

from dashboard.domain.access.claims import read_user, sign_in_ends
from dashboard.domain.access.user import User
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotPermitted
from dashboard.settings import Settings
from dashboard.sign_in_settings import SignIn
from dashboard.web.cookies import session_cookie_name
from dashboard.web.sessions import Ended, fingerprint, sessions

_WHO = "signed_in_user"
_ADMITTED = "admitted_sign_in"


class SignedOut(NotPermitted):
    """Nobody is signed in here (any more); `why` tells the reason, where there was a sign-in."""

    def __init__(self, why: Ended) -> None:
        super().__init__("not-signed-in")
        self.why = why


def session_id(sign_in: SignIn) -> str:
    """The id of this browser's sign-in as it was when the page was loaded; "" without one. Never shown."""
    found = st.context.cookies.get(session_cookie_name(sign_in.origin.startswith("https:")))
    return found if isinstance(found, str) else ""


def signed_in_user(settings: Settings, sign_in: SignIn) -> User:
    """Who is signed in. Raises SignedOut, or NotPermitted for somebody whose sign-in does not let anybody in."""
    ident = session_id(sign_in)
    state = sessions().state(ident)
    claims: Mapping[str, Any] = st.user.to_dict()
    if not state.alive or not claims.get("is_logged_in"):
        st.session_state.pop(_WHO, None)
        raise SignedOut(state.ended or Ended.UNKNOWN)
    cached = st.session_state.get(_WHO)
    if isinstance(cached, User) and cached.session_id == ident:
        return cached
    provider = sign_in.provider(str(claims.get("provider", "")))
    if provider is None:
        raise NotPermitted("sign-in-provider-unknown")
    ends = sign_in_ends(claims)
    who = read_user(claims, provider.claims, settings.fhir_base_url, ident)
    state = sessions().holds_until(ident, ends, who)
    if not state.alive:
        raise SignedOut(state.ended or Ended.UNKNOWN)
    st.session_state[_WHO] = who
    return who


def require_own_region(sign_in: SignIn, who: User, organisations: Callable[[Reference], Collection[Reference]]) -> None:
    """Asks once a sign-in whether its provider may name this person. `organisations` asks the FHIR server.

    Raises NotPermitted where it may not, DashboardError where the server cannot say: nobody is let in unchecked.
    """
    if all(each.claims.people is None for each in sign_in.providers):
        return
    if st.session_state.get(_ADMITTED) == (who.session_id, who.fhir_user):
        return
    provider = sign_in.provider(str(st.user.to_dict().get("provider", "")))
    if provider is None:
        raise NotPermitted("sign-in-provider-unknown")
    names, person = provider.claims, who.fhir_user
    belongs_to = organisations(person) if person is not None and names.needs_organisation_of(person) else ()
    if not names.may_name(person, belongs_to):
        raise NotPermitted("sign-in-of-another-region")
    st.session_state[_ADMITTED] = (who.session_id, person)


def access_token() -> str:
    """The token with which the FHIR server is asked on the user's behalf. Raises NotPermitted where there is none."""
    tokens: Any = st.user.to_dict().get("tokens")
    token = tokens.get("access") if isinstance(tokens, Mapping) else None
    if not isinstance(token, str) or not token:
        raise NotPermitted("sign-in-without-token")
    return token


def page_fingerprint(sign_in: SignIn) -> str:
    """What the page compares with the browser's sign-in of the moment (assets/sign_in_guard.js)."""
    return fingerprint(session_id(sign_in))


def end_sign_in(sign_in: SignIn) -> None:
    """Ends it in every tab, and at the provider where that has a place for it."""
    st.session_state.pop(_WHO, None)
    st.logout()
