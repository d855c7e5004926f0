"""What makes a shared plan one that a team works with, after HL7's MCC eCare Plan: who agrees to which goal, how goals
stand to each other, what serves which goal, who does it, what came of it, what was ended and why, and what was noted.

It has a source of chance of its own, so that all else of a patient is the same with and without it. A story says in
`acceptance` who agrees, in `conflicts` which goals are in each other's way, in `plan_notes` what was noted.
"""

from datetime import date
from typing import Any, Final

from dashboard.demo.chance import Chance, pick
from dashboard.demo.fhir import OWN, Json, coding, concept, day, hl7, moment, ref, resource, to
from dashboard.demo.files import words
from dashboard.demo.profile import PROGRAMME
from dashboard.demo.records import Writer

_HL7: Final = "http://hl7.org/fhir/StructureDefinition/"
CUSTODIAN: Final = "http://hl7.org/fhir/us/mcc/StructureDefinition/custodian"
_PERTAINS: Final = _HL7 + "resource-pertainsToGoal"
_WORDS: Final = OWN + "StructureDefinition/goal-acceptance-words"
_RELATION: Final = "http://terminology.hl7.org/CodeSystem/goal-relationship-type"
_AGREED: Final = 0.72  # Of the clinicians' goals: the patient agrees; of the rest some wait, few disagree.
_PENDING: Final = 0.12
_DISAGREED: Final = 0.04
_CONFLICTING: Final = 0.5  # Of those who have both goals that are in each other's way.
_ENDED: Final = 0.22  # Of the plans: a goal was given up, with the reason.
_NOTED: Final = 0.3  # Of the plans, and of the goals: somebody has noted something.


def detail(w: Writer, plan: Json, goals: list[Json], work: list[Json], team: Json) -> list[Json]:
    """Adds the details to the plan, its goals and its orders and tasks; returns the goals that were given up."""
    source = w.who.chance("plan-details")
    plan["extension"] = [custodian(team["managingOrganization"][0])]
    for goal in goals:
        _accept(w, plan, goal, team, source)
    _relate(w, goals, source)
    given_up = _given_up(w, plan, source)
    plan["goal"] += [to(goal) for goal in given_up]
    for activity, one in zip(plan["activity"], work, strict=True):
        _serve(w, plan, activity, one, goals)
    _note(w, plan, goals, source)
    return given_up


def custodian(organisation: Json) -> Json:
    """The extension of MCC that says who keeps a CarePlan: R4 has no element for it."""
    return {"url": CUSTODIAN, "valueReference": organisation}


def _accept(w: Writer, plan: Json, goal: Json, team: Json, source: Chance) -> None:
    drawn, second = source.random(), source.random()
    own = goal["expressedBy"] == w.subject
    said: dict[str, list[str]] = w.who.script.get("acceptance", {}).get(goal["description"]["text"], {})
    if not said:
        if plan["status"] == "draft":
            said = {"patient": ["pending"]}
        elif own:
            said = {"gp": ["agree"]} if drawn < _AGREED else {}
        elif drawn < _AGREED:
            said = {"patient": ["agree"], "gp": ["agree"]} if second < 0.8 else {"patient": ["agree"]}
        elif drawn < _AGREED + _PENDING:
            said = {"patient": ["pending"], "gp": ["agree"]}
        elif drawn < _AGREED + _PENDING + _DISAGREED:
            said = {"patient": ["disagree", pick(source, words("plans")["objections"])], "gp": ["agree"]}
    made = [_acceptance(_person(w, who, team), *how) for who, how in said.items()]
    if made:
        goal["extension"] = made


def _acceptance(who: Json, status: str, said: str = "") -> Json:
    parts: list[Json] = [{"url": "individual", "valueReference": who}, {"url": "status", "valueCode": status}]
    if said:
        parts.append({"url": _WORDS, "valueString": said})
    return {"url": _HL7 + "goal-acceptance", "extension": parts}


def _person(w: Writer, who: str, team: Json) -> Json:
    if who == "patient":
        return ref("Patient", w.who.id, f"{w.who.given} {w.who.family}")
    if who == "carer":
        people = (part["member"] for part in team["participant"])
        return next(one for one in people if one["reference"].startswith("RelatedPerson/"))
    return w.person(who).reference()


