"""Files that are made when they are pressed: for the session that shows the button, and while its sign-in lasts."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.backend_operation_handler import DeferredFileHandler

from dashboard.domain.access.user import User
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import AuditUnavailable, NotFound, NotPermitted, ServerUnavailable
from dashboard.ui.session import downloads, session
from dashboard.ui.session.downloads import end_files, when_pressed
from dashboard.ui.sign_in.current import SignedOut
from dashboard.web.sessions import Ended, SignInSessions
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make

GP = Reference("Practitioner", "gp")
ROLE = {"resourceType": "PractitionerRole", "id": "r1", "practitioner": {"reference": "Practitioner/gp"}}


class Files:
    """What Streamlit keeps of download buttons, and a browser's message that asks for one."""

    def __init__(self) -> None:
        self.made: dict[str, Callable[[], bytes]] = {}
        self.problem: BaseException | None = None
        self.words = ""

    def execute_deferred(self, file_id: str) -> str:
        try:
            return self.made[file_id]().decode()
        except BaseException as problem:
            self.problem = problem
            raise

    def ask(self, session_id: str, file_id: str = "f1") -> str:
        """Returns the answer to a websocket of this session, "" where there is no file; `words` say why."""
        self.problem = None
        request = BackMsg().backend_operation_request
        request.request_id = "r1"
        request.deferred_file.file_id = file_id
        handler = DeferredFileHandler(lambda: self)  # type: ignore[arg-type,return-value]
        # In a thread of its own: a browser test of the same worker leaves a loop running in this one.
        with ThreadPoolExecutor(1) as thread:
            response = thread.submit(asyncio.run, handler.handle(request, session_id)).result()
        self.words = response.error_msg
        return response.deferred_file.url if response.deferred_file else ""


class Visitor:
    """One browser's session: who is signed in, and what the page has made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, sign_in: bool) -> None:
        self.state: dict[str, Any] = {}
        self.sessions = SignInSessions()
        self.sign_in = self.sessions.begin({"_streamlit_user": "x"}) if sign_in else ""
        self.who = make.user("gp")
        object.__setattr__(self.who, "session_id", self.sign_in)
        monkeypatch.setattr(downloads.st, "session_state", self.state)
        monkeypatch.setattr(downloads, "get_script_run_ctx", lambda **more: SimpleNamespace(session_id="mine"))
        monkeypatch.setattr(downloads, "sessions", lambda: self.sessions)
        monkeypatch.setattr(session, "user", lambda: self.who)
        monkeypatch.setattr(session, "is_demo", lambda: not sign_in)
        self.server = FakeFhirServer([make.practitioner("gp"), ROLE])
        monkeypatch.setattr(session, "fhir", lambda: self.server)
        monkeypatch.setattr(session, "as_of", lambda: make.AS_OF)
        monkeypatch.setattr(session, "_asked_by", lambda server: server)
        session._ROLES.forget()  # type: ignore[attr-defined]
        session._own_role(GP)


@pytest.fixture(params=["signed in", "demo"])
def visitor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    yield Visitor(monkeypatch, request.param == "signed in")


@pytest.fixture
def files(visitor: Visitor) -> Files:
    found = Files()
    found.made["f1"] = when_pressed(lambda: b"the file")
    return found


def test_the_session_that_shows_the_button_gets_the_file_as_often_as_it_is_pressed(files: Files) -> None:
    assert [files.ask("mine"), files.ask("mine")] == ["the file", "the file"]


@pytest.mark.parametrize("other", ["another", "", "mine-too"])
def test_another_session_gets_no_file_by_its_id(files: Files, other: str) -> None:
    assert files.ask(other) == ""
    assert isinstance(files.problem, NotPermitted)
    assert files.ask("mine") == "the file"


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (NotFound("patient-not-found"), "not in the care of your teams"),
        (NotPermitted("role-ended"), "Your role has ended"),
        (AuditUnavailable("audit-not-recorded"), "on record"),
        (ServerUnavailable("server-unreachable", reference="R1"), "FHIR server"),
        (ValueError("Mary Aldous, 943 476 5919"), "fault of the dashboard"),
    ],
)
def test_why_there_is_no_file_is_said_in_our_words_and_no_log_has_the_record(
    visitor: Visitor, problem: Exception, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    files = Files()

    def refused() -> bytes:
        raise problem

    files.made["f1"] = when_pressed(refused)
    assert (files.ask("mine"), words in files.words) == ("", True), files.words
    assert "Failed to generate" not in files.words and "Aldous" not in files.words
    assert "Aldous" not in caplog.text


def test_a_button_of_a_page_that_was_drawn_anew_says_what_to_do(files: Files) -> None:
    assert files.ask("mine", "old") == ""
    assert files.words == "The page has changed meanwhile. Press the button again."
    assert files.ask("mine") == "the file"
    assert files.words == ""


def test_whose_role_has_ended_gets_no_file(files: Files, visitor: Visitor) -> None:
    """The server is asked at the press, whatever the page knew when it was drawn."""
    visitor.server.put({**ROLE, "active": False})
    assert files.ask("mine") == ""
    assert files.words.startswith("Your role has ended")
    visitor.server.put(ROLE)
    assert files.ask("mine") == "the file"
    visitor.server.down = True
    assert files.ask("mine") == ""
    assert isinstance(files.problem, ServerUnavailable)


def test_who_is_no_professional_needs_no_role(monkeypatch: pytest.MonkeyPatch) -> None:
    visitor, files = Visitor(monkeypatch, sign_in=False), Files()
    visitor.who = User(None, "Demo pilot manager")
    files.made["f1"] = when_pressed(lambda: b"counts")
    visitor.server.down = True
    assert files.ask("mine") == "counts"


def test_outside_of_a_message_there_is_no_file(files: Files) -> None:
    with pytest.raises(NotPermitted, match=r"^file-of-another-session$"):
        files.made["f1"]()


def test_another_user_of_the_same_session_gets_no_file_of_the_last(files: Files, visitor: Visitor) -> None:
    end_files()
    visitor.state.clear()
    files.made["f2"] = when_pressed(lambda: b"another file")
    assert (files.ask("mine", "f1"), files.ask("mine", "f2")) == ("", "another file")


@pytest.mark.parametrize("why", [Ended.SIGNED_OUT, Ended.IDLE, Ended.REPLACED])
def test_once_the_sign_in_has_ended_there_is_no_file(monkeypatch: pytest.MonkeyPatch, why: Ended) -> None:
    visitor, files = Visitor(monkeypatch, sign_in=True), Files()
    files.made["f1"] = when_pressed(lambda: b"the file")
    assert files.ask("mine") == "the file"
    visitor.sessions.end(visitor.sign_in, why)
    assert files.ask("mine") == ""
    assert isinstance(files.problem, SignedOut)
    assert files.problem.why is why


def test_another_sign_in_in_the_same_session_gets_no_file_of_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    visitor, files = Visitor(monkeypatch, sign_in=True), Files()
    files.made["f1"] = when_pressed(lambda: b"the file")
    fresh = visitor.sessions.begin({"_streamlit_user": "y"}, replaces=visitor.sign_in)
    object.__setattr__(visitor.who, "session_id", fresh)
    files.made["f2"] = when_pressed(lambda: b"another file")
    assert (files.ask("mine", "f1"), files.ask("mine", "f2")) == ("", "another file")
