"""Many editors change one shared plan at once, on a server whose connections break and which fails at random.

Each editor keeps a journal of what was meant and what came of it. `lost_changes` compares the journals with the history
that the dashboard shows, which must hold every accepted change, and no change that nobody meant. An editor writes the
number of the edit as the reason, so that each version of the history says whose edit made it.
"""

import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from dashboard.actions.change_plan import PlanConflict, PlanSaved
from dashboard.actions.save import new_reference
from dashboard.actions.save_plan import save_plan
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.care_plan.history import ItemVersion
from dashboard.domain.care_plan.merge import Choice, Conflict, Items
from dashboard.domain.care_plan.plan_item import AGREEMENT, FieldKind, FieldValue, PlanItem, field_of, kind_of
from dashboard.domain.care_plan.shared_plan import SharedPlan, items_of, new_activity, new_goal, with_item
from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.record.comment import Comment
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.errors import DashboardError, UnexpectedAnswer, VersionConflict
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_care_plan import get_care_plan
from dashboard.queries.get_plan_history import get_plan_history
from tests.patience import PATIENCE
from tests.records import create, search
from tests.unit.fhir.hostile_server import HostileServer, ReceivedRequest, Reply, passed_on

T = load_terminology()
AS_OF: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)
TROUBLE: Final = ("hang up", "hang up after", "busy", "failed", "cut")
MOST_CONFLICTS: Final = 20
"""How often an editor chooses again before giving up with what others did."""


@dataclass
class Edit:
    """One edit: what an editor meant by item and field, and what came of it: "saved", "unknown" (the answer did not
    come), "given up" (others' choices stayed, which the editor saw) or "refused".
    """

    number: str
    wanted: dict[Reference, dict[str, FieldValue]]
    seen: list[tuple[Conflict, Choice]] = field(default_factory=list)
    outcome: str = ""
    made: Mapping[Reference, Reference] = field(default_factory=dict)
    seconds: float = 0.0
    said: str = ""

    def yielded(self, origin: Reference, name: str) -> bool:
        """Whether the editor saw that another changed the same, and took that."""
        return any(
            choice is Choice.THEIRS
            and (not conflict.fields or name in conflict.fields)
            and origin in {each.origin for each in (conflict.mine, conflict.theirs) if each is not None}
            for conflict, choice in self.seen
        )


@dataclass
class Trouble:
    """A proxy before the server that breaks a part of the transactions and searches while `share` is above 0."""

    target: str
    chance: random.Random
    share: float = 0.0
    count: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: ReceivedRequest) -> Reply:
        with self.lock:
            kind = self.chance.choice(TROUBLE) if self.chance.random() < self.share else ""
            self.count += bool(kind)
        if request.path.endswith("/metadata"):
            kind = ""
        if kind == "hang up":
            return Reply(hang_up=True)
        if kind in ("busy", "failed"):
            return Reply(503 if kind == "busy" else 500, {"resourceType": "OperationOutcome", "issue": []})
        reply = passed_on(request, self.target)
        # What the server did is done: only the answer is lost.
        return (
            Reply(hang_up=True)
            if kind == "hang up after"
            else Reply(reply.status, reply.body, reply.headers, cut=kind == "cut")
        )


@dataclass(frozen=True)
class Stage:
    """A patient with a team of editors and a shared plan, on a server."""

    patient: str
    editors: tuple[Reference, ...]


def set_up(fhir: FhirServer, editors: int, plan: bool = True) -> Stage:
    """Creates a patient, the editors, their team, and, where wanted, a plan with six goals and four tasks."""
    people = [create(fhir, {"resourceType": "Practitioner", "name": [{"family": f"E{n}"}]}) for n in range(editors)]
    patient = create(fhir, {"resourceType": "Patient", "name": [{"family": "Storm"}], "birthDate": "1950-01-01"})
    subject = {"reference": f"Patient/{patient['id']}"}
    team = create(
        fhir,
        {
            "resourceType": "CareTeam",
            "status": "active",
            "subject": subject,
            "participant": [{"member": {"reference": f"Practitioner/{each['id']}"}} for each in people],
        },
    )
    stage = Stage(patient["id"], tuple(Reference("Practitioner", each["id"]) for each in people))
    if not plan:
        return stage
    goals = [
        create(
            fhir,
            {
                "resourceType": "Goal",
                "lifecycleStatus": "active",
                "description": {"text": f"Goal {n}"},
                "subject": subject,
            },
        )
        for n in range(6)
    ]
    tasks = [
        create(
            fhir,
            {
                "resourceType": "Task",
                "status": "requested",
                "intent": "order",
                "description": f"Task {n}",
                "for": subject,
            },
        )
        for n in range(4)
    ]
    create(
        fhir,
        {
            "resourceType": "CarePlan",
            "status": "active",
            "intent": "plan",
            "title": "Plan",
            "subject": subject,
            "careTeam": [{"reference": f"CareTeam/{team['id']}"}],
            "goal": [{"reference": f"Goal/{each['id']}"} for each in goals],
            "activity": [{"reference": {"reference": f"Task/{each['id']}"}} for each in tasks],
        },
    )
    return stage


