"""What a patient has agreed to: everybody in the programme shares the record with the team; a carer acts by name."""

from typing import Final

from dashboard.demo.fhir import Json, coded, coding, concept, day, hl7, ref, resource, to
from dashboard.demo.patients import joined
from dashboard.demo.records import Writer
from dashboard.domain.values.code_systems import LOINC

_ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"


def consents(w: Writer, carer_: Json | None) -> list[Json]:
    """Consent to sharing, as given when the team began; one naming the carer; and what was taken back, by oddity."""
    rule: Json = {"type": "permit"}
    status = "active"
    if w.who.oddity == "withdrawn":
        status = "inactive"
    if w.who.oddity == "restricted":
        hospital = w.who.place.team.region.hospital
        rule["provision"] = [
            {"type": "deny", "actor": [_actor("PRCP", ref("Organization", hospital.id, hospital.name))]}
        ]
    made = [_consent(w, 0, status, rule)]
    if carer_ is not None and status == "active":
        name = carer_["name"][0]["text"]
        made.append(_consent(w, 1, "active", {"type": "permit", "actor": [_actor("IRCP", to(carer_, name))]}))
    return made


def _consent(w: Writer, number: int, status: str, rule: Json) -> Json:
    site = w.who.place.site
    return resource(
        "Consent",
        w.id("consent", number),
        status=status,
        scope=hl7("consentscope", "patient-privacy"),
        category=[coded(LOINC, "59284-0", "Consent Document")],
        patient=w.subject,
        dateTime=day(joined(w.who)),
        performer=[w.subject],
        organization=[ref("Organization", site.id, site.name)],
        policyRule=concept([coding(_ACT_CODE, "OPTIN", "opt-in")]),
        provision=rule,
    )


def _actor(role: str, who: Json) -> Json:
    return {"role": coded(_PARTICIPATION, role), "reference": who}
