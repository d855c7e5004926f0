"""Pages on made-up answers: the queries are replaced at the one seam (`dashboard.ui.session.reads`), the rest
is the app.
"""

import functools
import inspect
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest, local_script_runner

from dashboard.actions.save import Saved
from dashboard.cache.drafts import Drafts
from dashboard.domain.access.user import OwnRole
from dashboard.errors import NotFound, ServerUnavailable
from dashboard.fhir.terminology_files import load_terminology
from dashboard.settings import load_settings
from dashboard.ui.care_plan import live
from dashboard.ui.session import conferences, drafts, plans, reads, session
from dashboard.ui.session import recommendations as recommendation_reads
from tests.pages import plan_samples, recommendation_samples, samples, timeline_samples
from tests.patience import PATIENCE

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"


@dataclass
class Answers:
    """What the queries answer; a test changes it. `asked` counts the questions."""

    worklist: Callable[[], Any] = samples.worklist
    patient: Callable[[str], Any] = samples.summary
    timeline: Callable[[Any], Any] = timeline_samples.timeline
    care_plan: Callable[[Any], Any] = lambda person: plan_samples.view()
    plan_history: Callable[[], Any] = plan_samples.history
    recommendations: Callable[[Any], Any] = recommendation_samples.recommendations
    new_recommendations: Callable[[Any], Any] = lambda asked: {}
    team_recommendations: Callable[[], Any] = recommendation_samples.team_counts
    event: Callable[[str], Any] = timeline_samples.detail
    tasks: Callable[[], Any] = samples.task_list
    found: Callable[[str], Any] = lambda text: samples.matches()
    emergencies: tuple[Any, ...] = ()
    coming: Callable[[], Any] = lambda: ()
    note: Callable[[Any], Any] = lambda shown: ()
    done: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    action: Callable[..., Any] = lambda *args, **named: Saved(())


def by_name(real: Callable[..., Any], fake: Callable[[dict[str, Any]], Any]) -> Callable[..., Any]:
    """A fake of `real` that gets its arguments by the names `real` has for them; a wrong call is a TypeError."""
    signature = inspect.signature(real)

    def call(*args: Any, **named: Any) -> Any:
        return fake(dict(signature.bind(*args, **named).arguments))

    return call


@pytest.fixture(autouse=True, scope="session")
def _quick_app_tests() -> Iterator[None]:
    """Each AppTest looks through all installed packages for components, though they are the same for all; each run
    compiles the scripts anew; and it asks a thousand times a second whether the script has ended, which keeps the
    script from running.
    """
    told_when_over = local_script_runner.require_widgets_deltas

    def wait(runner: local_script_runner.LocalScriptRunner, timeout: float = 3) -> None:
        began = time.monotonic()
        if runner._script_thread is not None:
            runner._script_thread.join(timeout)
        # It has ended: this returns at once. Else the time is over, which this tells and ends the script.
        told_when_over(runner, max(0.1, timeout - (time.monotonic() - began)))

    with pytest.MonkeyPatch.context() as patch:
        once = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        compiled = local_script_runner.ScriptCache()
        patch.setattr(local_script_runner, "ScriptCache", lambda: compiled)
        patch.setattr(local_script_runner, "require_widgets_deltas", wait)
        yield


