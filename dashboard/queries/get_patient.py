"""One patient on one screen: each section has its own search, and all run at the same time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from dashboard.access.request_context import RequestContext, request_context
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache import patient_sections as sections
from dashboard.cache.open_patient import (
    allergies_in,
    flags_in,
    names_in,
    open_patient,
    person_in,
    read_patient,
    reason_given,
)
from dashboard.cache.patient_cache import SUMMARY_CACHE, PatientCache
from dashboard.cache.patient_enrolment import ENROLMENT, enrolment_in, enrolment_search
from dashboard.cache.patient_sections import CONTACTS, Answers
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.cache.team_resources import WINDOW_DAYS, day_before, measured_codes
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.attention.assess import assess
from dashboard.domain.attention.patient_facts import conditions_of, patient_facts
from dashboard.domain.attention.trend import key_results, with_targets
from dashboard.domain.attention.worklist_row import checks_done, stages
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.care_plan import CarePlanSummary
from dashboard.domain.record.care_team import CareTeam, TeamMember
from dashboard.domain.record.condition import Condition, ConditionKey
from dashboard.domain.record.contact import ONGOING, last_contact
from dashboard.domain.record.observation import KEY_MEASURES, KeyResult, Measure, Observation
from dashboard.domain.record.patient_record import PatientRecord, ResourceValue
from dashboard.domain.record.people import Person
from dashboard.domain.record.unreadable import some_unread
from dashboard.domain.record.views import PatientSummary, Section
from dashboard.domain.risk.risks import risks
from dashboard.domain.risk.score import RiskScore
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.guidelines.read_record import read_record
from dashboard.fhir.mapping import observation
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.port import FhirServer
from dashboard.fhir.score_weight_files import read_score_weights
from dashboard.fhir.search.request import SearchRequest

MOST_RESULTS: Final = 5000
"""Results of key measures read for one patient, newest first: thirty years of a dialysis patient's blood counts."""


def _about(arguments: Arguments, summary: PatientSummary | None) -> AuditSubject:
    why = reason_given(summary.emergency_access if summary is not None else None)
    return AuditSubject(patients=(arguments["patient_id"],), why=why)


@audited(AuditKind.PATIENT_READ, _about)
def get_patient(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    patient_id: str,
    as_of: datetime,
    refresh: bool = False,
    team_cache: TeamCache = TEAM_CACHE,
    patient_cache: PatientCache[PatientSummary] = SUMMARY_CACHE,
) -> PatientSummary:
    """Returns the summary of a patient of the user's teams, or of one opened by emergency access (then with the grant).

    All other patients are NotFound, whether they exist or not. The summary is cached (`open_patient`); `refresh` reads
    it again.
    """
    context = request_context(fhir, user, scope, terminology, as_of, Action.VIEW_PATIENT)

    def read(of_my_teams: bool) -> PatientSummary:
        answers, relationship = read_patient(
            context,
            user,
            patient_id,
            of_my_teams,
            refresh,
            requests_of(context, patient_id),
            team_cache.access,
            patient_cache.answers,
        )
        summary = summary_of(context, patient_id, answers, relationship.teams)
        return replace(summary, emergency_access=relationship.emergency_access)

    return open_patient(context, user, patient_id, team_cache, patient_cache, read, refresh)


def requests_of(context: RequestContext, patient_id: str) -> dict[str, SearchRequest]:
    """Returns the searches of one patient by section, the slowest first, since all run at the same time."""
    patients = (patient_id,)
    codes = measured_codes(context.terminology)
    since = day_before(site_day(context.as_of))
    return {
        "results": SearchRequest("Observation", codes, patients, sort="-date", max_rows=MOST_RESULTS),
        "problems": SearchRequest("Condition", patients=patients),
        "medicines": SearchRequest("MedicationRequest", patients=patients, include=("MedicationRequest:medication",)),
        "statements": SearchRequest(
            "MedicationStatement", patients=patients, include=("MedicationStatement:medication",)
        ),
        "allergies": SearchRequest("AllergyIntolerance", patients=patients),
        "flags": SearchRequest("Flag", patients=patients),
        ENROLMENT: enrolment_search(patients),
        "plans": SearchRequest("CarePlan", patients=patients, revinclude=("Provenance:target",)),
        "goals": SearchRequest("Goal", patients=patients),
        "tasks": SearchRequest("Task", patients=patients),
        "appointments": SearchRequest("Appointment", (("status", "booked"), ("date", f"ge{since}")), patients),
        "contacts": SearchRequest(
            "Encounter", patients=patients, sort="-date", page_size=CONTACTS + 5, max_rows=CONTACTS + 5
        ),
        # One without a period may be the last of all when they are sorted by date.
        "ongoing": SearchRequest("Encounter", (("status", ",".join(sorted(ONGOING))),), patients),
        "carers": SearchRequest("RelatedPerson", patients=patients),
    }


