"""What guidelines suggest for one patient: the record is read as far as the facts of rules need it, and evaluated."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from dashboard.access.request_context import RequestContext, request_context
from dashboard.audit.audited import Arguments, AuditSubject, audited
from dashboard.cache.open_patient import allergies_in, flags_in, open_patient, person_in, read_patient, reason_given
from dashboard.cache.patient_cache import RECOMMENDATIONS_CACHE, PatientCache
from dashboard.cache.patient_enrolment import (
    ENROLMENT,
    SCREENING,
    enrolment_in,
    enrolment_search,
    screened_in,
    screening_search,
)
from dashboard.cache.patient_sections import Answers, tasks
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.cache.team_resources import KINDS, measured_codes
from dashboard.domain.access.permissions import Action, Relation, is_permitted
from dashboard.domain.access.relationship import Relationship
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.guidelines.fact import OF_THE_PILOT, Fact, FactKind
from dashboard.domain.guidelines.recommendations import Recommendations, RulesInForce, with_rules
from dashboard.domain.record.goal import Goal, in_order
from dashboard.domain.record.task import Task
from dashboard.domain.record.views import Section
from dashboard.domain.risk.risks import risks
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import Failure
from dashboard.fhir.guidelines.library import Library
from dashboard.fhir.guidelines.read_record import read_record
from dashboard.fhir.mapping import detected_issue, goal
from dashboard.fhir.mapping.elements import Json, one, text
from dashboard.fhir.mapping.guidance_response import listed
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest

MOST_RESULTS: Final = 20_000
"""Observations of two years read for one patient; with more of them nobody knows what the others say."""
TASKS: Final = "tasks"
"""The name of the search for tasks, among those of the patient's page alone."""
FACT_TYPES: Final = (
    "Observation", "Condition", "MedicationRequest", "MedicationStatement", "Encounter", "Procedure",
)  # fmt: skip
"""The resource types that facts come from, beside Patient."""
_MAY_BE_ABSENT: Final = frozenset({"MedicationStatement", "Procedure", "DetectedIssue"})
"""A server that keeps no such records lacks nothing: what they say is in MedicationRequests and Observations there, and
where no DetectedIssue can be kept nobody has decided anything.
"""


def _about(arguments: Arguments, found: Recommendations | None) -> AuditSubject:
    why = reason_given(found.emergency_access if found is not None else None)
    return AuditSubject(patients=(arguments["patient_id"],), why=why)


@audited(AuditKind.PATIENT_READ, _about)
def get_recommendations(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    terminology: Terminology,
    library: Library,
    patient_id: str,
    as_of: datetime,
    refresh: bool = False,
    team_cache: TeamCache = TEAM_CACHE,
    patient_cache: PatientCache[Recommendations] = RECOMMENDATIONS_CACHE,
) -> Recommendations:
    """Returns what the rules of the library come to for a patient of the user's teams, or for one opened by emergency
    access (then with the grant).

    All other patients are NotFound, whether they exist or not. What was read is cached (`open_patient`) and evaluated
    again only where the rules are other ones; `refresh` reads it again.
    """
    context = request_context(fhir, user, scope, terminology, as_of, Action.VIEW_PATIENT)
    in_force = rules_in_force(library)
    enrols = bool(in_force.of_programmes) and is_permitted(user.roles, Action.CHANGE_ENROLMENT, Relation.TEAM)

    def read(of_my_teams: bool) -> Recommendations:
        requests = recommendation_requests(context, in_force.facts, patient_id)
        # No fact: whoever looks at the patient's page sees what somebody was asked for already.
        requests[TASKS] = SearchRequest("Task", patients=(patient_id,))
        if enrols:
            requests[SCREENING] = screening_search(context, (patient_id,))
        answers, relationship = read_patient(
            context,
            user,
            patient_id,
            of_my_teams,
            refresh,
            requests,
            team_cache.access,
            patient_cache.answers,
        )
        return with_rules(recommendations_from(context, patient_id, answers, relationship), in_force, terminology)

    found = open_patient(context, user, patient_id, team_cache, patient_cache, read, refresh)
    # The library keeps its rules until a file changes.
    return found if found.in_force.rules is in_force.rules else with_rules(found, in_force, terminology)


def rules_in_force(library: Library) -> RulesInForce:
    """The rules of a library with the facts that they ask for."""
    problems = len({problem.file for problem in library.problems})
    used = library.facts_used()
    names = {fact.name for fact in used}
    kept = OF_THE_PILOT | {FactKind.SCORE}
    more = tuple(fact for name, fact in library.facts.items() if name not in names and fact.kind not in kept)
    programmes, asked = library.of_programmes, library.facts_of_programmes()
    return RulesInForce(library.rules, used, problems, library.effects, more, programmes, asked)


def recommendation_requests(
    context: RequestContext, facts: Iterable[Fact], patient_id: str
) -> dict[str, SearchRequest]:
    """The searches for the recommendations of a patient, by name."""
    return {
        **fact_requests(context, facts, patient_id),
        "goals": SearchRequest("Goal", patients=(patient_id,)),
        "reconciled": SearchRequest("DetectedIssue", patients=(patient_id,)),
    }