class Editor:
    """One editor with an own connection, own caches and a journal."""

    def __init__(self, base_url: str, stage: Stage, place: int, seed: int) -> None:
        self.fhir = HttpFhirServer(base_url, timeout=(PATIENCE, PATIENCE), workers=2)
        self.stage, self.place = stage, place
        self.me = stage.editors[place]
        self.user = User(self.me, f"Editor {place}")
        self.chance = random.Random(seed * 1000 + place)
        self.journal: list[Edit] = []

    def read(self) -> SharedPlan:
        """The plan as the page shows it, read past every cache. Raises what the query raises, and UnexpectedAnswer
        where the page would say that a part of the plan could not be read.
        """
        view = _view(self.fhir, self.user, self.stage.patient)
        if view.failed:
            raise UnexpectedAnswer("server-answer-unreadable")
        return _ours(view)

    def edit(self, number: int, delay: float) -> None:
        """Reads the plan, thinks, changes something and saves it; the journal says what came of it."""
        try:
            base = self.read()
        except DashboardError:
            return
        time.sleep(self.chance.random() * delay)
        edit, mine = self._wish(f"e{self.place}-{number}", base)
        self.journal.append(edit)
        began = time.perf_counter()
        try:
            self._save(edit, base, mine)
        except VersionConflict:
            edit.outcome = "refused"
        except DashboardError as error:
            edit.outcome, edit.said = "unknown", error.code
        edit.seconds = time.perf_counter() - began

    def _save(self, edit: Edit, base: SharedPlan, mine: Items) -> None:
        choices: dict[Conflict, Choice] = {}
        for _ in range(MOST_CONFLICTS):
            answer = save_plan(
                self.fhir, self.user, self.stage.patient, base, mine, reason=edit.number, at=now(), choices=choices
            )
            if isinstance(answer, PlanSaved):
                edit.outcome, edit.made = "saved", answer.made
                return
            assert isinstance(answer, PlanConflict)
            for conflict in answer.merged.conflicts:
                choice = self.chance.choice([Choice.MINE, Choice.THEIRS])
                edit.seen.append((conflict, choice))
                choices[conflict] = choice
        edit.outcome = "given up"

    def _wish(self, number: str, base: SharedPlan) -> tuple[Edit, dict[Reference, PlanItem]]:
        items = items_of(base)
        goals = [each for each in items if each.type == "Goal"]
        tasks = [each for each in items if each.type == "Task"]
        plan = base.plan.origin
        kind = self.chance.choices(
            ["title", "due", "note", "goal", "task", "agreement", "order", "end", "outcome", "two"],
            [20, 15, 15, 6, 4, 10, 5, 5, 10, 10],
        )[0]
        wanted: dict[Reference, dict[str, FieldValue]] = {}
        match kind:
            case "title":
                wanted[self.chance.choice([*goals, *tasks, plan])] = {"title": number}
            case "due":
                wanted[self.chance.choice([*goals, *tasks])] = {"due": self._day()}
            case "note":
                origin = self.chance.choice([*goals, *tasks, plan])
                note = Comment(self.user.name, now().isoformat(timespec="seconds"), number, self.me)
                known = items[origin]["notes"]
                wanted[origin] = {"notes": (*(known if isinstance(known, tuple) else ()), note)}
            case "goal":
                by = NamedReference(self.me, self.user.name)
                item = new_goal(new_reference("Goal"), number, by, AS_OF.date())
                return Edit(number, {item.origin: {"title": number}}), with_item(items, item)
            case "task":
                item = new_activity(new_reference("Task"), number, NamedReference(self.me, self.user.name))
                return Edit(number, {item.origin: {"title": number}}), with_item(items, item)
            case "agreement":
                mine = field_of(AGREEMENT, self.me)
                wanted[self.chance.choice(goals)] = {mine: self.chance.choice(["agree", "disagree", "pending"])}
            case "order":
                order = list(base.plan.goals)
                self.chance.shuffle(order)
                wanted[plan] = {"goal_order": tuple(order)}
            case "end":
                origin = self.chance.choice(goals)
                if items[origin]["status"] == "active":
                    wanted[origin] = {"status": "cancelled", "achievement_status": "", "status_reason": number}
                else:
                    wanted[origin] = {"status": "active", "status_reason": ""}
            case "outcome":
                wanted[self.chance.choice(tasks)] = {"outcome": number}
            case _:
                one, other = self.chance.sample([*goals, *tasks], 2)
                wanted[one], wanted[other] = {"title": number}, {"title": number}
        # What is so already is no wish: nothing in the history would say that it was granted.
        wanted = {
            origin: {name: value for name, value in fields.items() if items[origin][name] != value}
            for origin, fields in wanted.items()
        }
        changed = {origin: items[origin].with_fields(fields) for origin, fields in wanted.items()}
        return Edit(number, wanted), {**items, **changed}

    def _day(self) -> PartialDate:
        return PartialDate((AS_OF + timedelta(days=self.chance.randrange(1, 700))).date().isoformat())


