"""One patient on one screen: every section from its own search, all at the same time."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from dashboard.domain.access import Action, Relation, is_permitted
from dashboard.domain.access_state import Standing
from dashboard.domain.audit import AuditKind
from dashboard.domain.clinical import (
    KEY_MEASURES,
    Allergy,
    AllergyState,
    ConditionKey,
    Contact,
    KeyResult,
    Measure,
    Problem,
    TeamMember,
)
from dashboard.domain.people import AccessScope, Person, User
from dashboard.domain.results import key_results
from dashboard.domain.terminology import Terminology
from dashboard.domain.values import PartialDate, Reference
from dashboard.domain.views import Notice, PatientSummary, Section
from dashboard.errors import DashboardError, NotFound
from dashboard.gateway.mapping.allergy_intolerance import AllergyReading, allergies
from dashboard.gateway.mapping.care_team import care_team
from dashboard.gateway.mapping.observation import ObservationReader, ObservationReading
from dashboard.gateway.mapping.patient import human_name, patient
from dashboard.gateway.mapping.practitioner_role import spoken
from dashboard.gateway.mapping.reading import read_each, read_one
from dashboard.gateway.search import SearchRequest
from dashboard.queries import patient_sections as sections
from dashboard.queries.attention import Attention, attention_of, conditions_of
from dashboard.queries.audited import About, Asked, audited
from dashboard.queries.kept_patients import KEPT, KeptPatients
from dashboard.queries.look import Look, Searcher, keeps_consents
from dashboard.queries.patient_sections import CONTACTS, Answers
from dashboard.queries.standing import read_consents, rows_of, standing_from, standing_of
from dashboard.queries.team_data import STORE, TeamStore, look_of
from dashboard.queries.team_kinds import KINDS
from dashboard.queries.worklist_row import checks_done, stages

MOST_RESULTS: Final = 5000
"""Results of key measures read for one patient, newest first: thirty years of a dialysis patient's blood counts."""
_NOT_YOURS: Final = "This patient does not exist, or is not in the care of your teams."
_OBSERVATION: Final = next(kind for kind in KINDS if kind.type == "Observation")


def _about(asked: Asked, found: PatientSummary | None) -> About:
    """What goes on record: whom, and for somebody from outside the reason that was given."""
    why = f"{found.glass.reason}: {found.glass.text}" if found is not None and found.glass is not None else ""
    return About(patients=(asked["patient_id"],), why=why)


@audited(AuditKind.PATIENT_READ, _about)
def get_patient(
    gateway: Searcher,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    patient_id: str,
    as_of: datetime,
    refresh: bool = False,
    store: TeamStore = STORE,
    kept: KeptPatients = KEPT,
) -> PatientSummary:
    """The summary of a patient of the user's teams, or for whom the user has broken the glass (then with the grant);
    all other patients are NotFound, whether they exist or not.

    Read from the server when opened, kept for a short while, read again with `refresh`. Where the patient is not known
    to be the user's, the CareTeams, consents and grants are asked at each look, before anything else; teams and
    consents are always read again with the rest, so that somebody who left the team this minute sees nothing.
    """
    look = look_of(gateway, user, scope, terminology, as_of, Action.VIEW_PATIENT)
    try:
        Reference("Patient", patient_id)
    except ValueError as error:
        raise NotFound(_NOT_YOURS) from error
    team, last = store.peek(scope), kept.last(scope, patient_id)
    mine = team is not None and patient_id in team.visible(look.viewer, as_of.date())
    left = team is not None and patient_id in team.patients and not mine
    glass = None
    if left or (not mine and last is not None and last.glass is not None):
        # What is kept may not be shown on its own word: a membership ended, or a grant does at any moment.
        glass = _permitted(look, user, patient_id).glass
    summary = kept.get(scope, patient_id, lambda: _read(look, user, patient_id, mine, refresh), as_of.date(), refresh)
    return replace(summary, glass=glass) if glass is not None else summary


def _permitted(look: Look, user: User, patient_id: str) -> Standing:
    standing = standing_of(look, patient_id)
    if not is_permitted(user.roles, Action.VIEW_PATIENT, standing.relation):
        raise NotFound(_NOT_YOURS)
    return standing


