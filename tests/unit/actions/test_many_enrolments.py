"""Several people changed at once: what the preview said is what happens, and it costs few requests."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.actions.change_enrolment import Outcome, Seen, change_enrolment
from dashboard.actions.list_candidates import Candidate, list_candidates
from dashboard.domain.access.permissions import Role
from dashboard.domain.pilot.eligibility import Eligibility
from dashboard.domain.pilot.eligibility import Outcome as Verdict
from dashboard.domain.pilot.enrolment import STATES, EnrolmentAction, EnrolmentState
from dashboard.domain.pilot.planned_change import (
    Form,
    WantedChange,
    allowed_actions,
    listing_site,
    plan_changes,
)
from dashboard.domain.pilot.screening_list import ScreenedPatient
from dashboard.domain.pilot.subject import Details, Subject
from dashboard.domain.record.people import HumanName, PatientLink, Person
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import DashboardError, NotFound, NotPermitted, ServerUnavailable, UserFacingError
from dashboard.fhir.mapping.writable import from_fhir, to_fhir
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.laws import examples
from tests.unit import people_and_teams as make
from tests.unit.actions.test_enrolment_actions import AT, DAY, GP, SITES, STUDY
from tests.unit.domain.pilot.test_enrolment import NEEDED
from tests.unit.domain.pilot.test_enrolment import WAY as WAYS

A, S = EnrolmentAction, EnrolmentState
NUMBERS = (1, 2, 3, 5, 6, 7)
SOME = 4
ME = NamedReference(GP.practitioner, GP.name)
PILOT = from_fhir(type(STUDY), {**to_fhir(STUDY), "id": "st1"})


def with_people() -> FakeFhirServer:
    made = FakeFhirServer([*make.cohort(), {**to_fhir(STUDY), "id": "st1"}])
    for number in NUMBERS[3:]:
        made.put(make.patient(f"p{number}", f"Family{number}"))
        made.put(make.care_team(f"p{number}", ["gp"]))
    return made


def details(action: EnrolmentAction, **other: Any) -> Details:
    needed = {name: value for name, value in NEEDED.get(action, {}).items() if name != "consent"}
    return Details(DAY, **needed | ({"site": SITES[1].site} if action is A.MOVE else {}) | other)


def line_of(server: FakeFhirServer, patient: str, site_id: str = "org-1") -> ScreenedPatient:
    """The line as the query makes it, of what is stored now."""
    rows = server.rows.get("ResearchSubject", {}).values()
    own = [from_fhir(Subject, row) for row in rows if row["individual"]["reference"] == f"Patient/{patient}"]
    died = bool(server.rows["Patient"][patient].get("deceasedBoolean"))
    links = tuple(
        PatientLink("replaced-by", Reference.parse(each["other"]["reference"]))
        for each in server.rows["Patient"][patient].get("link", ())
    )
    person = Person(id=patient, name=HumanName(), deceased=died, links=links)
    return ScreenedPatient(person, Eligibility(Verdict.ELIGIBLE, ()), site_id=site_id, subject=own[0] if own else None)


def seen(line: ScreenedPatient) -> Seen:
    assert line.subject is not None
    return Seen(line.person.id, line.subject.origin.id, line.subject.version)


def press(server: FakeFhirServer, lines: list[ScreenedPatient], wanted: WantedChange) -> dict[str, Outcome]:
    """What a press on the page does: who is not listed is listed first."""
    asked: dict[str, Any] = {"reason": "Asked", "at": AT}
    new = [each for each in lines if each.subject is None]
    made: dict[str, Outcome] = {}
    candidates = []
    for each in new:
        try:
            site = listing_site(each, PILOT, wanted.site).to
            candidates.append(Candidate(each.person.id, site.id if site else ""))
        except UserFacingError as error:
            made[each.person.id] = Outcome(each.person.id, error=error)
    outcomes: tuple[Outcome, ...] = ()
    try:
        outcomes = list_candidates(server, GP, "st1", candidates, wanted.details.day, **asked) if candidates else ()
    except DashboardError:  # that of the first; nobody is listed, and each has a reason of its own
        for each in candidates:
            with pytest.raises(DashboardError) as refused:
                list_candidates(server, GP, "st1", [each], wanted.details.day, **asked)
            outcomes += (Outcome(each.patient_id, error=refused.value),)
    made |= {each.patient_id: each for each in outcomes}
    who = [seen(each) for each in lines if each.subject is not None]
    who += [
        Seen(each.patient_id, each.subject.origin.id, each.subject.version)
        for each in outcomes
        if each.subject is not None and wanted.action is not A.LIST
    ]
    for each in who:
        try:
            [done] = change_enrolment(server, GP, wanted.action, [each], wanted.details, wanted.form, **asked)
        except DashboardError as error:
            done = Outcome(each.patient_id, error=error)
        made[each.patient_id] = done
    return made


def random_people(chance: random.Random) -> tuple[FakeFhirServer, list[str]]:
    server = with_people()
    people = [f"p{number}" for number in NUMBERS[:SOME]]
    for patient in people:
        if chance.random() < 0.75:
            press(server, [line_of(server, patient)], WantedChange(A.LIST, details(A.LIST)))
            for action in WAYS[chance.choice(list(S))]:
                press(server, [line_of(server, patient)], WantedChange(action, details(action), Form("f", "1")))
        if chance.random() < 0.1:
            server.rows["Patient"][patient]["deceasedBoolean"] = True
        elif chance.random() < 0.1:
            server.rows["Patient"][patient]["link"] = [{"other": {"reference": "Patient/p4"}, "type": "replaced-by"}]
    return server, people


@given(st.integers(0, 10**9))
@settings(max_examples=examples(30), deadline=None)
def test_what_the_preview_says_is_what_happens(seed: int) -> None:
    chance = random.Random(seed)
    server, people = random_people(chance)
    lines = [line_of(server, each, chance.choice(("org-1", "org-9"))) for each in people]
    offered = allowed_actions(lines)
    action = chance.choice([*offered, *(each for each in A if each is not A.TAKE_BACK)])
    wrong = chance.random() < 0.2
    other = Details(chance.choice((DAY, DAY.replace(year=2027)))) if wrong else details(action)
    form = Form("f", "1") if chance.random() < 0.8 else Form()
    wanted = WantedChange(action, other, form, chance.choice(("", "org-2")))
    said = plan_changes(lines, PILOT, wanted, by=ME, why="Asked", at=AT)
    happened = press(server, lines, wanted)
    assert [each.line for each in said] == lines
    for each in said:
        outcome = happened[each.line.person.id]
        if each.error is not None:
            assert outcome.error is not None and outcome.error.code == each.error.code
            assert not outcome.saved
        else:
            assert outcome.subject is not None and outcome.subject.state is each.after, outcome.error
    if action in offered and not wrong and form.name and wanted.site and not any(map(no_more, lines)):
        assert not [each.error for each in said if each.error is not None]


def no_more(line: ScreenedPatient) -> bool:
    """Whom no state keeps from a change, but what has happened to the person; or somebody who is there already."""
    moved = line.subject is not None and line.subject.site == SITES[1].site
    return bool(line.person.deceased or line.person.links or moved)


def test_what_is_offered_is_allowed_in_all_their_states() -> None:
    server = with_people()
    new, listed, left = (line_of(server, each) for each in ("p1", "p2", "p3"))
    for patient, way in (("p2", ()), ("p3", (A.LEAVE,))):
        press(server, [line_of(server, patient)], WantedChange(A.LIST, details(A.LIST)))
        for action in way:
            press(server, [line_of(server, patient)], WantedChange(action, details(action)))
    listed, left = line_of(server, "p2"), line_of(server, "p3")
    assert set(allowed_actions([listed])) == set(STATES[S.LISTED])
    assert allowed_actions([new]) == (A.LIST, A.SCREEN, A.FIND_ELIGIBLE, A.FIND_INELIGIBLE)
    assert allowed_actions([new, listed]) == (A.SCREEN, A.FIND_ELIGIBLE, A.FIND_INELIGIBLE)
    assert allowed_actions([new, left]) == () == allowed_actions([])
    assert allowed_actions([new, replace(listed, known=False)]) == ()
    [unknown] = plan_changes(
        [replace(listed, known=False)], PILOT, WantedChange(A.SCREEN, details(A.SCREEN)), by=ME, why="Asked", at=AT
    )
    assert unknown.error is not None and unknown.error.code == "enrolment-not-known" and unknown.after is None
    [again] = plan_changes([listed], PILOT, WantedChange(A.LIST, details(A.LIST)), by=ME, why="Asked", at=AT)
    assert again.error is not None and again.error.code == "enrolment-listed-already"


def test_forty_people_take_as_many_questions_as_four(trail: Trail) -> None:
    counts = []
    for size in (4, 40):
        server = FakeFhirServer([*make.cohort(), {**to_fhir(STUDY), "id": "st1"}])
        people = [f"p{number}" for number in range(10, 10 + size)]
        for patient in people:
            server.put(make.patient(patient, "X"))
            server.put(make.care_team(patient, ["gp"]))
        told: list[Outcome] = []
        server.asked.clear()
        asked: dict[str, Any] = {"reason": "Asked", "at": AT, "tell": told.append}
        listed = list_candidates(server, GP, "st1", [Candidate(each, "org-1") for each in people], DAY, **asked)
        who = [Seen(each.patient_id, each.subject.origin.id, each.subject.version) for each in listed if each.subject]
        done = change_enrolment(server, GP, A.FIND_ELIGIBLE, who, Details(DAY), **asked)
        assert [each.subject and each.subject.state for each in done] == [S.ELIGIBLE] * size
        assert [each.patient_id for each in told] == people * 2
        counts.append(sorted(each.type for each in server.asked))
        assert [len(record.patients) for record in trail.records[-2:]] == [size, size]
    assert counts[0] == counts[1]
    assert counts[0] == ["CareTeam"] * 2 + ["Consent"] * 2 + ["Patient"] * 2 + ["ResearchSubject"]


def test_who_cannot_be_listed_keeps_nobody_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    server = with_people()
    asked: dict[str, Any] = {"reason": "Asked", "at": AT}
    wanted = [Candidate("p1", "org-1"), Candidate("p2", "org-9"), Candidate("p3", "org-2")]
    done = list_candidates(server, GP, "st1", wanted, DAY, **asked)
    assert [each.error and each.error.code for each in done] == [None, "enrolment-site-missing", None]
    with pytest.raises(UserFacingError, match="listed-already"):
        list_candidates(server, GP, "st1", wanted[:1], DAY, **asked)
    with pytest.raises(NotFound):
        list_candidates(server, GP, "st1", [Candidate("p5", "org-1"), Candidate("p4", "org-1")], DAY, **asked)
    with pytest.raises(NotFound):
        list_candidates(server, GP, "st1", [Candidate("p 5", "org-1")], DAY, **asked)
    with pytest.raises(NotPermitted):
        manager = replace(GP, roles=(Role.PILOT_MANAGER,))
        list_candidates(server, manager, "st1", wanted, DAY, **asked)
    assert len(server.rows["ResearchSubject"]) == 2
    tried: list[Any] = []

    def away(resource: Any, identifier: Any) -> Any:
        tried.append(resource)
        raise ServerUnavailable("server-timeout", reference="r1")

    create = server.create_once
    monkeypatch.setattr(server, "create_once", lambda *args: away(*args) if tried else create(*args))
    tried.clear()
    monkeypatch.setattr(
        server, "create_once", lambda *args: create(*args) if "p5" in str(args[0]["individual"]) else away(*args)
    )
    later = [Candidate(f"p{number}", "org-1") for number in (5, 6, 7)]
    done = list_candidates(server, GP, "st1", later, DAY, **asked)
    assert [type(each.error) for each in done] == [type(None), ServerUnavailable, ServerUnavailable]
    assert len(tried) == 1


def test_where_not_every_team_came_each_person_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    server = with_people()
    whole = server.try_all

    def cut(requests: Any, *more: Any) -> Any:
        several = [each for each in requests if each.type == "CareTeam" and len(each.patients or ()) > 1]
        answers = whole(requests, *more)
        return [replace(answer, truncated=True) if several else answer for answer in answers]

    monkeypatch.setattr(server, "try_all", cut)
    asked: dict[str, Any] = {"reason": "Asked", "at": AT}
    done = list_candidates(server, GP, "st1", [Candidate("p1", "org-1"), Candidate("p2", "org-1")], DAY, **asked)
    assert all(each.saved for each in done)
    with pytest.raises(NotFound):
        list_candidates(server, GP, "st1", [Candidate("p3", "org-1"), Candidate("p4", "org-1")], DAY, **asked)


def test_a_patient_who_denies_the_user_is_not_changed_with_the_others() -> None:
    server = with_people()
    asked: dict[str, Any] = {"reason": "Asked", "at": AT}
    server.put(make.consent("p2", make.naming("deny", "Practitioner/gp"), ident="denied"))
    with pytest.raises(NotFound):
        list_candidates(server, GP, "st1", [Candidate("p1", "org-1"), Candidate("p2", "org-1")], DAY, **asked)
    assert "ResearchSubject" not in server.rows or not server.rows["ResearchSubject"]
