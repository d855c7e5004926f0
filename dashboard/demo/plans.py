"""The shared plan: CarePlan, Goals of clinicians and of the patient, its activities, and who edited it last."""

from typing import Any, Final

from dashboard.demo.chance import Chance, pick, weigh
from dashboard.demo.codes import measure
from dashboard.demo.fhir import Json, coded, coding, day, hl7, moment, ref, resource, restricted, snomed, to
from dashboard.demo.files import words
from dashboard.demo.patients import joined
from dashboard.demo.plan_details import detail, other_plans
from dashboard.demo.plan_history import change, history, reached, why_changed
from dashboard.demo.profile import PROGRAMME
from dashboard.demo.records import Writer
from dashboard.domain.values.code_systems import PLAN_REVIEW, SNOMED

SHARED_PLAN: Final = ("734163000", "Care plan")
# Of 100 patients.
_STATES: Final = {"active": 66, "review-due": 12, "draft": 9, "none": 13}
_ACHIEVED: Final = {"in-progress": 4, "improving": 3, "worsening": 1, "no-change": 2, "achieved": 2}


def state(w: Writer, source: Chance) -> str:
    """Which plan the patient has: "active", "review-due" (active, its review date past), "draft" or "none"."""
    drawn: str = weigh(source, _STATES)
    return str(w.who.script.get("plan", drawn))


def plan(w: Writer, kind: str, problems: list[Json], team: Json, tasks: list[Json], source: Chance) -> list[Json]:
    """The plan with its goals, orders and Provenance; empty for "none". Tasks belong to it and are listed in it."""
    if kind == "none":
        return []
    who = w.who
    ends = (
        who.as_of - 4 - int(source.random() * 50)
        if kind == "review-due"
        else who.as_of + 10 + int(source.random() * 150)
    )
    began = joined(who) + 10
    addressed = {name: _problems_of(w, name, problems) for name in PROGRAMME if who.has(name)}
    goals = _goals(w, addressed, ends, source)
    orders = _orders(w, addressed, source)
    later = w.who.chance("plan-history")
    goals += reached(w, addressed, began, later)
    made = resource(
        "CarePlan",
        w.id("plan", 0),
        status="draft" if kind == "draft" else "active",
        intent="plan",
        category=[snomed(*SHARED_PLAN)],
        title="Shared care plan",
        subject=w.subject,
        period={"start": day(began), "end": day(ends)},
        created=day(began),
        author=w.person("gp").reference(),
        careTeam=[to(team)],
        addresses=[to(problem) for addressed_problems in addressed.values() for problem in addressed_problems],
        goal=[to(goal) for goal in goals],
        activity=[{"reference": to(one)} for one in (*orders, *tasks)],
    )
    for task in tasks:
        task["basedOn"] = [to(made)]
    editor = w.person(pick(source, ("gp", "nurse", "pharmacist", "coordinator")))
    edited = max(began, who.as_of - 3 - int(source.random() ** 2 * 170))
    days = who.script.get("plan_edited_days")
    edited = edited if days is None else who.as_of - int(days)
    when = moment(edited, w.offset, 540 + int(source.random() * 480))
    before = history(w, made, goals, began, edited, later)
    if made["status"] == "active" and (edited > began or len(before) > 1):
        made["meta"]["tag"] = [coding(PLAN_REVIEW, "reviewed")]
    why = who.script.get("plan_why") or why_changed(w, later)[1]
    last = change(w, "0", when, editor.reference(), [made], why, "UPDATE")
    goals += detail(w, made, goals, [*orders, *tasks], team)
    return [*goals, *orders, made, *before, last, *other_plans(w, team, made)]


def _problems_of(w: Writer, name: str, problems: list[Json]) -> list[Json]:
    """The active problems of a condition ("…-con-ckd-3b" is one of "ckd")."""
    start = f"{w.who.id}-con-{name}"
    return [one for one in problems if one["id"].startswith(start)]