def _read(look: Look, user: User, patient_id: str, mine: bool, fresh: bool) -> PatientSummary:
    """From the server; `fresh` past its own cache too, which may not know yet what another process wrote."""
    standing = Standing(Relation.TEAM) if mine else _permitted(look, user, patient_id)
    requests = {name: replace(request, fresh=fresh) for name, request in requests_of(look, patient_id).items()}
    found = dict(zip(requests, look.gateway.try_all(list(requests.values())), strict=True))
    answers = Answers(requests, found)
    teams = answers.read(rows_of(found["team"]), care_team)
    consents = read_consents(rows_of(found["consents"])) if "consents" in found else []
    glasses = [standing.glass] if standing.glass is not None else []
    now = standing_from(look, patient_id, teams, consents, glasses)
    if not is_permitted(user.roles, Action.VIEW_PATIENT, now.relation):
        raise NotFound(_NOT_YOURS)
    return replace(summary_of(look, patient_id, answers), glass=now.glass)


def requests_of(look: Look, patient_id: str) -> dict[str, SearchRequest]:
    """The searches of one patient by section; the slowest first, for they run at the same time."""
    mine = (patient_id,)
    codes = _OBSERVATION.always(look.terminology)
    today = look.as_of.date()
    consents = {"consents": SearchRequest("Consent", patients=mine)} if keeps_consents(look.gateway) else {}
    return {
        "results": SearchRequest("Observation", codes, mine, sort="-date", max_rows=MOST_RESULTS),
        "team": SearchRequest("CareTeam", patients=mine, include=("CareTeam:patient", "CareTeam:participant")),
        "problems": SearchRequest("Condition", patients=mine),
        "medicines": SearchRequest("MedicationRequest", patients=mine, include=("MedicationRequest:medication",)),
        "statements": SearchRequest("MedicationStatement", patients=mine, include=("MedicationStatement:medication",)),
        "allergies": SearchRequest("AllergyIntolerance", patients=mine),
        "plans": SearchRequest("CarePlan", patients=mine, revinclude=("Provenance:target",)),
        "goals": SearchRequest("Goal", patients=mine),
        "tasks": SearchRequest("Task", patients=mine),
        "appointments": SearchRequest("Appointment", (("status", "booked"), ("date", f"ge{today}")), mine),
        "contacts": SearchRequest(
            "Encounter", patients=mine, sort="-date", page_size=CONTACTS + 5, max_rows=CONTACTS + 5
        ),
        "carers": SearchRequest("RelatedPerson", patients=mine),
        **consents,
    }


def summary_of(look: Look, patient_id: str, answers: Answers) -> PatientSummary:
    on = look.as_of.date()
    person = _person(look, patient_id, answers)
    problems = answers.section(lambda: tuple(sections.problems(answers, look.terminology)), "problems")
    keys = {problem.origin: problem.keys for problem in problems.value or ()}
    goals = answers.section(lambda: sections.goals(answers, look.terminology, keys), "goals")
    plan = answers.section(lambda: sections.plan(answers, goals.value or []), "plans")
    ordered = (
        Section(sections.plan_first(goals.value, plan.value))
        if goals.value is not None
        else Section(None, goals.failed)
    )
    medicines = answers.section(
        lambda: tuple(sections.medicines(answers, look.terminology, keys)), *_medicine_searches(answers)
    )
    readings = _readings(look, answers)
    known = sections.with_targets(_key_results(readings, look), goals.value or ())
    tasks = answers.section(lambda: sections.tasks(answers), "tasks")
    contacts = answers.section(lambda: sections.contacts(answers, look.as_of), "contacts", "appointments")
    allergy = _allergies(look, answers)
    active = [problem for problem in problems.value or () if problem.active]
    attention = attention_of(
        Attention(
            person=person,
            problems=active,
            results=known,
            checks_done=checks_done(readings, on),
            medicines=[medicine for medicine in medicines.value or () if medicine.status == "active"],
            tasks=[line for line in tasks.value or () if line.open],
            plan=plan.value,
            last_contact=_last_contact(contacts.value or (), look),
            stages=stages(active),
            unread=_unread(answers),
        ),
        on,
    )
    return PatientSummary(
        person=person,
        fetched=look.as_of,
        allergies=allergy[0],
        allergy_state=allergy[1],
        problems=problems,
        results=answers.section(lambda: _by_condition(known, active), "results"),
        medicines=medicines,
        team=answers.section(lambda: _members(look, answers), "team"),
        carers=answers.section(lambda: sections.carers(answers, on), "carers"),
        plan=plan,
        tasks=tasks,
        contacts=contacts,
        goals=ordered,
        attention=attention.reasons,
        checks=attention.checks,
        unreadable=tuple(dict.fromkeys(answers.unreadable)),
        notices=(*answers.notices(), *allergy[2]),
    )


