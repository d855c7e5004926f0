"""A few hundred random linked resources from a seed, for the tests of searches."""

import random
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
PATIENTS = 12
OBSERVATIONS = 200


def reference(resource_type: str, id_: object) -> Json:
    return {"reference": f"{resource_type}/{id_}"}


def linked_resources(seed: int) -> Iterator[Json]:
    """Returns patients, observations, teams, plans, goals, provenance and practitioners."""
    chance = random.Random(seed)

    def day(year: int) -> str:
        form = chance.choice(["{y}", "{y}-{m:02}", "{y}-{m:02}-{d:02}", "{y}-{m:02}-{d:02}T0{h}:30:00Z"])
        return form.format(y=year, m=chance.randint(1, 12), d=chance.randint(1, 28), h=chance.randint(0, 9))

    for n in range(4):
        yield {"resourceType": "Practitioner", "id": f"d{n}", "name": [{"family": f"Döctor{n}"}]}
    for n in range(PATIENTS):
        name = {"family": chance.choice(["Smith", "Smythe", "Ångström"]), "given": ["Ann", f"M{n}"]}
        own = {"identifier": [{"system": "urn:mrn", "value": str(n % 9)}], "gender": chance.choice(["male", "female"])}
        yield {"resourceType": "Patient", "id": f"p{n}", "name": [name], "birthDate": day(1950), **own}
    for n in range(OBSERVATIONS):
        unit = chance.choice(["%", "mmol/mol"])
        codes = [{"system": LOINC, "code": f"c{chance.randint(0, 4)}", "display": f"Test {n % 3}"}]
        if n % 7 == 0:
            codes.append({"code": "c0"})
        yield {
            "resourceType": "Observation", "id": f"o{n}", "status": chance.choice(["final", "amended"]),
            "code": {"coding": codes}, "subject": reference("Patient", f"p{chance.randrange(PATIENTS)}"),
            "effectiveDateTime": day(chance.randint(2022, 2026)),
            "valueQuantity": {"value": chance.randint(0, 9), "system": UCUM, "code": unit},
            "derivedFrom": [reference("Observation", f"o{chance.randrange(OBSERVATIONS)}")],
        }  # fmt: skip
    for n in range(PATIENTS):
        patient = {"subject": reference("Patient", f"p{n}")}
        members = [{"member": reference("Practitioner", f"d{chance.randrange(4)}")} for _ in range(2)]
        yield {"resourceType": "CareTeam", "id": f"t{n}", "status": "active", "participant": members, **patient}
        goal = {"lifecycleStatus": "active", "description": {"text": "x"}}
        yield {"resourceType": "Goal", "id": f"g{n}", **goal, **patient}
        goals = {"goal": [reference("Goal", f"g{n}"), reference("Goal", f"g{(n + 1) % PATIENTS}")]}
        yield {"resourceType": "CarePlan", "id": f"c{n}", "status": "active", "intent": "plan", **patient, **goals}
        targets = [reference("CarePlan", f"c{n}/_history/1"), reference("Goal", f"g{chance.randrange(PATIENTS)}")]
        agents = [{"who": reference("Practitioner", "d0")}]
        yield {"resourceType": "Provenance", "id": f"v{n}", "target": targets, "recorded": day(2025), "agent": agents}
