"""Where people sign in: nobody sees a page without it, and every user's reads carry their own credentials and scope."""

from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotPermitted
from dashboard.settings import load_settings
from dashboard.ui.session import session
from dashboard.ui.sign_in import current as sign_in
from dashboard.ui.sign_in import widget
from dashboard.web.sessions import Ended
from tests.pages.conftest import Answers, shown
from tests.unit.test_sign_in_settings import NOWHERE, TOML

ALICE = User(
    Reference("Practitioner", "p1"),
    "Alice",
    roles=(Role.CLINICIAN,),
    subject="https://i|alice",
    issuer="https://i",
    fhir_user=Reference("Practitioner", "p1"),
    session_id="sid-alice",
)
BOB = replace(ALICE, name="Bob", subject="https://i|bob", session_id="sid-bob")


@pytest.fixture
def with_sign_in(monkeypatch: pytest.MonkeyPatch, answers: Answers) -> session.Process:
    """The app of the page tests, with a provider in its settings."""
    before = session.process()
    settings = replace(before.settings, sign_in=load_settings({"DASHBOARD_SIGN_IN": TOML}, NOWHERE).sign_in)
    process = session.Process(settings, before.fhir, before.terminology)
    monkeypatch.setattr(session, "process", lambda: process)
    return process


@pytest.mark.parametrize("place", ["worklist", "patient"])
def test_without_a_sign_in_nothing_is_asked_and_nothing_shown(
    with_sign_in: session.Process, app: AppTest, answers: Answers, place: str
) -> None:
    app.query_params["id"] = "pat-1"
    app.run()
    assert [button.key for button in app.button] == ["sign-in-warwick"]
    assert "Sign in" in shown_panels(app)
    assert not answers.asked
    assert "c3-table" not in shown_panels(app)


def test_claims_alone_without_the_servers_own_sign_in_let_nobody_in(
    with_sign_in: session.Process, app: AppTest, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when Streamlit's cookie is forged or old: only what the edge keeps counts."""

    class Claims:
        def to_dict(self) -> dict[str, Any]:
            return {"is_logged_in": True, "provider": "warwick", "iss": "https://i", "sub": "alice", "exp": 9e9}

    monkeypatch.setattr(sign_in.st, "user", Claims())
    app.run()
    assert "sign-in-warwick" in [button.key for button in app.button]


@pytest.mark.parametrize("why", list(Ended))
def test_the_page_says_why(
    with_sign_in: session.Process, app: AppTest, monkeypatch: pytest.MonkeyPatch, why: Ended
) -> None:
    def gone(*args: object) -> User:
        raise sign_in.SignedOut(why)

    monkeypatch.setattr(session, "signed_in_user", gone)
    app.run()
    said = widget._reason(why)
    assert said in shown_panels(app)
    assert bool(said) is (why is not Ended.UNKNOWN)


def test_whom_nothing_lets_in_reads_why_and_can_leave(
    with_sign_in: session.Process, app: AppTest, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[object] = []

    def refused(*args: object) -> User:
        raise NotPermitted("sign-in-without-role")

    monkeypatch.setattr(session, "signed_in_user", refused)
    monkeypatch.setattr(widget, "record_refusal", lambda *args: noted.append(args))
    app.run()
    app.run()
    assert "carries no role" in shown_panels(app)
    assert [button.key for button in app.button] == ["sign-out"]
    assert len(noted) == 1, "on record once"
    assert not answers.asked


@pytest.mark.parametrize(
    ("provider", "belongs_to", "admitted"),
    [("warwick", {"trust"}, True), ("warwick", {"osi"}, False), ("warwick", set(), False), ("gone", {"trust"}, False)],
)
def test_a_provider_lets_in_only_people_of_its_own_organisations(
    with_sign_in: session.Process,
    app: AppTest,
    answers: Answers,
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
    belongs_to: set[str],
    admitted: bool,
) -> None:
    class Claims:
        def to_dict(self) -> dict[str, Any]:
            return {"provider": provider}

    toml = TOML + '[roles]\nfhir_users = ["Organization/trust"]\n'
    settings = replace(with_sign_in.settings, sign_in=load_settings({"DASHBOARD_SIGN_IN": toml}, NOWHERE).sign_in)
    process = session.Process(settings, with_sign_in.fhir, with_sign_in.terminology)
    monkeypatch.setattr(session, "process", lambda: process)
    monkeypatch.setattr(session, "signed_in_user", lambda *args: ALICE)
    monkeypatch.setattr(sign_in.st, "user", Claims())
    asked: list[Reference] = []

    def organisations(fhir: object, who: Reference) -> frozenset[Reference]:
        asked.append(who)
        return frozenset(Reference("Organization", each) for each in belongs_to)

    monkeypatch.setattr(session, "list_organisations_of", organisations)
    app.run()
    app.run()
    refused = "may not speak for" in shown_panels(app) or "does not know" in shown_panels(app)
    assert refused is not admitted
    if admitted:
        assert asked == [ALICE.fhir_user], "once a sign-in"
    else:
        assert [button.key for button in app.button] == ["sign-out"]
        assert not answers.asked, "nothing is read for somebody who is refused"


def shown_panels(app: AppTest) -> str:
    """What the panels show; the guard's data are no markup."""
    assert not app.exception, app.exception
    return "\n".join(str(element.proto.json) for element in app.get("bidi_component"))


class Streamlit:
    """What `session` asks of Streamlit, for one session."""

    def __init__(self) -> None:
        self.session_state: dict[str, object] = {}


def test_each_user_asks_the_fhir_server_with_the_own_token(
    with_sign_in: session.Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(with_sign_in.settings, fhir_authorisation="user", fhir_base_url="http://127.0.0.1:1/fhir")
    process = session.Process(settings, with_sign_in.fhir, with_sign_in.terminology)
    monkeypatch.setattr(session, "process", lambda: process)
    monkeypatch.setattr(session, "_completed", lambda who: who)
    sent = {}
    for who, token in ((ALICE, "token-alice"), (BOB, "token-bob")):
        own = Streamlit()
        monkeypatch.setattr(session, "st", own)
        monkeypatch.setattr(session, "signed_in_user", lambda *args, who=who: who)
        monkeypatch.setattr(session, "access_token", lambda token=token: token)
        fhir = session.fhir()
        assert session.fhir() is fhir, "kept for the session"
        sent[who.name] = (fhir._client._token(), session.scope())
    assert (sent["Alice"][0], sent["Bob"][0]) == ("token-alice", "token-bob")
    assert sent["Alice"][1] != sent["Bob"][1], "two sign-ins never share what is kept, not even as one practitioner"


def test_a_sign_in_without_a_token_for_the_server_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Claims:
        def __init__(self, tokens: object) -> None:
            self.tokens = tokens

        def to_dict(self) -> dict[str, Any]:
            return {"tokens": self.tokens}

    for tokens in (None, {}, {"access": ""}, {"access": 7}, {"id": "x"}, "access"):
        monkeypatch.setattr(sign_in.st, "user", Claims(tokens))
        with pytest.raises(NotPermitted, match="token"):
            sign_in.access_token()
    monkeypatch.setattr(sign_in.st, "user", Claims({"access": "good"}))
    assert sign_in.access_token() == "good"


def test_the_demo_asks_nobody_to_sign_in(app: AppTest, answers: Answers) -> None:
    app.run()
    assert "sign-out" not in [button.key for button in app.button]
    assert "c3-demo" in shown(app)