def fact_requests(context: RequestContext, facts: Iterable[Fact], patient_id: str) -> dict[str, SearchRequest]:
    """The searches for what facts come from, by name, and for what the banner shows. Their windows are those of the
    worklist, so that both come to the same.
    """
    patients, on, terminology = (patient_id,), site_day(context.as_of), context.terminology
    kinds = {kind.type: kind for kind in KINDS}
    observed = kinds["Observation"]
    [(_, codes)] = measured_codes(terminology)
    # Answers to single questions are no key measures.
    answers = terminology.codes_in(name for each in facts if each.kind is FactKind.SCORE for name in each.value_sets)
    encounters = kinds["Encounter"]
    return {
        "results": SearchRequest(
            "Observation",
            (*observed.window(on, terminology), ("code", ",".join((codes, *answers)))),
            patients,
            sort="-date",
            max_rows=MOST_RESULTS,
        ),
        "problems": SearchRequest("Condition", patients=patients),
        "medicines": SearchRequest(
            "MedicationRequest",
            kinds["MedicationRequest"].window(on, terminology),
            patients,
            kinds["MedicationRequest"].include,
        ),
        "statements": SearchRequest(
            "MedicationStatement",
            kinds["MedicationStatement"].window(on, terminology),
            patients,
            kinds["MedicationStatement"].include,
        ),
        "contacts": SearchRequest("Encounter", encounters.window(on, terminology), patients),
        "ongoing": SearchRequest("Encounter", encounters.beside, patients),
        "procedures": SearchRequest("Procedure", patients=patients),
        "allergies": SearchRequest("AllergyIntolerance", patients=patients),
        "flags": SearchRequest("Flag", patients=patients),
        ENROLMENT: enrolment_search(patients),
        "guidance": SearchRequest("GuidanceResponse", patients=patients),
    }


_OF: Final = {
    "results": "Observation",
    "problems": "Condition",
    "medicines": "MedicationRequest",
    "statements": "MedicationStatement",
    "contacts": "Encounter",
    "ongoing": "Encounter",
    "procedures": "Procedure",
}


def recommendations_from(
    context: RequestContext, patient_id: str, answers: Answers, relationship: Relationship
) -> Recommendations:
    """What was read (the answers to `recommendation_requests`, and those of every page), not yet evaluated."""
    on = site_day(context.as_of)
    person = person_in(context, patient_id, answers)
    rows = list(_rows(answers))
    record = replace(read_record(rows, context.terminology, on), person=person)
    goals = answers.section(lambda: _goals(answers, context.terminology), "goals")
    reconciled = answers.section(
        lambda: tuple(answers.read(answers.rows("reconciled"), detected_issue.listed)), "reconciled"
    )
    answers.unreadable += [each for each in record.unreadable() if each not in answers.unreadable]
    allergies, state, allergy_notices = allergies_in(context, answers)
    absent = {kind for kind in _MAY_BE_ABSENT if not context.fhir.capabilities.serves(kind)}
    not_read = dict(_not_read(answers, absent))
    notices = [each for each in answers.notices() if each.kind != "section-failed" or each.detail not in absent]
    enrolment = enrolment_in(context, person, answers)
    # Of more rows than were read "there is none" cannot be said.
    unread = frozenset(not_read) | {kind for name, kind in _OF.items() if answers.cut_off(name)}
    return Recommendations(
        person=person,
        fetched=context.as_of,
        on=on,
        record=record,
        unread=unread,
        goals=goals,
        reconciled=Section(()) if "DetectedIssue" in absent else reconciled,
        not_read=not_read,
        versions={origin(row): text(one(row.get("meta")).get("versionId")) for row in rows},
        guidance=answers.section(lambda: tuple(answers.read(answers.rows("guidance"), listed)), "guidance"),
        allergies=allergies,
        allergy_state=state,
        flags=flags_in(context, answers),
        enrolment=enrolment,
        tasks=answers.section(lambda: _open_tasks(answers), TASKS) if answers.asked(TASKS) else Section(()),
        screened=screened_in(context, answers, enrolment) if relationship.emergency_access is None else None,
        unreadable=tuple(dict.fromkeys(answers.unreadable)),
        notices=tuple(dict.fromkeys((*notices, *allergy_notices))),
        old=answers.old_types(),
        emergency_access=relationship.emergency_access,
        risks=risks(record, on, context.terminology, person.country, unread),
    )


def _goals(answers: Answers, terminology: Terminology) -> tuple[Goal, ...]:
    return tuple(in_order(answers.read(answers.rows("goals"), lambda row: goal.listed(row, terminology))))


def _open_tasks(answers: Answers) -> tuple[Task, ...]:
    return tuple(each for each in tasks(answers) if each.open)


def _rows(answers: Answers) -> Iterator[Json]:
    """The rows that facts come from, and the Medications that they name."""
    seen: set[str] = set()
    for name in _OF:
        included: Mapping[str, Json] = answers.included(name)
        for row in (*answers.rows(name), *included.values()):
            key = str(origin(row))
            if key not in seen:  # an Encounter that goes on and has a date is in both answers
                seen.add(key)
                yield row


def _not_read(answers: Answers, absent: set[str]) -> Iterator[tuple[str, Failure]]:
    for name, kind in _OF.items():
        failed = answers.failed(name)
        if failed is not None and not (answers.unsupported(name) and kind in absent):
            yield kind, failed