def storm(base_url: str, stage: Stage, edits: int, seed: int, delay: float = 0.05) -> list[Editor]:
    """Has all editors of the stage make that many edits together, at the same time, and returns them."""
    editors = [Editor(base_url, stage, place, seed) for place in range(len(stage.editors))]
    numbers = iter(range(edits))
    lock = threading.Lock()
    defects: list[BaseException] = []

    def work(editor: Editor) -> None:
        try:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None or defects:
                    return
                editor.edit(number, delay)
        except BaseException as problem:
            defects.append(problem)

    threads = [threading.Thread(target=work, args=(editor,)) for editor in editors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for editor in editors:
        editor.fhir.close()
    if defects:
        raise defects[0]
    return editors


def lost_changes(fhir: FhirServer, stage: Stage, editors: list[Editor]) -> list[str]:
    """What of the journals the history does not have, and what it has that nobody meant; empty when nothing is lost."""
    who = User(stage.editors[0], "Editor 0")
    shared = _ours(_view(fhir, who, stage.patient))
    items = items_of(shared)
    scope = AccessScope(fhir.base_url, str(who.practitioner))
    history = get_plan_history(fhir, who, scope, T, stage.patient, [*items], now(), team_cache=TeamCache())
    assert history.complete and not history.failed, history.failed
    journal = {edit.number: edit for editor in editors for edit in editor.journal}
    for edit in journal.values():
        _as_stored(edit, shared.plan.origin)
    lost = _not_meant(history.versions, journal)
    for edit in journal.values():
        lost += _not_there(edit, history.versions)
    return lost + _notes_gone(history.versions) + _left_alone(fhir, stage, set(items))


def _left_alone(fhir: FhirServer, stage: Stage, known: set[Reference]) -> list[str]:
    """Goals and tasks that an edit made and that the plan does not refer to: half of a change."""
    rows = [
        row
        for kind in ("Goal", "Task")
        for row in search(fhir, SearchRequest(kind, (), (stage.patient,), fresh=True)).rows
    ]
    made = {Reference(row["resourceType"], row["id"]) for row in rows}
    return [f"{origin} is in no plan" for origin in made - known]


def _as_stored(edit: Edit, plan: Reference) -> None:
    """An outcome is written in the plan, under its activity: the history shows it there."""
    for origin, fields in list(edit.wanted.items()):
        if "outcome" in fields and origin.type != "CarePlan":
            edit.wanted.setdefault(plan, {})[f"outcome:{origin}"] = fields.pop("outcome")


def _not_there(edit: Edit, versions: Mapping[Reference, tuple[ItemVersion, ...]]) -> list[str]:
    """What an accepted edit wanted and no version has; of one whose answer was lost, a part that is there alone."""
    found, missing = [], []
    for origin, fields in edit.wanted.items():
        there = _made_by(edit, versions.get(edit.made.get(origin, origin), ()))
        for name, value in fields.items():
            if any(_holds(each, name, value) for each in there) or edit.yielded(*_shown(origin, name)):
                found.append(f"{origin} {name}")
            # What another had made so when it was saved needed no version: words of an edit's own never are.
            elif edit.outcome != "saved" or not _was_so(versions.get(origin, ()), name, value):
                missing.append(f"{edit.number}: {origin} {name} is not in the history ({edit.outcome} {edit.said})")
    if edit.outcome == "saved":
        return missing
    return missing if found and missing and not edit.seen else []


def _shown(origin: Reference, name: str) -> tuple[Reference, str]:
    """The item and the field under which an editor sees a field of the history."""
    kind, _, about = name.partition(":")
    return (Reference.parse(about), kind) if kind == "outcome" and about else (origin, name)


def _was_so(versions: tuple[ItemVersion, ...], name: str, value: FieldValue) -> bool:
    """Whether a version says this, whoever made it, of what two editors may both have meant: no words of their own."""
    common = kind_of(name) in (FieldKind.VALUE, FieldKind.ORDER) or value == ""
    return common and any(each.item is not None and each.item[name] == value for each in versions)


def _made_by(edit: Edit, versions: tuple[ItemVersion, ...]) -> list[PlanItem]:
    return [each.item for each in versions if each.item and each.change and each.change.reason == edit.number]


def _holds(item: PlanItem, name: str, value: FieldValue) -> bool:
    if kind_of(name) is FieldKind.LOG:
        there, wanted = item[name], value
        return isinstance(there, tuple) and isinstance(wanted, tuple) and wanted[-1] in there
    if kind_of(name) is FieldKind.ORDER:
        return True  # merged with members that others added or took out: `_not_meant` holds the rest
    return item[name] == value


def _not_meant(versions: Mapping[Reference, tuple[ItemVersion, ...]], journal: Mapping[str, Edit]) -> list[str]:
    """Fields that a version changed and its edit did not mean to: another's change would have been overwritten."""
    wrong = []
    for origin, newest_first in versions.items():
        course = list(reversed(newest_first))
        for before, after in pairwise(course):
            if before.item is None or after.item is None or after.change is None:
                wrong.append(f"{origin} version {after.version} is by nobody")
                continue
            edit = journal.get(after.change.reason)
            meant = _meant(edit, origin) if edit else set()
            changed = {
                name for name in {*before.item.fields, *after.item.fields} if before.item[name] != after.item[name]
            }
            if changed - meant:
                wrong.append(f"{origin} version {after.version} by {after.change.reason} changed {changed - meant}")
    return wrong


def _meant(edit: Edit, origin: Reference) -> set[str]:
    given = {new: old for old, new in edit.made.items()}
    wanted = edit.wanted.get(given.get(origin, origin), {})
    names = set(wanted)
    for conflict, _ in edit.seen:
        for each in (conflict.mine, conflict.theirs):
            if each is not None and each.origin == origin:
                names |= set(conflict.fields)
            elif each is not None and origin.type == "CarePlan":
                names |= {f"outcome:{each.origin}"} if "outcome" in conflict.fields else set()
    if origin.type == "CarePlan":
        names |= {"goal_order", "activity_order"}  # new goals and tasks; outcomes are written in the plan
    return names


def _notes_gone(versions: Mapping[Reference, tuple[ItemVersion, ...]]) -> list[str]:
    """Notes that a version had and the newest has not: notes are only ever added."""
    gone = []
    for origin, course in versions.items():
        every = {note for each in course if each.item for note in _notes(each.item)}
        newest = set(_notes(course[0].item)) if course and course[0].item else set()
        gone += [f"{origin}: the note {note} is gone" for note in every - newest]
    return gone


def _notes(item: PlanItem) -> tuple[Any, ...]:
    notes = item["notes"]
    return notes if isinstance(notes, tuple) else ()


def _view(fhir: FhirServer, user: User, patient: str) -> CarePlanView:
    scope = AccessScope(fhir.base_url, str(user.practitioner))
    cache: PatientCache[CarePlanView] = PatientCache()
    return get_care_plan(fhir, user, scope, T, patient, now(), True, TeamCache(), cache)


def _ours(view: CarePlanView) -> SharedPlan:
    assert view.ours is not None
    return view.ours


def now() -> datetime:
    """The moment of an edit."""
    return datetime.now(UTC)


def proxied(hostile: HostileServer, target: str, seed: int, share: float) -> Trouble:
    """Puts trouble between the editors and the server."""
    trouble = Trouble(target, random.Random(seed), share)
    hostile.answer = trouble.answer
    return trouble
