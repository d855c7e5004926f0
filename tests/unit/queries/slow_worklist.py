"""Builds the worklist in the obvious way: loops over the raw resources, one column after the other, without a cache.

Tests compare the fast worklist with it. Only the domain's rules (terminology, units, urgency) are the same code: they
have separate tests.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.datatypes import Coding, Quantity
from dashboard.domain.values.terminology import Terminology
from dashboard.domain.values.units import UnknownUnit, to_canonical

Json = dict[str, Any]
OPEN = ("draft", "requested", "received", "accepted", "ready", "in-progress", "on-hold")


def slow_worklist(resources: list[Json], me: str, terminology: Terminology, on: date) -> dict[str, Json]:
    """Returns patient id -> column -> plain value, for the patients of the active teams of `me` ("Practitioner/x")."""
    rows: dict[str, Json] = {}
    by_name = {f"{r['resourceType']}/{r['id']}": r for r in resources}
    about: dict[str, list[Json]] = {}
    general = [r for r in resources if r["resourceType"] in ("Appointment", "Provenance")]
    for resource in resources:
        subject = resource.get("subject") or resource.get("patient") or resource.get("for") or {}
        about.setdefault(subject.get("reference", ""), []).append(resource)
    for resource in resources:
        if resource["resourceType"] == "Patient":
            pid = resource["id"]
            record = about.get(f"Patient/{pid}", [])
            teams = [r for r in of_type(record, "CareTeam", pid) if cares(r, me, on)]
            taken_back = [r for r in record if r["resourceType"] == "Consent" and r["status"] == "inactive"]
            # Consent to take part in a study is another matter than consent to share the record.
            withdrawn = any("research" not in str(r.get("scope")) for r in taken_back)
            if teams and not withdrawn:
                rows[pid] = row(pid, resource, teams, [*record, *general], by_name, me, terminology, on)
    return rows


def row(
    pid: str,
    patient: Json,
    teams: list[Json],
    resources: list[Json],
    by_name: Json,
    me: str,
    terminology: Terminology,
    on: date,
) -> Json:
    tasks = [t for t in of_type(resources, "Task", pid) if t["status"] in OPEN]
    site = by_name.get(patient["managingOrganization"]["reference"], {})
    plans = of_type(resources, "CarePlan", pid)
    contacts = [
        e["period"]["start"]
        for e in of_type(resources, "Encounter", pid)
        if e["status"] not in ("entered-in-error", "cancelled", "planned")
        and str(on - timedelta(days=730)) <= e["period"]["start"][:10] <= str(on)
    ]
    meetings = [
        a["start"]
        for a in resources
        if a["resourceType"] == "Appointment"
        and a["status"] == "booked"
        and a["start"][:10] >= str(on)
        and any(p["actor"]["reference"] == f"Patient/{pid}" for p in a["participant"])
        and any(c["code"] == "mdt-conference" for c in a["appointmentType"]["coding"])
    ]
    return {
        "family": patient["name"][0].get("family", ""),
        "teams": {t["managingOrganization"][0]["reference"][13:] for t in teams},
        "site": site.get("name", ""),
        "region": region(site, by_name),
        "conditions": conditions(of_type(resources, "Condition", pid), terminology),
        "latest": latest(of_type(resources, "Observation", pid), terminology, on),
        "conference": min((moment(start) for start in meetings), default=None),
        "open_tasks": len(tasks),
        "my_tasks": len([t for t in tasks if t["owner"]["reference"] == me]),
        "overdue_tasks": len([t for t in tasks if due(t) and due(t) < str(on)]),
        "owners": {t["owner"]["display"] for t in tasks},
        "last_contact": max((moment(start) for start in contacts), default=None),
        "plans": {p["id"] for p in plans},
        "editor": editor(plans, resources),
    }


def of_type(resources: Iterable[Json], kind: str, pid: str) -> list[Json]:
    found = []
    for resource in resources:
        if resource["resourceType"] == kind:
            about = resource.get("subject") or resource.get("patient") or resource.get("for") or {}
            if about.get("reference") == f"Patient/{pid}":
                found.append(resource)
    return found


def cares(team: Json, me: str, on: date) -> bool:
    if team["status"] != "active" or not is_current(team, on):
        return False
    return any(p.get("member", {}).get("reference") == me and is_current(p, on) for p in team.get("participant", []))


def is_current(part: Json, on: date) -> bool:
    period = part.get("period", {})
    return period.get("start", "0")[:10] <= str(on) <= period.get("end", "9")[:10]


def region(site: Json, by_name: Json) -> str:
    while site:
        if any(c["code"] == "govt" for t in site.get("type", []) for c in t["coding"]):
            return str(site["name"])
        site = by_name.get(site.get("partOf", {}).get("reference", ""), {})
    return ""


def conditions(rows: list[Json], terminology: Terminology) -> set[ConditionKey]:
    found: set[ConditionKey] = set()
    for r in rows:
        clinical = code(r.get("clinicalStatus"))
        verification = code(r.get("verificationStatus"))
        if clinical in ("active", "recurrence", "relapse") and verification not in ("refuted", "entered-in-error"):
            found |= set(terminology.conditions(codings(r["code"])))
    return found


def latest(rows: list[Json], terminology: Terminology, on: date) -> dict[Measure, tuple[datetime, set[Decimal]]]:
    """Returns, for each measure, when it was last measured and the values of that moment."""
    found: dict[Measure, list[tuple[datetime, Decimal]]] = {}
    for r in rows:
        day = r.get("effectiveDateTime", "")[:10]
        if r["status"] in ("entered-in-error", "cancelled") or day > str(on):
            continue
        if day < str(on - timedelta(days=730))[: len(day)]:
            continue
        for part in (r, *r.get("component", [])):
            measure = terminology.measure(codings(part["code"]))
            value = part.get("valueQuantity")
            if measure is None or value is None:
                continue
            try:
                plain = to_canonical(
                    measure,
                    Quantity(
                        Decimal(str(value["value"])), value.get("code") or value["unit"], value.get("comparator", "")
                    ),
                )
            except UnknownUnit:
                continue
            found.setdefault(measure, []).append((moment(r["effectiveDateTime"]), plain.value))
    return {
        measure: (max(when for when, _ in pairs), {v for when, v in pairs if when == max(w for w, _ in pairs)})
        for measure, pairs in found.items()
    }


def editor(plans: list[Json], resources: list[Json]) -> dict[str, str]:
    """Returns, for each care plan's id, its last editor."""
    found: dict[str, tuple[datetime, str]] = {}
    for r in resources:
        if r["resourceType"] == "Provenance":
            for target in r["target"]:
                name = target["reference"].split("/_history/")[0]
                for plan in plans:
                    if name == f"CarePlan/{plan['id']}":
                        who = next(a["who"]["display"] for a in r["agent"] if a["who"].get("display"))
                        when = moment(r["recorded"])
                        if plan["id"] not in found or when > found[plan["id"]][0]:
                            found[plan["id"]] = (when, who)
    return {plan: who for plan, (_, who) in found.items()}


def due(task: Json) -> str:
    return str(task.get("restriction", {}).get("period", {}).get("end", ""))[:10]


def code(concept: Any) -> str:
    return str(concept["coding"][0]["code"]) if concept else ""


def codings(concept: Json) -> tuple[Coding, ...]:
    return tuple(Coding(c.get("system", ""), c["code"]) for c in concept.get("coding", []))


def moment(text: str) -> datetime:
    full = text + "-01-01"[: max(0, 10 - len(text))] if len(text) < 10 else text
    found = datetime.fromisoformat(full)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
