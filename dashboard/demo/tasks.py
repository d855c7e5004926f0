"""Tasks: who is to do what for a patient by when; some done, some overdue, some with comments.

Of a story's task `ordered_days_ago` says when it was ordered, and `because` for the result of which measure.
"""

from typing import Any, Final

from dashboard.demo.chance import Chance, pick, weigh
from dashboard.demo.fhir import Json, day, moment, ref, resource
from dashboard.demo.files import words
from dashboard.demo.profile import PROGRAMME
from dashboard.demo.records import Writer

# How many a patient has, of 100 patients.
_HOW_MANY: Final = {0: 24, 1: 30, 2: 27, 3: 13, 4: 6}
_STATUS: Final = {"requested": 45, "accepted": 12, "in-progress": 13, "completed": 30}
# Of the open ones, how many are past their date.
_OVERDUE: Final = 0.28


def tasks(w: Writer, source: Chance) -> list[Json]:
    """The patient's tasks, the newest last; a story's own come first."""
    given = words("plans")["tasks"]
    scripted: list[dict[str, Any]] = w.who.script.get("tasks", [])
    pool = [one for name in PROGRAMME if w.who.has(name) for one in given[name]] + given["any"]
    many: int = weigh(source, _HOW_MANY)
    if w.who.script.get("tasks_only"):
        many = 0
    wanted = [dict(one) for one in scripted]
    while len(wanted) < many:
        one = pick(source, pool)
        if one["text"] not in {other["text"] for other in wanted}:
            wanted.append(dict(one))
    return [_task(w, number, one, source) for number, one in enumerate(wanted)]


def _task(w: Writer, number: int, given: dict[str, Any], source: Chance) -> Json:
    draws = [source.random() for _ in range(5)]
    status: str = given.get("status") or weigh(source, _STATUS)
    today = w.who.as_of
    done = status == "completed"
    late = draws[0] < _OVERDUE
    due = today - 2 - int(draws[1] * 24) if late or done else today + 1 + int(draws[1] * 35)
    if "due_days" in given:
        due = today + int(given["due_days"])
    authored = min(due - 7 - int(draws[2] * 30), today - 3)
    if "ordered_days_ago" in given:
        authored = today - int(given["ordered_days_ago"])
    ended = min(today - 1, due - int(draws[3] * 4)) if done else None
    owner = _owner(w, given["owner"])
    drawn = pick(source, words("plans")["comments"]) if draws[4] < 0.25 and "comment" not in given else ""
    # A story's task has its own comment or none: one that was drawn may contradict the story.
    comment = given.get("comment", "" if "due_days" in given else drawn)
    author = w.person("nurse")
    note = {"authorReference": author.reference(), "time": moment(authored + 2, w.offset, 605), "text": comment}
    return resource(
        "Task",
        w.id("task", number),
        status=status,
        intent="order",
        priority=given.get("priority") or ("urgent" if draws[3] < 0.07 else "routine"),
        description=given["text"],
        for_=w.subject,
        executionPeriod={"end": moment(ended, w.offset, 900)} if ended else None,
        authoredOn=moment(authored, w.offset, 690),
        lastModified=moment(ended or authored, w.offset, 900),
        requester=w.person("coordinator" if given["owner"] != "coordinator" else "gp").reference(),
        owner=owner,
        reasonReference=_cause(w, given),
        note=[note] if comment else None,
        restriction={"period": {"end": day(due)}},
    )


def _cause(w: Writer, given: dict[str, Any]) -> Json | None:
    """The result for which a story's task was ordered: the last one of the measure `because` on or before that day."""
    measure = given.get("because")
    if measure is None:
        return None
    results = list(enumerate(w.who.script["results"]))
    before = [
        (int(one["days_ago"]), number)
        for number, one in results
        if one["measure"] in (measure, "kidneys" if measure in ("potassium", "egfr", "creatinine") else measure)
        and int(one["days_ago"]) >= int(given["ordered_days_ago"])
    ]
    _, number = min(before)
    return ref("Observation", f"{w.id('obs', f'story-{number}')}-{measure}")


def _owner(w: Writer, kind: str) -> Json:
    if kind == "patient":
        return ref("Patient", w.who.id, f"{w.who.given} {w.who.family}")
    if kind == "team":
        return ref("Organization", w.who.place.team.id, w.who.place.team.name)
    return w.person(kind).reference()
