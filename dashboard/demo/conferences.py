"""Case conferences: each team meets weekly; past ones with an Encounter a patient, the next two with their agenda.

An Appointment names the patients on its agenda, so conferences come after the patients they name.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from dashboard.demo.chance import chance
from dashboard.demo.fhir import OWN, Json, coded, coding, moment, ref, resource, snomed, to
from dashboard.demo.files import stories
from dashboard.demo.people import members
from dashboard.demo.places import TEAM_SIZE, Team, index_of, teams_for
from dashboard.demo.profile import Profile, profile
from dashboard.demo.staging import programme_on_record

APPOINTMENT_TYPE: Final = OWN + "CodeSystem/appointment-type"
_AGENDA: Final = 8  # Patients in an hour: C3-Cloud's teams took 4 to 12.
_LOST_DAYS: Final = 200  # Who had no contact for longer is on no agenda: such patients are missed.
_WEEKS: Final = (-8, -4, 0, 1)  # Conferences that have records, in weeks from the next one.


def conferences(patients: int, seed: int, as_of: date) -> Iterator[list[Json]]:
    """For each team a list: its conferences, and for those held an Encounter for each patient discussed."""
    for number, team in enumerate(teams_for(patients)):
        made = _of_team(team, number, patients, seed, as_of)
        if made:
            yield made


def _ordinals(team: Team, patients: int, seed: int, as_of: date) -> list[int]:
    """The places of a team's patients in the cohort, without those who have died or were lost from sight."""
    first = (team.number - 1) * TEAM_SIZE
    ordinals = []
    for ordinal in range(first, first + TEAM_SIZE):
        if index_of(team.base, ordinal) >= patients:
            break
        who = profile(index_of(team.base, ordinal), seed, as_of)
        if who.oddity != "deceased" and who.as_of - who.last_visit < _LOST_DAYS:
            ordinals.append(ordinal)
    return ordinals


def _of_team(team: Team, number: int, patients: int, seed: int, as_of: date) -> list[Json]:
    ordinals = _ordinals(team, patients, seed, as_of)
    if not ordinals:
        return []
    # Tuesday for the first team, Wednesday for the next ...: the next of its weekdays after the day of view.
    today = as_of.toordinal()
    following = today + 1 + ((1 + number % 4) - date.fromordinal(today + 1).weekday()) % 7
    asked = {given["place"] for given in stories() if given["team"] == team.id and given.get("conference")}
    made: list[Json] = []
    for place, week in enumerate(_WEEKS):
        when = following + 7 * week
        source = chance(seed, team.id, place)
        # A third of a small team at most, so that not everybody was discussed last time.
        agenda = source.sample(ordinals, min(_AGENDA, (len(ordinals) + 2) // 3))
        if week in (0, -4):
            agenda = [*sorted(asked), *[one for one in agenda if one not in asked]][: max(_AGENDA, len(asked))]
        made.extend(_conference(team, place + 1, when, [index_of(team.base, one) for one in agenda], seed, as_of))
    return made


def _conference(team: Team, number: int, when: int, agenda: list[int], seed: int, as_of: date) -> list[Json]:
    held = when < as_of.toordinal()
    offset = team.region.offset
    people = [{"actor": one.reference(), "required": "required", "status": "accepted"} for one in members(team)]
    discussed = [profile(index, seed, as_of) for index in agenda]
    subjects = [ref("Patient", who.id) for who in discussed]
    appointment = resource(
        "Appointment",
        f"conf-{team.id.removeprefix('team-')}-{number}",
        status="fulfilled" if held else "booked",
        appointmentType=coded(APPOINTMENT_TYPE, "mdt-conference", "Case conference of the multidisciplinary team"),
        description=f"Case conference, {team.name}",
        start=moment(when, offset, 780),
        end=moment(when, offset, 840),
        minutesDuration=60,
        created=moment(when - 21, offset, 600),
        supportingInformation=[ref("Organization", team.id, team.name)],
        participant=[
            *people,
            *({"actor": one, "required": "information-only", "status": "accepted"} for one in subjects),
        ],
    )
    if not held:
        return [appointment]
    return [appointment, *(_discussed(team, when, place, who, appointment) for place, who in enumerate(discussed))]


def _discussed(team: Team, when: int, place: int, who: Profile, appointment: Json) -> Json:
    """One Encounter for each patient discussed, seven minutes each."""
    site = team.home
    start = 780 + 7 * place
    return resource(
        "Encounter",
        f"{who.id}-{appointment['id']}",
        status="finished",
        class_=coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "VR"),
        type_=[snomed("312384001", "Multidisciplinary assessment", "Case conference")],
        subject=ref("Patient", who.id),
        participant=[{"individual": one.reference()} for one in members(team)[:4]],
        reasonReference=programme_on_record(who, when),
        appointment=[to(appointment)],
        period={"start": moment(when, team.region.offset, start), "end": moment(when, team.region.offset, start + 7)},
        serviceProvider=ref("Organization", site.id, site.name),
    )