def summary_of(
    context: RequestContext, patient_id: str, answers: Answers, teams: Sequence[CareTeam] = ()
) -> PatientSummary:
    """Makes the summary from the answers, for who sees the patient through these teams. A section whose search failed
    holds the failure. Raises NotFound.
    """
    on = site_day(context.as_of)
    person = person_in(context, patient_id, answers)
    problems = answers.section(lambda: tuple(sections.problems(answers, context.terminology)), "problems")
    known = {problem.origin: problem for problem in problems.value or ()}
    keys = {problem.origin: problem.keys for problem in problems.value or ()}
    goals = answers.section(lambda: sections.goals(answers, context.terminology, keys), "goals")
    plan = answers.section(lambda: sections.plan(answers, goals.value or [], teams or _active_teams(answers)), "plans")
    ordered = (
        Section(sections.plan_first(goals.value, plan.value), old=goals.old)
        if goals.value is not None
        else Section(None, goals.failed)
    )
    medicines = answers.section(
        lambda: tuple(sections.medicines(answers, context.terminology, known)), *_medicine_searches(answers)
    )
    observations = _observations(context, answers)
    results = with_targets(_key_results(observations, context), goals.value or ())
    tasks = answers.section(lambda: sections.tasks(answers), "tasks")
    contacts = answers.section(lambda: sections.contacts(answers, context.as_of), "contacts", "ongoing", "appointments")
    allergy = allergies_in(context, answers)
    active = [problem for problem in problems.value or () if problem.active]
    attention = assess(
        patient_facts(
            person=person,
            problems=active,
            results=results,
            checks_done=checks_done(observations, on),
            medicines=[medicine for medicine in medicines.value or () if medicine.status == "active"],
            tasks=[line for line in tasks.value or () if line.open],
            plan=plan.value,
            last_contact=last_contact(contacts.value or (), on - timedelta(days=WINDOW_DAYS), on),
            stages=stages(active),
            on=on,
            unread=_unread(answers, plan.value),
        ),
        on,
        _scores(context, person, answers, observations),
        read_score_weights(),
    )
    return PatientSummary(
        person=person,
        fetched=context.as_of,
        allergies=allergy[0],
        allergy_state=allergy[1],
        flags=flags_in(context, answers),
        enrolment=enrolment_in(context, person, answers),
        problems=problems,
        results=answers.section(lambda: _by_condition(results, active), "results"),
        medicines=medicines,
        team=answers.section(lambda: _members(context, answers), "team"),
        carers=answers.section(lambda: sections.carers(answers, on), "carers"),
        plan=plan,
        tasks=tasks,
        contacts=contacts,
        goals=ordered,
        absences=sections.absences(answers, context.terminology),
        attention=attention.reasons,
        checks=attention.checks,
        unreadable=tuple(dict.fromkeys(answers.unreadable)),
        notices=(*answers.notices(), *allergy[2]),
        old=answers.old_types(),
    )


def _scores(
    context: RequestContext, person: Person, answers: Answers, observations: Iterable[Observation]
) -> tuple[RiskScore, ...]:
    """The scores of risk as the worklist has them; its window is longer than a result may be old for one."""
    on = site_day(context.as_of)
    searched = ("problems", "medicines", "statements")
    rows = [row for name in searched for row in (*answers.rows(name), *answers.included(name).values())]
    record = read_record(rows, context.terminology, on)
    read = {each.origin.id: ResourceValue("", each) for each in observations}
    broken = {
        each.origin.id: ResourceValue("", each) for each in answers.unreadable if each.origin.type == "Observation"
    }
    resources = {**record.resources, "Observation": {**broken, **read}}
    searches = {"results": "Observation", "problems": "Condition", "medicines": "MedicationRequest"}
    if context.fhir.capabilities.serves("MedicationStatement"):
        searches["statements"] = "MedicationStatement"
    unread = {kind for name, kind in searches.items() if answers.failed(name)}
    return risks(PatientRecord(person, "", resources), on, context.terminology, person.country, unread)


def _observations(context: RequestContext, answers: Answers) -> list[Observation]:
    """Returns the Observations that have results of key measures, or fulfil a check; those that cannot be read are
    noted.
    """
    observations = answers.read(answers.rows("results"), lambda row: observation.from_fhir(row, context.terminology))
    answers.unreadable += [part for value in observations for part in value.unreadable]
    return observations


def _key_results(observations: Iterable[Observation], context: RequestContext) -> dict[Measure, KeyResult]:
    return key_results([result for value in observations for result in value.results], site_day(context.as_of))


def _by_condition(
    results: Mapping[Measure, KeyResult], active: list[Condition]
) -> dict[ConditionKey, tuple[KeyResult, ...]]:
    """Groups the key results by the patient's conditions; those that belong to none of them are under OTHER."""
    grouped = {
        key: tuple(results[measure] for measure in KEY_MEASURES[key] if measure in results)
        for key in conditions_of(active)
    }
    placed = {result.measure for group in grouped.values() for result in group}
    rest = tuple(result for measure, result in results.items() if measure not in placed)
    return {**grouped, ConditionKey.OTHER: rest} if rest else grouped


def _active_teams(answers: Answers) -> list[CareTeam]:
    """The patient's teams, whose plan is shown to somebody who is in none of them (the patient, in an emergency)."""
    return [team for team in read_each(answers.rows("team"), care_team).values if team.status == "active"]


def _members(context: RequestContext, answers: Answers) -> tuple[TeamMember, ...]:
    on = site_day(context.as_of)
    teams = read_each(answers.rows("team"), care_team).values
    return sections.named_members(sections.members(teams, on), names_in(context, answers))


def _medicine_searches(answers: Answers) -> tuple[str, ...]:
    """Returns the searches that the medicines need; a server without MedicationStatement needs only one."""
    return ("medicines",) if answers.unsupported("statements") else ("medicines", "statements")


def _unread(answers: Answers, plan: CarePlanSummary | None) -> frozenset[str]:
    """Returns the resource types whose search failed: the rules of attention must not take them for empty, nor a plan
    that cannot be read for none. What is old counts as it was last known, as on the worklist, and the page says how old
    it is.
    """
    names = {"results": "Observation", "plans": "CarePlan", "contacts": "Encounter"}
    unread = {kind for name, kind in names.items() if answers.failed(name)}
    return frozenset(unread | ({"CarePlan"} if plan is None and some_unread(answers.unreadable, "CarePlan") else set()))
