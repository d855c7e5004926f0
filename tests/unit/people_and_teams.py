"""A small cohort for tests of queries: two teams in one region, and one function for each resource type."""

from datetime import UTC, datetime
from typing import Any

from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.values.datatypes import Reference

Json = dict[str, Any]
AS_OF = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
SNOMED, LOINC, ATC, UCUM = (
    "http://snomed.info/sct",
    "http://loinc.org",
    "http://www.whocc.no/atc",
    "http://unitsofmeasure.org",
)
T2DM, CKD_3B = "44054006", "700379002"


def concept(system: str, code: str, display: str = "") -> Json:
    coding = {"system": system, "code": code, "display": display}
    made: Json = {"coding": [{key: value for key, value in coding.items() if value}]}
    return made | ({"text": display} if display else {})


def practitioner(ident: str, name: str = "Dr Jane Okafor") -> Json:
    prefix, given, family = name.split(" ")
    return {
        "resourceType": "Practitioner",
        "id": ident,
        "name": [{"prefix": [prefix], "given": [given], "family": family}],
    }


def organisation(ident: str, name: str, kind: str, part_of: str = "") -> Json:
    made = {
        "resourceType": "Organization",
        "id": ident,
        "name": name,
        "type": [concept("http://terminology.hl7.org/CodeSystem/organization-type", kind)],
    }
    return made | ({"partOf": {"reference": f"Organization/{part_of}"}} if part_of else {})


def patient(ident: str, family: str, given: str = "Mary", birth: str = "1948-02-03", site: str = "org-1") -> Json:
    return {
        "resourceType": "Patient",
        "id": ident,
        "name": [{"use": "official", "family": family, "given": [given]}],
        "birthDate": birth,
        "gender": "female",
        "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": f"99901234{int(ident[1:]):02d}"}],
        "managingOrganization": {"reference": f"Organization/{site}"},
    }


def care_team(patient_id: str, members: list[str], team: str = "team-1", **more: Any) -> Json:
    return {
        "resourceType": "CareTeam",
        "id": f"ct-{patient_id}-{team}",
        "status": "active",
        "subject": {"reference": f"Patient/{patient_id}"},
        "period": {"start": "2024-01-01"},
        "managingOrganization": [{"reference": f"Organization/{team}", "display": f"Team {team[-1]}"}],
        "participant": [{"member": {"reference": f"Practitioner/{who}", "display": who}} for who in members],
    } | more


def consent(patient_id: str, rule: Json | None = None, ident: str = "", status: str = "active", **more: Any) -> Json:
    return {
        "resourceType": "Consent",
        "id": ident or f"consent-{patient_id}",
        "status": status,
        "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [concept(LOINC, "59284-0")],
        "patient": {"reference": f"Patient/{patient_id}"},
        "provision": rule if rule is not None else {"type": "permit"},
    } | more


def naming(kind: str, *actors: str, **more: Any) -> Json:
    """Returns a provision of a Consent about these actors."""
    role = concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "PRCP")
    return {"type": kind, "actor": [{"role": role, "reference": {"reference": actor}} for actor in actors]} | more


def condition(ident: str, patient_id: str, code: str = T2DM, **more: Any) -> Json:
    return {
        "resourceType": "Condition",
        "id": ident,
        "subject": {"reference": f"Patient/{patient_id}"},
        "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        "verificationStatus": concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"),
        "code": concept(SNOMED, code),
        "onsetDateTime": "2015",
    } | more


def observation(ident: str, patient_id: str, code: str, value: float, unit: str, when: str) -> Json:
    return {
        "resourceType": "Observation",
        "id": ident,
        "status": "final",
        "subject": {"reference": f"Patient/{patient_id}"},
        "code": concept(LOINC, code),
        "effectiveDateTime": when,
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
    }


def allergy(ident: str, patient_id: str) -> Json:
    return {
        "resourceType": "AllergyIntolerance",
        "id": ident,
        "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active"),
        "patient": {"reference": f"Patient/{patient_id}"},
        "code": {"text": "Penicillin"},
    }


def medicine(ident: str, patient_id: str, atc: str = "A10BA02", status: str = "active", **more: Any) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": ident,
        "status": status,
        "intent": "order",
        "subject": {"reference": f"Patient/{patient_id}"},
        "medicationCodeableConcept": concept(ATC, atc, "metformin"),
        "authoredOn": "2020-05-01",
        "dosageInstruction": [{"text": "500 mg twice a day"}],
    } | more


def task(
    ident: str, patient_id: str, owner: str, status: str = "requested", due: str = "2026-11-10", **more: Any
) -> Json:
    return {
        "resourceType": "Task",
        "id": ident,
        "status": status,
        "intent": "order",
        "description": "Check the dose",
        "for": {"reference": f"Patient/{patient_id}"},
        "owner": {"reference": owner, "display": owner.split("/")[1]},
        "authoredOn": "2026-10-01T10:00:00+00:00",
        "restriction": {"period": {"end": due}},
    } | more


