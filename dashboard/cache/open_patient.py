"""Opening one patient: who may see the patient, what is cached, and what is read whatever page it is for.

Whether the user may see the patient is asked in `dashboard.cache.access_cache`, before anything that is cached is given
and again where reading it took long. Teams and consents are always read again with the rest, so that somebody who has
left the team this minute sees nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from dashboard.access.merged_records import people_of, survivors_search
from dashboard.access.relationship import read_consents, relationship_from, rows_or_raise
from dashboard.access.request_context import RequestContext, serves_consents
from dashboard.cache.access_cache import AccessCache, key_of, permitting
from dashboard.cache.change_feed import CHANGE_FEED, POLL_SECONDS, ChangeFeed, Following
from dashboard.cache.last_answers import LastAnswers
from dashboard.cache.patient_cache import PatientCache, PatientKey, S
from dashboard.cache.patient_sections import Answers
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.access.permissions import Relation
from dashboard.domain.access.relationship import Relationship
from dashboard.domain.access.user import User
from dashboard.domain.record.allergy import Allergy, AllergyState, allergy_banner
from dashboard.domain.record.flag import Flag, raised_flags
from dashboard.domain.record.people import Person, with_survivors
from dashboard.domain.record.views import Notice, Section
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import DashboardError, NotFound, NotPermitted
from dashboard.fhir.mapping import allergy_intolerance, flag
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.patient import human_name, patient
from dashboard.fhir.mapping.practitioner_role import spoken
from dashboard.fhir.mapping.reading import read_each, read_one
from dashboard.fhir.search.request import SearchRequest


def open_patient(
    context: RequestContext,
    user: User,
    patient_id: str,
    team_cache: TeamCache,
    patient_cache: PatientCache[S],
    read: Callable[[bool], S],
    refresh: bool = False,
) -> S:
    """Returns the cached view of a patient, or what `read(of_my_teams)` gives now; to somebody from outside the care
    team with the emergency access under which it is given.

    `of_my_teams`: the cached data of the user's teams say that the user may see the patient, so that `read` may ask
    once, with the rest. All other patients are NotFound, whether they exist or not.
    """
    _require_id(patient_id)
    key = PatientKey(context.scope, patient_id, site_day(context.as_of))
    team = team_cache.last_data(context.scope)
    of_my_teams = team is not None and patient_id in team.visible(context.viewer, key.day)
    if team is not None and patient_id in team.patients and not of_my_teams:
        team_cache.access.forget(key_of(context, patient_id))  # what is cached there is from before
    try:
        if patient_cache.peek(key) is not None:
            team_cache.access.relationship(context, user, patient_id)
        cached = patient_cache.get(key, lambda previous: read(of_my_teams), refresh=refresh)
        # Once more, for reading it may have taken long; the server is asked only where it was not asked just now.
        relationship, silence = team_cache.access.relationship(context, user, patient_id)
    except (NotFound, NotPermitted):
        patient_cache.forget(key)
        raise
    error, grant = cached.error or silence, relationship.emergency_access
    stale = error.code if error is not None else ""
    if (stale, grant) == (cached.value.stale, cached.value.emergency_access):
        return cached.value
    with patient_cache.memo(key) as memo:  # the same object while nothing changes: pages draw it once
        last = memo.get("as given")
        if last is None or last[0] is not cached.value or last[1:3] != (stale, grant):
            last = (cached.value, stale, grant, replace(cached.value, stale=stale, emergency_access=grant))
            memo["as given"] = last
    view: S = last[3]
    return view


def _require_id(patient_id: str) -> None:
    try:
        Reference("Patient", patient_id)
    except ValueError as error:
        raise NotFound("patient-not-found") from error


def follow_patient(
    context: RequestContext,
    user: User,
    patient_id: str,
    types: Iterable[str],
    access_cache: AccessCache,
    interval: float = POLL_SECONDS,
    feed: ChangeFeed = CHANGE_FEED,
) -> Following:
    """Follows the changes of a patient whom the user has just opened. Raises NotFound for all other patients.

    Who may see the patient is known from there, and not asked again: a change names a resource and a version, and what
    it says is read through a query, which asks each time. So this waits for no server that is silent.
    """
    if access_cache.peek(key_of(context, patient_id)) is None:
        raise NotFound("patient-not-found")
    access_cache.relationship(context, user, patient_id)
    return feed.follow(context.fhir, patient_id, types, interval)


def reason_given(emergency_access: EmergencyAccess | None) -> str:
    """The reason of an emergency access for the audit record; "" for the team, which needs none."""
    return f"{emergency_access.reason}: {emergency_access.text}" if emergency_access is not None else ""


def read_patient(
    context: RequestContext,
    user: User,
    patient_id: str,
    of_my_teams: bool,
    fresh: bool,
    requests: Mapping[str, SearchRequest],
    access_cache: AccessCache,
    last_answers: LastAnswers,
) -> tuple[Answers, Relationship]:
    """Runs these searches and those that every page needs ("team", "consents"), all at the same time.

    Returns their answers, and what lets the user see the patient: teams, or an emergency access. Raises NotFound where
    teams and consents do not permit viewing. `fresh` asks past the server's own cache of answers, which may be older
    than what another process wrote. Where one of these searches fails alone, its last answer stands in for it.
    """
    if of_my_teams:
        relationship = Relationship(Relation.TEAM)
    else:
        relationship, _ = access_cache.relationship(context, user, patient_id)
    began = access_cache.clock()
    # The longest comes first, then the team with what it includes: those take most of the time.
    longest = dict(list(requests.items())[:1])
    ordered = {**longest, **always_asked(context, patient_id), **requests}
    asked = {name: replace(request, fresh=fresh or request.fresh) for name, request in ordered.items()}
    results = dict(zip(asked, context.fhir.try_all(list(asked.values())), strict=True))
    teams = read_each(rows_or_raise(results["team"]), care_team)
    consents = read_consents(rows_or_raise(results["consents"])) if "consents" in results else []
    grants = [relationship.emergency_access] if relationship.emergency_access is not None else []
    current = permitting(user, relationship_from(context, patient_id, teams.values, consents, grants))
    if current.emergency_access is None:  # a grant may have ended meanwhile: its Task was not read again
        access_cache.was_asked(context, patient_id, current, began)
    # Only now: the server has just said that the user may see the patient.
    found, old = last_answers.completed(context.scope, patient_id, asked, results, context.as_of, requests)
    answers = Answers(asked, found, old)
    answers.unreadable += teams.unreadable
    return answers, current


def always_asked(context: RequestContext, patient_id: str) -> dict[str, SearchRequest]:
    """The searches of every page about one patient: the team with the people in it, the consents, and the Patients that
    may say that they replace this one.
    """
    patients = (patient_id,)
    team = SearchRequest(
        "CareTeam", patients=patients, include=("CareTeam:patient", "CareTeam:participant"), fresh=True
    )
    consents = (
        {"consents": SearchRequest("Consent", patients=patients, fresh=True)} if serves_consents(context.fhir) else {}
    )
    survivors = survivors_search(context, patients)
    return {"team": team, **consents, **({"survivors": survivors} if survivors is not None else {})}


def person_in(context: RequestContext, patient_id: str, answers: Answers) -> Person:
    """Returns the Patient included with the team, else read by itself. Raises UnexpectedAnswer, NotFound."""
    row = answers.included("team").get(f"Patient/{patient_id}")
    if row is None:
        answer = context.fhir.try_all([SearchRequest("Patient", patients=(patient_id,))])[0]
        if isinstance(answer, DashboardError):
            raise answer
        row = next(iter(answer.rows), None)
    if row is None:
        raise NotFound("patient-not-found")
    person = read_one(row, lambda resource: patient(resource, site_day(context.as_of)))
    if not isinstance(person, Person):
        raise NotFound("patient-unreadable")
    answers.unreadable += person.unreadable
    others = people_of(context, answers.rows("survivors")) if answers.asked("survivors") else []
    return with_survivors({person.id: person}, others).get(person.id, person)


def allergies_in(
    context: RequestContext, answers: Answers, name: str = "allergies"
) -> tuple[Section[tuple[Allergy, ...]], AllergyState, tuple[Notice, ...]]:
    """Returns the allergies, the state that the banner shows, and notices. A search that failed is never "none"."""
    failed = answers.failed(name)
    if failed:
        return Section(None, failed), AllergyState.UNAVAILABLE, ()
    read = read_each(answers.rows(name), lambda row: allergy_intolerance.from_fhir(row, context.terminology))
    answers.unreadable += read.unreadable
    banner = allergy_banner(read.values, unreadable=bool(read.unreadable or answers.left_out(name)))
    notices = (Notice("allergies-partly-none"),) if banner.partly_none else ()
    return Section(banner.allergies, old=answers.old(name)), banner.state, notices


def flags_in(context: RequestContext, answers: Answers, name: str = "flags") -> Section[tuple[Flag, ...]]:
    """Returns the flags that the banner shows; none where they were not asked for, or the server keeps no flags. One
    that is not understood is among the answers' unreadable records.
    """
    if not answers.asked(name) or (answers.unsupported(name) and not context.fhir.capabilities.serves("Flag")):
        return Section(())
    if failed := answers.failed(name):
        return Section(None, failed)
    read = answers.read(answers.rows(name), flag.from_fhir)
    answers.unreadable += [part for each in read for part in each.unreadable]
    return Section(raised_flags(read), old=answers.old(name))


def names_in(context: RequestContext, answers: Answers) -> dict[str, str]:
    """Returns the names of the Practitioners included with the team, by `Practitioner/id`."""
    on = site_day(context.as_of)
    return {
        name: spoken(human_name(row.get("name"), on))
        for name, row in answers.included("team").items()
        if row.get("resourceType") == "Practitioner"
    }