def _relate(w: Writer, goals: list[Json], source: Chance) -> None:
    """A story's conflicts, from either side; and what was reached before came before what is aimed at now."""
    likely = source.random()
    by_text = {goal["description"]["text"]: goal for goal in goals}
    pairs = [tuple(pair) for pair in w.who.script.get("conflicts", [])]
    if not _has_story(w) and likely < _CONFLICTING:
        pairs = [tuple(words("plans")["conflict"])]
    for one, other in pairs:
        if one in by_text and other in by_text:
            _relation(by_text[one], by_text[other], "conflicts-with")
            _relation(by_text[other], by_text[one], "conflicts-with")
    for before in (goal for goal in goals if goal["id"].endswith("-reached")):
        later = [goal for goal in goals if goal is not before and goal.get("addresses") == before["addresses"]]
        if later:
            _relation(later[0], before, "predecessor")
            _relation(before, later[0], "successor")


def _relation(goal: Json, other: Json, kind: str) -> None:
    """HL7 has no conflict of goals: it is "other", with our own code and the words beside it."""
    codes = [coding(_RELATION, kind, kind.capitalize())]
    if kind == "conflicts-with":
        codes = [
            coding(_RELATION, "other", "Other"),
            coding(OWN + "CodeSystem/goal-relation", kind, "conflicts with"),
        ]
    parts = [
        {"url": "type", "valueCodeableConcept": concept(codes, kind.replace("-", " "))},
        {"url": "target", "valueReference": to(other, other["description"]["text"])},
    ]
    goal.setdefault("extension", []).append({"url": _HL7 + "goal-relationship", "extension": parts})


def _given_up(w: Writer, plan: Json, source: Chance) -> list[Json]:
    """A goal of an earlier time that was ended before it was reached, with the reason, for some."""
    likely, days = source.random(), int(source.random() * 50)
    given = words("plans")["given_up"][pick(source, [name for name in PROGRAMME if w.who.has(name)])]
    began = _ordinal(plan["period"]["start"])
    ended = began + 45 + days
    if "given_up" in w.who.script:
        given, ended = w.who.script["given_up"], w.who.as_of - int(w.who.script["given_up"]["days_ago"])
    elif _has_story(w) or likely > _ENDED or plan["status"] == "draft":
        return []
    if ended >= w.who.last_visit:
        return []
    return [
        resource(
            "Goal",
            w.id("goal", "given-up"),
            extension=[_acceptance(ref("Patient", w.who.id, f"{w.who.given} {w.who.family}"), "agree")],
            lifecycleStatus="cancelled",
            achievementStatus=hl7("goal-achievement", "not-achieved"),
            priority=hl7("goal-priority", "low-priority"),
            description={"text": given["text"]},
            subject=w.subject,
            startDate=day(began),
            statusDate=day(ended),
            statusReason=given["why"],
            expressedBy=w.person("nurse").reference(),
        )
    ]


def _serve(w: Writer, plan: Json, activity: Json, one: Json, goals: list[Json]) -> None:
    """The order or task belongs to the plan, serves the goals of its condition, and has an outcome once it is done."""
    about = _about(one)
    served = [to(goal) for goal in goals if goal["lifecycleStatus"] == "active" and _is_about(w, goal, about)]
    if served:
        one["extension"] = [{"url": _PERTAINS, "valueReference": goal} for goal in served[:2]]
    one["basedOn"] = [to(plan)]
    given: Json = next(
        (each for each in words("plans")["activities"].get(about, []) if _text(one) in each.values()), {}
    )
    if "who" in given:
        doer = w.person(given["who"]).reference()
        one |= {"sender": doer} if one["resourceType"] == "CommunicationRequest" else {"performer": [doer]}
    if one["status"] == "completed":
        activity["outcomeCodeableConcept"] = [{"text": given.get("outcome", words("plans")["outcome"])}]


def _text(one: Json) -> str:
    """What an order, message or task says."""
    if "payload" in one:
        return str(one["payload"][0]["contentString"])
    return str(one.get("description") or one["code"]["text"])


def _about(one: Json) -> str:
    """The condition in whose list the order or task is; "" for what is about none."""
    plans = words("plans")
    for name in PROGRAMME:
        if any(_text(one) in given.values() for given in (*plans["activities"][name], *plans["tasks"][name])):
            return name
    return ""


