"""A pilot in which every text that could identify a patient has a mark, so that tests can search results for it."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import Json

KEY = "k" * 32
MANAGER = User(None, "Manager", roles=(Role.PILOT_MANAGER,), subject="id|manager", session_id="m1")
EVERY = {2: make.T2DM, 3: make.CKD_3B, 4: "84114007", 5: "35489007"}
MARK = "qzx"
"""A part of every name, id and identifier of these patients, and of no other word."""


def patient(number: int, site: str, **more: Any) -> Json:
    """Returns a patient of which each text has the mark."""
    ident, own = f"{MARK}{number:04d}", f"{MARK}{number}"
    return {
        "resourceType": "Patient",
        "id": ident,
        "name": [{"family": f"Family{own}", "given": [f"Given{own}"], "text": f"Whole{own}"}],
        "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": f"99{MARK}{number}"}],
        "telecom": [{"system": "phone", "value": f"0777{MARK}{number}"}],
        "address": [{"line": [f"{number} {MARK} Street"], "postalCode": f"{MARK}{number}"}],
        "birthDate": f"19{40 + number % 30}-07-13",
        "gender": "female" if number % 2 else "male",
        "managingOrganization": {"reference": f"Organization/{site}"},
    } | more


def records(number: int, site: str, *codes: str, members: tuple[str, ...] = ("gp",)) -> list[Json]:
    """Returns the patient, the care team, which also names the patient, the consent and the conditions."""
    person = patient(number, site)
    ident, name = person["id"], person["name"][0]["text"]
    subject = {"reference": f"Patient/{ident}", "display": name}
    team = make.care_team(ident, list(members), name=f"Team of {name}", subject=subject)
    given = make.consent(ident, patient=subject)
    problems = [make.condition(f"c-{ident}-{n}", ident, code, subject=subject) for n, code in enumerate(codes)]
    return [person, team, given, *problems]


def pilot_records(*counts: tuple[str, int]) -> list[Json]:
    """Returns the records of a number of patients for each site.

    Each second patient has diabetes, each third one kidney disease and so on. There are two regions: sites s... are in
    the South, others in the North.
    """
    rows = [
        make.organisation("region-s", "South", "govt"),
        make.organisation("region-n", "North", "govt"),
        make.organisation("team-1", "Team 1", "team", "s1"),
        make.practitioner("gp"),
    ]
    number = 0
    for site, count in counts:
        rows.append(make.organisation(site, f"Site {site}", "prov", f"region-{site[0]}"))
        for _ in range(count):
            number += 1
            codes = [code for every, code in EVERY.items() if number % every == 0]
            rows += records(number, site, *codes)
    return rows


def texts(value: Any, seen: dict[int, Any] | None = None) -> Iterator[str]:
    """Yields every text within a value of any type: keys, fields, attributes, elements."""
    seen = {} if seen is None else seen
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes | bytearray):
        yield bytes(value).decode("utf-8", "replace")
    elif id(value) in seen or value is None or isinstance(value, int | float | type):
        return
    else:
        seen[id(value)] = value  # retained, so that no other object gets the same id
        if isinstance(value, Mapping):
            for key in list(value.keys()):  # some mappings (urllib3's pools) refuse to be iterated over
                yield from texts((key, value[key]), seen)
        elif isinstance(value, list | tuple | set | frozenset):
            for each in value:
                yield from texts(each, seen)
        elif dataclasses.is_dataclass(value):
            for field in dataclasses.fields(value):
                yield from texts(getattr(value, field.name), seen)
        elif hasattr(value, "__dict__"):
            yield from texts(vars(value), seen)
        else:
            yield repr(value)


def named(value: Any) -> list[str]:
    """Returns the texts in a value that identify a patient: a marked word, or a birth date in any format."""
    return [each for each in texts(value) if MARK in each.lower() or "-07-13" in each or "13-Jul" in each]