def plan(ident: str, patient_id: str, goals: tuple[str, ...] = (), **more: Any) -> Json:
    return {
        "resourceType": "CarePlan",
        "id": ident,
        "status": "active",
        "intent": "plan",
        "title": "Shared plan",
        "subject": {"reference": f"Patient/{patient_id}"},
        "period": {"start": "2026-01-01", "end": "2026-12-02"},
        "goal": [{"reference": f"Goal/{goal}"} for goal in goals],
    } | more


def goal(ident: str, patient_id: str, code: str = "59261-8", value: float = 53, unit: str = "mmol/mol") -> Json:
    return {
        "resourceType": "Goal",
        "id": ident,
        "lifecycleStatus": "active",
        "description": {"text": "HbA1c under 53"},
        "subject": {"reference": f"Patient/{patient_id}"},
        "expressedBy": {"reference": f"Patient/{patient_id}"},
        "target": [
            {
                "measure": concept(LOINC, code),
                "detailQuantity": {"value": value, "comparator": "<", "code": unit, "system": UCUM},
                "dueDate": "2027-03-31",
            }
        ],
    }


def provenance(ident: str, target: str, who: str, when: str) -> Json:
    return {
        "resourceType": "Provenance",
        "id": ident,
        "target": [{"reference": target}],
        "recorded": when,
        "agent": [{"who": {"reference": "Practitioner/gp", "display": who}}],
    }


def conference(ident: str, patients: list[str], start: str, status: str = "booked") -> Json:
    return {
        "resourceType": "Appointment",
        "id": ident,
        "status": status,
        "start": start,
        "appointmentType": concept("https://c3-cloud.example/fhir/CodeSystem/appointment-type", "mdt-conference"),
        "participant": [{"actor": {"reference": f"Patient/{pid}"}, "status": "accepted"} for pid in patients],
    }


def encounter(ident: str, patient_id: str, start: str) -> Json:
    return {
        "resourceType": "Encounter",
        "id": ident,
        "status": "finished",
        "class": {"code": "AMB"},
        "type": [{"text": "Review"}],
        "subject": {"reference": f"Patient/{patient_id}"},
        "period": {"start": start},
    }


def cohort() -> list[Json]:
    """Returns patients p1 and p2 of the GP's team, p3 of both the GP's and the nurse's, p4 of the nurse's only."""
    return [
        organisation("region-1", "South Warwickshire", "govt"),
        organisation("org-1", "Castle Practice", "prov", "region-1"),
        practitioner("gp"),
        practitioner("nurse", "Ms Anna Lind"),
        *(patient(f"p{n}", family) for n, family in ((1, "Aldous"), (2, "Ibáñez-Goñi"), (3, "Svensson"), (4, "Zhou"))),
        care_team("p1", ["gp"]),
        care_team("p2", ["gp"]),
        care_team("p3", ["gp"]),
        care_team("p3", ["nurse"], "team-2"),
        care_team("p4", ["nurse"], "team-2"),
        *(consent(f"p{n}") for n in (1, 2, 3, 4)),
        condition("c1", "p1"),
        condition("c2", "p2", "84114007"),
        condition("c3", "p3", "35489007"),
        condition("c4", "p4"),
        observation("o1", "p1", "59261-8", 62, "mmol/mol", "2026-05-02"),
        observation("o2", "p1", "59261-8", 71, "mmol/mol", "2026-09-12T09:00:00+00:00"),
        observation("o3", "p1", "2823-3", 5.9, "mmol/L", "2026-11-19"),
        observation("o4", "p4", "2823-3", 6.1, "mmol/L", "2026-11-19"),
        observation("o5", "p1", "29463-7", 80, "kg", "2010-01-01"),
        medicine("m1", "p1"),
        medicine("m2", "p1", "A10BB12", status="stopped"),
        task("t1", "p1", "Practitioner/gp"),
        task("t2", "p1", "Organization/team-1", due="2026-12-01"),
        task("t3", "p4", "Practitioner/nurse"),
        task("t4", "p4", "Practitioner/gp"),
        goal("g1", "p1"),
        plan("cp1", "p1", ("g1",)),
        provenance("pv1", "CarePlan/cp1/_history/1", "Dr Jane Okafor", "2026-10-28T10:00:00+00:00"),
        conference("a1", ["p1", "p4"], "2026-11-24T09:00:00+00:00"),
        encounter("e1", "p1", "2026-10-28T09:00:00+00:00"),
    ]


def user(ident: str = "gp") -> User:
    return User(Reference("Practitioner", ident), ident)


def scope(ident: str = "gp", server: str = "http://fake.test/fhir") -> AccessScope:
    return AccessScope(server, f"Practitioner/{ident}")