class Server:
    base_url = "http://fhir.test/fhir"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Answers]:
    """The answers, in place of queries and actions; saved views go to a folder of the test."""
    made = Answers()
    settings = replace(load_settings({}, tmp_path / "none"), as_of=samples.AS_OF, data_dir=tmp_path)
    monkeypatch.setattr(session, "process", lambda: session.Process(settings, Server(), load_terminology()))  # type: ignore[arg-type]
    monkeypatch.setattr(session, "_at_home", lambda server: ("demo-patient", "demo-carer"))
    for lookup in (session._USERS, session._EXISTING, session._ROLES, session._BELONGS, reads._EMERGENCIES):
        lookup.forget()  # type: ignore[attr-defined]
    monkeypatch.setattr(session, "_own_role", lambda who: OwnRole(None, seen=False))
    monkeypatch.setattr(session, "_users", lambda server: {session.user_id(each): each for each in samples.USERS})

    def who(patient_id: str) -> Any:
        made.asked.append(patient_id)
        person = next((each for each in samples.PEOPLE if each.id == patient_id), None)
        if person is None:
            raise NotFound("patient-not-found")
        return person

    def action(name: str) -> Callable[[dict[str, Any]], Any]:
        def do(asked: dict[str, Any]) -> Any:
            made.done.append((name, {each: asked[each] for each in asked if each not in ("fhir", "actor")}))
            return made.action(**asked)

        return do

    fakes: dict[str, Callable[[dict[str, Any]], Any]] = {
        "get_worklist": lambda asked: made.worklist(),
        "get_patient": lambda asked: made.patient(who(asked["patient_id"])),
        "get_timeline": lambda asked: made.timeline(who(asked["patient_id"])),
        "get_event": lambda asked: made.event(str(asked["origin"])),
        "get_my_tasks": lambda asked: made.tasks(),
        "find_patients": lambda asked: made.found(asked["text"]),
        "list_emergency_accesses": lambda asked: made.emergencies,
        "list_task_owners": lambda asked: samples.TEAM_MEMBERS,
        "find_patient_id": lambda asked: _no_such_identifier(),
    }
    names = (
        "add_task", "withdraw_task", "complete_task", "reopen_task", "reassign_task", "comment_on_task",
        "start_emergency_access", "end_emergency_access",
    )  # fmt: skip
    for name, fake in (fakes | {name: action(name) for name in names}).items():
        monkeypatch.setattr(reads, name, by_name(getattr(reads, name), fake))
    plan_fakes: dict[str, Callable[[dict[str, Any]], Any]] = {
        "get_care_plan": lambda asked: made.care_plan(who(asked["patient_id"])),
        "get_plan_history": lambda asked: made.plan_history(),
    }
    plan_names = (
        "save_plan", "link_activities", "sign_plan", "record_agreement", "restore_version", "start_plan",
        "convert_activity_details", "finish_broken_save", "undo_broken_save",
    )  # fmt: skip
    for name, fake in (plan_fakes | {name: action(name) for name in plan_names}).items():
        monkeypatch.setattr(plans, name, by_name(getattr(plans, name), fake))
    suggest = by_name(
        recommendation_reads.get_recommendations, lambda asked: made.recommendations(who(asked["patient_id"]))
    )
    monkeypatch.setattr(recommendation_reads, "get_recommendations", suggest)
    of_team = by_name(recommendation_reads.get_team_recommendations, lambda asked: made.team_recommendations())
    monkeypatch.setattr(recommendation_reads, "get_team_recommendations", of_team)
    of_agenda = by_name(recommendation_reads.get_new_recommendations, lambda asked: made.new_recommendations(asked))
    monkeypatch.setattr(recommendation_reads, "get_new_recommendations", of_agenda)
    for name in ("decline_recommendation", "withdraw_reply"):
        monkeypatch.setattr(recommendation_reads, name, by_name(getattr(recommendation_reads, name), action(name)))
    note = by_name(recommendation_reads.note_recommendations_seen, lambda asked: made.note(asked["shown"]))
    monkeypatch.setattr(recommendation_reads, "note_recommendations_seen", note)
    # What is written behind a page is written when the page is.
    monkeypatch.setattr(recommendation_reads, "start_thread", lambda work: work())
    coming = by_name(conferences.list_coming_conferences, lambda asked: made.coming())
    monkeypatch.setattr(conferences, "list_coming_conferences", coming)
    conferences._COMING.forget()
    monkeypatch.setattr(live, "follow_plan", _nothing_followed)
    monkeypatch.setattr(drafts, "DRAFTS", Drafts())
    yield made


def _nothing_followed(*arguments: Any) -> Any:
    raise ServerUnavailable("server-unreachable")


def _no_such_identifier() -> str:
    raise NotFound("identifier-not-found")


@pytest.fixture
def app(answers: Answers) -> AppTest:
    """The app, not yet run."""
    return AppTest.from_file(str(APP), default_timeout=PATIENCE)


def shown(at: AppTest) -> str:
    """All HTML that our panels show, one after the other."""
    assert not at.exception, at.exception
    panels = [element.proto.json for element in at.get("bidi_component")]
    return "\n".join(json.loads(each).get("html", "") for each in panels)