def _person(look: Look, patient_id: str, answers: Answers) -> Person:
    """The Patient that came beside the team, else read by itself. Raises UnexpectedAnswer, NotFound."""
    row = answers.included("team").get(f"Patient/{patient_id}")
    if row is None:
        answer = look.gateway.try_all([SearchRequest("Patient", patients=(patient_id,), patient_param="_id")])[0]
        if isinstance(answer, DashboardError):
            raise answer
        row = next(iter(answer.rows), None)
    if row is None:
        raise NotFound(_NOT_YOURS)
    found = read_one(row, lambda resource: patient(resource, look.as_of.date()))
    if not isinstance(found, Person):
        raise NotFound("The record of this patient cannot be read; tell the administrator.")
    return found


def _readings(look: Look, answers: Answers) -> list[ObservationReading]:
    found = answers.read(answers.rows("results"), ObservationReader(look.terminology).read)
    answers.unreadable += [unread for reading in found for unread in reading.unreadable]
    return found


def _key_results(readings: Iterable[ObservationReading], look: Look) -> dict[Measure, KeyResult]:
    return key_results([result for reading in readings for result in reading.results], look.as_of.date())


def _by_condition(
    known: Mapping[Measure, KeyResult], active: list[Problem]
) -> dict[ConditionKey, tuple[KeyResult, ...]]:
    """The key measures of each condition the patient has; what belongs to none of them under OTHER."""
    found = {
        key: tuple(known[measure] for measure in KEY_MEASURES[key] if measure in known) for key in conditions_of(active)
    }
    placed = {result.measure for results in found.values() for result in results}
    rest = tuple(result for measure, result in known.items() if measure not in placed)
    return {**found, ConditionKey.OTHER: rest} if rest else found


def _allergies(look: Look, answers: Answers) -> tuple[Section[tuple[Allergy, ...]], AllergyState, tuple[Notice, ...]]:
    """The allergies, their banner, and what must be said beside it. A read that failed is never "none"."""
    failed = answers.failed("allergies")
    if failed:
        return Section(None, failed), AllergyState.UNAVAILABLE, ()
    reading: AllergyReading = allergies(answers.rows("allergies"), look.terminology)
    answers.unreadable += reading.unreadable
    notices = (Notice("allergies-partly-none"),) if reading.partly_none else ()
    return Section(reading.allergies), reading.state, notices


def _members(look: Look, answers: Answers) -> tuple[TeamMember, ...]:
    on = look.as_of.date()
    teams = read_each(answers.rows("team"), care_team).values
    beside = {
        name: spoken(human_name(row.get("name"), on))
        for name, row in answers.included("team").items()
        if row.get("resourceType") == "Practitioner"
    }
    return sections.named_members(sections.members(teams, on), beside)


def _last_contact(contacts: Iterable[Contact], look: Look) -> PartialDate | None:
    on = look.as_of.date()
    return max((line.when for line in contacts if not line.planned and line.when.start <= on), default=None)


def _medicine_searches(answers: Answers) -> tuple[str, ...]:
    """The searches the medicines stand on; a server that knows no MedicationStatement has none to hide."""
    return ("medicines",) if answers.unsupported("statements") else ("medicines", "statements")


def _unread(answers: Answers) -> frozenset[str]:
    names = {"results": "Observation", "plans": "CarePlan", "contacts": "Encounter"}
    return frozenset(kind for name, kind in names.items() if answers.failed(name))