def _is_about(w: Writer, goal: Json, name: str) -> bool:
    start = f"Condition/{w.who.id}-con-{name}"
    return bool(name) and any(one["reference"].startswith(start) for one in goal.get("addresses", []))


def _note(w: Writer, plan: Json, goals: list[Json], source: Chance) -> None:
    """Notes with author and time: a story's on its plan, others' on plan and goals, before the last contact."""
    began = _ordinal(plan["period"]["start"])
    for one in (plan, *goals):
        likely, back, who = source.random(), source.random(), pick(source, ("gp", "nurse", "pharmacist"))
        text = pick(source, words("plans")["plan_notes" if one is plan else "goal_notes"])
        when = w.who.last_visit - int(back * (w.who.last_visit - began))
        ours = w.who.script.get("plan_notes", []) if one is plan else []
        private = len(one["meta"]["security"]) > 1
        if ours:
            one["note"] = [
                _annotation(w, each["by"], w.who.as_of - int(each["days_ago"]), each["text"]) for each in ours
            ]
        elif likely < _NOTED and not _has_story(w) and not private and plan["status"] != "draft":
            one["note"] = [_annotation(w, who, max(began, when), text)]


def _annotation(w: Writer, who: str, when: int, text: str) -> Json:
    return {"authorReference": w.person(who).reference(), "time": moment(when, w.offset, 655), "text": text}


def _has_story(w: Writer) -> bool:
    """Whether a story tells of this patient, who has only what it says."""
    return "story" in w.who.script


def _ordinal(written: str) -> int:
    return date.fromisoformat(written[:10]).toordinal()


def other_plans(w: Writer, team: Json, team_plan: Json) -> list[Json]:
    """The plans beside the team's that the story names: of another custodian, or a second one of the same team."""
    made: list[Json] = []
    for number, name in enumerate(w.who.script.get("other_plans", []), start=1):
        made += _other_plan(w, number, words("plans")["other_plans"][name], team, team_plan)
    return made


def _other_plan(w: Writer, number: int, given: dict[str, Any], team: Json, team_plan: Json) -> list[Json]:
    """It began before the team's plan, which therefore stays the one that pages show."""
    began = _ordinal(team_plan["period"]["start"]) - int(given["days_before"])
    hospital = w.who.place.team.region.hospital
    kept_by = (
        team["managingOrganization"][0]
        if given["custodian"] == "team"
        else ref("Organization", hospital.id, hospital.name)
    )
    author = w.person(given["by"]).reference()
    goal = resource(
        "Goal",
        w.id("goal", f"other-{number}"),
        lifecycleStatus="active",
        achievementStatus=hl7("goal-achievement", "in-progress"),
        priority=hl7("goal-priority", "medium-priority"),
        description={"text": given["goal"]},
        subject=w.subject,
        startDate=day(began),
        statusDate=day(began),
        expressedBy=author,
    )
    orders = [
        _other_order(w, f"other-{number}-{place}", each, began, author, goal)
        for place, each in enumerate(given.get("orders", []))
    ]
    plan = resource(
        "CarePlan",
        w.id("plan", number),
        extension=[custodian(kept_by)],
        status="active",
        intent="plan",
        category=team_plan["category"],
        title=given["title"],
        description=given["description"],
        subject=w.subject,
        period={"start": day(began), "end": day(w.who.as_of + 120)},
        created=day(began),
        author=author,
        careTeam=[to(team)] if given["custodian"] == "team" else None,
        goal=[to(goal)],
        activity=[
            *({"reference": to(order)} for order in orders),
            *({"detail": each} for each in given.get("details", [])),
        ],
    )
    for order in orders:
        order["basedOn"] = [to(plan)]
    return [goal, *orders, plan]


def _other_order(w: Writer, number: str, text: str, began: int, author: Json, goal: Json) -> Json:
    return resource(
        "ServiceRequest",
        w.id("req", number),
        extension=[{"url": _PERTAINS, "valueReference": to(goal)}],
        status="active",
        intent="order",
        code={"text": text},
        subject=w.subject,
        authoredOn=day(began),
        occurrencePeriod={"start": day(began), "end": day(w.who.as_of + 60)},
        requester=author,
        performer=[author],
    )