def _goals(w: Writer, addressed: dict[str, list[Json]], ends: int, source: Chance) -> list[Json]:
    made: list[Json] = []
    for name, problems in addressed.items():
        for given in words("plans")["goals"][name]:
            if source.random() < 0.85:
                target = _targets(w, given, ends + 60)
                made.append(_goal(w, len(made), given["text"], target, problems, False, source))
    wishes = w.who.script.get("wishes") or [pick(source, words("plans")["wishes"])]
    own = [_goal(w, len(made) + number, text, [], [], True, source) for number, text in enumerate(wishes)]
    private = w.who.script.get("private", [])
    return [*made, *(restricted(goal) if goal["description"]["text"] in private else goal for goal in own)]


def _goal(
    w: Writer, number: int, text: str, target: list[Json], problems: list[Json], own: bool, source: Chance
) -> Json:
    # Of a goal that is measured `achievements` has the last word.
    achieved: str = weigh(source, _ACHIEVED)
    achieved = w.who.script.get("doing", {}).get(text, achieved)
    over = text in w.who.script.get("reached", [])
    return resource(
        "Goal",
        w.id("goal", number),
        lifecycleStatus="completed" if over else "active",
        achievementStatus=hl7("goal-achievement", "achieved" if over else achieved),
        priority=hl7("goal-priority", "high-priority" if own or number == 0 else "medium-priority"),
        description={"text": text},
        subject=w.subject,
        startDate=day(joined(w.who) + 10),
        target=target,
        statusDate=day(min(w.who.last_visit, w.who.as_of - 20 - int(source.random() * 60))),
        expressedBy=w.subject if own else w.person("gp").reference(),
        addresses=[to(problem) for problem in problems],
    )


def _targets(w: Writer, given: dict[str, Any], due: int) -> list[Json]:
    """The measured target, in the codes and units of the patient's site."""
    if "pressure" in given:
        parts = zip(("systolic", "diastolic"), given["pressure"], strict=True)
        return [_target(w, name, due, high=value, comparator="<") for name, value in parts]
    if "spread" in given:
        dry = round(w.who.weight)
        return [_target(w, given["measure"], due, low=dry - given["spread"], high=dry + given["spread"])]
    return [_target(w, given["measure"], due, low=given.get("low"), high=given.get("high"))]


def _target(
    w: Writer, name: str, due: int, *, low: float | None = None, high: float | None = None, comparator: str = "<="
) -> Json:
    how = measure(name, w.column)
    made: Json = {"measure": how.concept()}
    if low is not None and high is not None:
        made["detailRange"] = {"low": how.quantity(low), "high": how.quantity(high)}
    elif high is not None:
        made["detailQuantity"] = how.quantity(high, comparator)
    elif low is not None:
        made["detailQuantity"] = how.quantity(low, ">=")
    return {**made, "dueDate": day(due)}


def _orders(w: Writer, addressed: dict[str, list[Json]], source: Chance) -> list[Json]:
    """ServiceRequests and CommunicationRequests; what was ordered long ago is completed."""
    made: list[Json] = []
    for name in PROGRAMME:
        if not w.who.has(name):
            continue
        for given in words("plans")["activities"][name]:
            when = w.who.as_of - int(source.random() * 80)
            number, reasons = len(made), [to(one) for one in addressed[name][-1:]]
            if "message" in given:
                made.append(_message(w, number, given["message"], when, reasons))
            else:
                status = "completed" if w.who.as_of - when > 45 else "active"
                made.append(_order(w, number, given, when, status, reasons))
    return made


def _order(w: Writer, number: int, given: dict[str, str], when: int, status: str, reasons: list[Json]) -> Json:
    return resource(
        "ServiceRequest",
        w.id("req", number),
        status=status,
        intent="order",
        code=coded(given.get("system", SNOMED), given["code"], given["display"], given["order"]),
        subject=w.subject,
        authoredOn=day(when),
        occurrenceDateTime=day(when + 42),
        requester=w.person("gp").reference(),
        reasonReference=reasons,
    )


def _message(w: Writer, number: int, text: str, when: int, reasons: list[Json]) -> Json:
    return resource(
        "CommunicationRequest",
        w.id("com", number),
        status="active",
        subject=w.subject,
        payload=[{"contentString": text}],
        authoredOn=day(when),
        requester=w.person("nurse").reference(),
        recipient=[ref("Patient", w.who.id)],
        reasonReference=reasons,
    )
