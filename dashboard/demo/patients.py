"""The person: Patient, the informal carer (RelatedPerson) and the CareTeam."""

from typing import Any, Final

from dashboard.demo.chance import Chance, pick
from dashboard.demo.fhir import Json, coded, coding, day, ref, resource, snomed
from dashboard.demo.files import words
from dashboard.demo.identifiers import identifier
from dashboard.demo.people import members
from dashboard.demo.places import Team
from dashboard.demo.profile import Profile
from dashboard.demo.records import Writer

_LANGUAGES: Final = {"en": "English", "es": "Spanish", "sv": "Swedish", "eu": "Basque", "pa": "Punjabi"}
# v3-RoleCode of the carer by whether the carer is a woman.
_KIN: Final = {
    "child": (("SONC", "son"), ("DAUC", "daughter")),
    "spouse": (("HUSB", "husband"), ("WIFE", "wife")),
    "sibling": (("BRO", "brother"), ("SIS", "sister")),
}
_ROLE_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
CARER_ROLE: Final = ("133932002", "Caregiver", "Informal carer")
# The share of patients with a recorded carer.
_CARED_FOR: Final = 0.42


def patient(w: Writer, source: Chance) -> Json:
    """The Patient. Telephone numbers are of the ranges reserved for drama (01632 960, 070-174 06); Spain has none."""
    who = w.who
    region, site = who.place.team.region, who.place.site
    birth = day(who.birth)
    name = {"use": "official", "family": who.family, "given": who.given.split(" "), "text": f"{who.given} {who.family}"}
    if who.prefix:
        name["prefix"] = [who.prefix]
    street = f"{1 + int(source.random() * 98)} {pick(source, words('names')[region.language]['street'])}"
    if region.language != "en":
        house, _, rest = street.partition(" ")
        street = f"{rest} {house}"
    number = int(source.random() * 95)
    phone = {"GB": f"01632 9600{number:02d}", "SE": f"070-17406{number % 95 + 5:02d}"}.get(region.country)
    language = "eu" if region.language == "es" and source.random() < 0.25 else region.language
    language = who.script.get("first_language", language)
    return resource(
        "Patient",
        who.id,
        identifier=[identifier(region.identifier, who.index + 100, birth, who.female)],
        active=True,
        name=[name],
        telecom=[{"system": "phone", "value": phone, "use": "home"}] if phone else None,
        gender="female" if who.female else "male",
        birthDate=birth,
        address=[{"line": [street], "city": site.city, "postalCode": site.postcode, "country": region.country}],
        communication=[{"language": coded("urn:ietf:bcp:47", language, _LANGUAGES[language]), "preferred": True}],
        generalPractitioner=[w.person("gp").reference()],
        managingOrganization=ref("Organization", site.id, site.name),
    )


def carer(w: Writer, source: Chance) -> Json | None:
    """The informal carer, for some: a child, the spouse or a sibling."""
    draws = [source.random() for _ in range(4)]
    script = w.who.script.get("carer")
    if script is None and draws[0] > _CARED_FOR:
        return None
    script = script or {}
    kin = script.get("kin") or ("child" if draws[1] < 0.55 else "spouse" if draws[1] < 0.9 else "sibling")
    female = script.get("gender", "") == "female" if "gender" in script else draws[2] < 0.6
    if kin == "spouse" and "gender" not in script:
        female = not w.who.female
    code, word = _KIN[kin][female]
    names = words("names")[w.who.place.team.region.language]
    age = "younger" if kin == "child" else "elder"
    given = script.get("given") or pick(source, names[f"{age}_{'f' if female else 'm'}"])
    family = script.get("family") or w.who.family
    region = w.who.place.team.region
    phone = {"GB": "01632 960" + f"{100 + int(draws[3] * 890)}"[:3], "SE": f"070-17406{5 + int(draws[3] * 90):02d}"}
    return resource(
        "RelatedPerson",
        w.id("carer", 0),
        active=True,
        patient=w.subject,
        relationship=[{"coding": [coding(_ROLE_CODE, code, word)], "text": word}],
        name=[{"family": family, "given": [given], "text": f"{given} {family}"}],
        telecom=[{"system": "phone", "value": phone[region.country]}] if region.country in phone else None,
        gender="female" if female else "male",
    )


def care_team(id_: str, patient_id: str, team: Team, start: str, carer_: Json | None) -> Json:
    """The CareTeam of one patient: everybody of the MDT, and the carer. An empty `start` is not known: since ever."""
    period = {"period": {"start": start}} if start else {}
    people: list[dict[str, Any]] = [
        {"role": [one.role_concept()], "member": one.reference(), **period} for one in members(team)
    ]
    if carer_ is not None:
        name = carer_["name"][0]["text"]
        people.append({"role": [snomed(*CARER_ROLE)], "member": ref("RelatedPerson", carer_["id"], name)})
    return resource(
        "CareTeam",
        id_,
        status="active",
        category=[coded("http://loinc.org", "LA28865-6", "Longitudinal care-coordination focused care team")],
        name=f"Care team ({team.name})",
        subject=ref("Patient", patient_id),
        period=period.get("period"),
        participant=people,
        managingOrganization=[ref("Organization", team.id, team.name)],
    )


def joined(who: Profile) -> int:
    """The day the patient's care team began: within the last two years, after the record did, while they came."""
    usual = who.as_of - 200 - who.index * 37 % 500
    return max(who.start, min(usual, who.last_visit - 60) if who.situation == "unseen" else usual)
