"""The demo cohort, pure: the same seed, day of view and size give the same resources, patient by patient."""

from collections.abc import Iterator
from datetime import date
from typing import Final

import orjson

from dashboard.demo import awkward
from dashboard.demo.achievements import note_achievements
from dashboard.demo.conferences import conferences
from dashboard.demo.consents import consents
from dashboard.demo.contacts import visits
from dashboard.demo.course import live
from dashboard.demo.enrolment import enrolment
from dashboard.demo.examinations import examinations
from dashboard.demo.fhir import Json, day
from dashboard.demo.files import QUESTIONNAIRES
from dashboard.demo.patients import care_team, carer, joined, patient
from dashboard.demo.people import organizations, practitioners
from dashboard.demo.places import teams_for
from dashboard.demo.plans import plan, state
from dashboard.demo.profile import profile
from dashboard.demo.records import Writer, allergies, conditions, immunisations, prescriptions
from dashboard.demo.screening import screening
from dashboard.demo.stories import apply_script
from dashboard.demo.study import study
from dashboard.demo.tasks import tasks

PATIENTS: Final = 60
SEED: Final = 7
# More patients than this keep one year of history, so that 10,000 fit on a laptop.
LONG_HISTORY_UP_TO: Final = 1000


def foundation(patients: int = PATIENTS, as_of: date | None = None) -> list[Json]:
    """Questionnaires, organisations, teams, professionals and their roles, and the pilot's study where a day of view is
    given, each after what it refers to.
    """
    teams = teams_for(patients)
    forms = [orjson.loads(path.read_bytes()) for path in sorted(QUESTIONNAIRES.glob("*.json"))]
    pilot = [study(patients, as_of)] if as_of is not None else []
    return [*forms, *organizations(teams), *practitioners(teams), *pilot]


def generate(patients: int, seed: int, as_of: date) -> Iterator[list[Json]]:
    """One list of resources a patient (the Patient first), then one a team with its conferences."""
    since = as_of.toordinal() - 365 if patients > LONG_HISTORY_UP_TO else 0
    for index in range(patients):
        yield patient_record(index, seed, as_of, since)
    yield from conferences(patients, seed, as_of)


def patient_record(index: int, seed: int, as_of: date, since: int = 0) -> list[Json]:
    """Everything about the patient of an index; visits before the day number `since` are left out."""
    who = profile(index, seed, as_of)
    w = Writer.of(who, max(since, who.start))
    course = live(who)
    problems = conditions(w, course)
    person = patient(w, who.chance("person"))
    carer_ = carer(w, who.chance("carer"))
    team = care_team(w.id("team", 0), who.id, who.place.team, day(joined(who)), carer_)
    todo = tasks(w, who.chance("tasks"))
    goals = who.chance("plan")
    made = [
        person,
        *([carer_] if carer_ else []),
        team,
        *consents(w, carer_),
        *problems,
        *allergies(w, who.chance("allergies")),
        *prescriptions(w, course, problems, who.chance("medicines")),
        *immunisations(w, who.chance("immunisations")),
        *visits(w, course),
        *examinations(w, course, who.chance("examinations")),
        *plan(w, state(w, goals), problems, team, todo, goals),
        *todo,
    ]
    made = note_achievements(w, awkward.change(w, apply_script(w, made)))
    made += screening(w, carer_, who.chance("screening"))
    return [*made, *enrolment(w, made, who.chance("enrolment"))]
