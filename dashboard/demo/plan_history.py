"""How the shared plan came to be: who changed it when and why, and the goals that were reached on the way."""

from typing import Any, Final

from dashboard.demo.chance import Chance, pick
from dashboard.demo.fhir import Json, coded, day, hl7, moment, resource, to
from dashboard.demo.files import words
from dashboard.demo.profile import PROGRAMME
from dashboard.demo.records import Writer

_ROLES: Final = ("gp", "nurse", "pharmacist", "coordinator")
_APART: Final = 160  # Days between two changes, at least.
_MOST: Final = 2  # Changes between the plan's beginning and the last one.
_REACHED: Final = 0.4  # Of the plans, how many have a goal that was reached.
_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_OPERATION: Final = "v3-DataOperation"


def change(w: Writer, name: str, when: str, who: Json, targets: list[Json], why: str, activity: str) -> Json:
    """A Provenance: `activity` is CREATE or UPDATE; the reason in words, coded as treatment."""
    return resource(
        "Provenance",
        w.id("prov", name),
        target=[to(one) for one in targets],
        recorded=when,
        reason=[coded(_REASON, "TREAT", "treatment", why)],
        activity=hl7(_OPERATION, activity),
        agent=[{"type": hl7("provenance-participant-type", "author"), "who": who}],
    )


def why_changed(w: Writer, source: Chance) -> tuple[str, str]:
    """Which condition a change is about, and the reason for it in words."""
    about = pick(source, [name for name in PROGRAMME if w.who.has(name)])
    return about, pick(source, words("plans")["changes"][about])


def history(w: Writer, plan: Json, goals: list[Json], began: int, edited: int, source: Chance) -> list[Json]:
    """The Provenances before the last one: the plan's beginning, then a change now and then, or those of the story."""
    made = [
        change(
            w,
            "agreed",
            moment(began, w.offset, 615),
            w.person("coordinator").reference(),
            [plan],
            words("plans")["agreed"],
            "CREATE",
        )
    ]
    scripted: list[dict[str, Any]] = w.who.script.get("plan_changes", [])
    if scripted:
        then = [(w.who.as_of - int(one["days_ago"]), one["by"], one.get("about", ""), one["why"]) for one in scripted]
    else:
        then, when = [], began + _APART
        while when < edited - 30 and len(then) < _MOST:
            then.append((when, pick(source, _ROLES), *why_changed(w, source)))
            when += _APART + int(source.random() * 120)
    for number, (when, role, about, why) in enumerate(then, start=1):
        targets = [plan, *_goals_about(w, goals, about)[:1]]
        at = moment(when, w.offset, 560 + 37 * number)
        made.append(change(w, f"change-{number}", at, w.person(role).reference(), targets, why, "UPDATE"))
    return made


def _goals_about(w: Writer, goals: list[Json], about: str) -> list[Json]:
    """The goals that address a condition ("…-con-ckd-3b" is one of "ckd")."""
    start = f"Condition/{w.who.id}-con-{about}"
    return [g for g in goals if about and any(one["reference"].startswith(start) for one in g.get("addresses", []))]


def reached(w: Writer, addressed: dict[str, list[Json]], began: int, source: Chance) -> list[Json]:
    """A goal of an earlier time that was reached, for some."""
    likely, about, days = source.random(), pick(source, list(addressed)), int(source.random() * 60)
    due = began + 110
    noted = min(due - days, w.who.last_visit)  # by somebody who saw the patient
    if likely > _REACHED or due > w.who.as_of - 20 or noted <= began:
        return []
    return [
        resource(
            "Goal",
            w.id("goal", "reached"),
            lifecycleStatus="completed",
            achievementStatus=hl7("goal-achievement", "achieved"),
            priority=hl7("goal-priority", "medium-priority"),
            description={"text": words("plans")["reached"][about]},
            subject=w.subject,
            startDate=day(began),
            target=[{"dueDate": day(due)}],
            statusDate=day(noted),
            expressedBy=w.subject,
            addresses=[to(problem) for problem in addressed[about]],
        )
    ]
