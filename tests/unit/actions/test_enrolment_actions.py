"""The register on the fake: who may change how somebody stands, what is written, and what happens at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import fhirkit
import pytest

from dashboard.actions.change_enrolment import Outcome, Seen, change_enrolment
from dashboard.actions.list_candidate import list_candidate
from dashboard.actions.list_candidates import Candidate, list_candidates
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind, AuditOutcome
from dashboard.domain.pilot.enrolment import EnrolmentAction, EnrolmentState
from dashboard.domain.pilot.planned_change import Form
from dashboard.domain.pilot.study import Study, StudySite
from dashboard.domain.pilot.subject import Details, Subject
from dashboard.domain.values.datatypes import NOBODY, NamedReference, Reference
from dashboard.errors import DashboardError, NotFound, NotPermitted, ServerUnavailable, UserFacingError, VersionConflict
from dashboard.fhir.client import json_text
from dashboard.fhir.client.capabilities import Capabilities, TypeCapabilities
from dashboard.fhir.mapping.writable import from_fhir, to_fhir
from tests.conftest import Trail
from tests.fakes import FakeFhirServer, capabilities
from tests.unit import people_and_teams as make

A, S = EnrolmentAction, EnrolmentState
AT = make.AS_OF
DAY = AT.date()
GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")
SITES = tuple(
    StudySite(NamedReference(Reference("Organization", ident), name))
    for ident, name in (("org-1", "Castle Practice"), ("org-2", "Elsewhere"))
)
STUDY = Study(Reference("ResearchStudy", "st1"), "", "Pilot", "active", sites=SITES, source={})
FORM = Form("pilot-consent", "2.1")


@pytest.fixture
def server() -> Iterator[FakeFhirServer]:
    """Whatever a test has written there is valid R4."""
    made = FakeFhirServer([*make.cohort(), {**to_fhir(STUDY), "id": "st1"}])
    yield made
    for kind in ("ResearchSubject", "Consent", "Provenance"):
        for row in made.rows.get(kind, {}).values():
            assert [str(issue) for issue in fhirkit.validate(json_text.written(row))] == []


def put_on(server: FakeFhirServer, patient: str = "p1", actor: User = GP, **other: Any) -> Subject:
    asked: dict[str, Any] = {"site_id": "org-1", "day": DAY, "reason": "Diabetes and heart failure", "at": AT} | other
    return list_candidate(server, actor, "st1", patient, **asked).value


def seen(subject: Subject) -> Seen:
    return Seen(subject.patient.id, subject.origin.id, subject.version)


def change(
    server: FakeFhirServer, action: EnrolmentAction, *subjects: Subject, actor: User = GP, **other: Any
) -> tuple[Outcome, ...]:
    asked: dict[str, Any] = {"details": Details(DAY), "form": FORM, "reason": "Asked", "at": AT} | other
    return change_enrolment(server, actor, action, [seen(each) for each in subjects], **asked)


def one(outcomes: tuple[Outcome, ...]) -> Subject:
    [outcome] = outcomes
    assert outcome.subject is not None and outcome.error is None
    return outcome.subject


def consented(server: FakeFhirServer) -> Subject:
    subject = put_on(server)
    for action in (A.FIND_ELIGIBLE, A.APPROACH, A.CONSENT):
        subject = one(change(server, action, subject))
    return subject


def test_each_change_says_in_whose_care_it_was_made(server: FakeFhirServer) -> None:
    subject = put_on(server)
    [listed, found] = one(change(server, A.FIND_ELIGIBLE, subject)).changes
    assert str(listed.team.to) == str(found.team.to) == "Organization/team-1"
    tags = {each["code"] for each in server.rows["ResearchSubject"][subject.origin.id]["meta"]["tag"]}
    assert "st1.team.eligible.team-1" in tags
    for row in server.rows["CareTeam"].values():
        row.pop("managingOrganization", None)  # a care team that nobody manages
    later = one(change(server, A.APPROACH, one_of(server, subject)))
    assert later.changes[-1].team == NOBODY


def one_of(server: FakeFhirServer, subject: Subject) -> Subject:
    return from_fhir(Subject, server.read("ResearchSubject", subject.origin.id))


def test_from_the_list_to_the_withdrawal(server: FakeFhirServer, trail: Trail) -> None:
    subject = consented(server)
    assert subject.consent is not None and subject.status == "pending-on-study"
    consent = server.rows["Consent"][subject.consent.id]
    assert (consent["status"], consent["dateTime"]) == ("active", str(DAY))
    assert consent["policyRule"]["coding"][0]["version"] == "2.1"
    subject = one(change(server, A.ENROL, subject, details=Details(DAY, arm="intervention", layer=3)))
    assert (subject.status, subject.layer, str(subject.start)) == ("on-study", 3, str(DAY))
    subject = one(change(server, A.WITHDRAW, subject, details=Details(DAY, "data-concerns"), reason="By telephone"))
    assert subject.status == "off-study" and subject.state is S.WITHDRAWN
    assert server.rows["Consent"][consent["id"]]["status"] == "inactive"
    last = subject.changes[-1]
    assert (last.reason, last.why, last.by.to) == ("data-concerns", "By telephone", GP.practitioner)
    records = [row for row in server.rows["Provenance"].values() if row["id"] != "pv1"]
    assert len(records) == 6  # one for each change, with who and why
    [ended] = [row for row in records if "By telephone" in json_text.written(row).decode()]
    assert {target["reference"].split("/")[0] for target in ended["target"]} == {"Consent", "ResearchSubject"}
    assert [each.kind for each in trail.records] == [AuditKind.CREATE, *[AuditKind.UPDATE] * 5]
    assert {tuple(each.id for each in record.patients) for record in trail.records} == {("p1",)}


@pytest.mark.parametrize(("action", "status"), [(A.CONSENT, "entered-in-error"), (A.WITHDRAW, "active")])
def test_a_mistake_is_taken_back_with_its_consent(server: FakeFhirServer, action: EnrolmentAction, status: str) -> None:
    subject = before = consented(server)
    if action is A.WITHDRAW:
        subject = one(change(server, A.WITHDRAW, subject, details=Details(DAY, "no-time")))
    subject = one(change(server, A.TAKE_BACK, subject))
    assert subject.state is (S.APPROACHED if action is A.CONSENT else S.CONSENTED)
    assert before.consent is not None and server.rows["Consent"][before.consent.id]["status"] == status
    assert one(change(server, A.TAKE_BACK, subject)).changes[-1].action is A.TAKE_BACK


def test_who_consents_and_is_found_not_eligible_has_to_consent_again(server: FakeFhirServer) -> None:
    first = consented(server)
    assert first.consent is not None
    status = lambda subject: server.rows["Consent"][subject.consent.id]["status"]  # noqa: E731
    why_not = Details(DAY, "ict-self-check")
    found = one(change(server, A.FIND_INELIGIBLE, first, details=why_not))
    assert found.state is S.INELIGIBLE and status(first) == "inactive"
    assert one(change(server, A.TAKE_BACK, found)).state is S.CONSENTED and status(first) == "active"
    again = from_fhir(Subject, server.rows["ResearchSubject"][first.origin.id])
    again = one(change(server, A.FIND_INELIGIBLE, again, details=why_not))
    for action in (A.FIND_ELIGIBLE, A.APPROACH):
        again = one(change(server, action, again))
    # What ended before is not ended again, nor brought back.
    for action in (A.FIND_INELIGIBLE, A.TAKE_BACK):
        again = one(change(server, action, again, details=why_not))
        assert status(first) == "inactive"
    again = one(change(server, A.CONSENT, again, form=Form("pilot-consent", "3.0")))
    assert again.consent not in (None, first.consent)
    assert (status(again), status(first)) == ("active", "inactive")
    versions = {row["policyRule"]["coding"][0]["version"] for row in server.rows["Consent"].values() if _study(row)}
    assert versions == {"2.1", "3.0"}


def _study(row: dict[str, Any]) -> bool:
    return "research" in json_text.written(row["scope"]).decode()


@pytest.mark.parametrize("action", [A.LEAVE, A.MOVE])
def test_who_leaves_or_moves_has_not_withdrawn_the_consent(server: FakeFhirServer, action: EnrolmentAction) -> None:
    subject = consented(server)
    details = Details(DAY, "moved-away") if action is A.LEAVE else Details(DAY, site=SITES[1].site)
    then = one(change(server, action, subject, details=details))
    assert then.consent is not None and server.rows["Consent"][then.consent.id]["status"] == "active"
    back = one(change(server, A.TAKE_BACK, then))
    assert back.state is S.CONSENTED and server.rows["Consent"][then.consent.id]["status"] == "active"


def test_each_is_changed_as_a_whole_or_not_at_all(server: FakeFhirServer, trail: Trail) -> None:
    first, second, third = (put_on(server, patient) for patient in ("p1", "p2", "p3"))
    change(server, A.FIND_ELIGIBLE, third)  # by somebody else, meanwhile
    second = one(change(server, A.FIND_ELIGIBLE, second))
    outcomes = change(server, A.SCREEN, first, replace(second, origin=first.origin), third)
    assert [type(each.error) for each in outcomes] == [type(None), NotFound, VersionConflict]
    assert [each.subject and each.subject.state for each in outcomes] == [S.SCREENING, None, None]
    assert [each.id for each in trail.records[-1].patients] == ["p1"]
    before = {ident: row["meta"]["versionId"] for ident, row in server.rows["ResearchSubject"].items()}
    with pytest.raises(UserFacingError, match="cannot-be-approached"):
        change(server, A.APPROACH, outcomes[0].subject or first, third)
    assert before == {ident: row["meta"]["versionId"] for ident, row in server.rows["ResearchSubject"].items()}
    assert trail.records[-1].outcome is AuditOutcome.FAILED


def test_two_who_change_somebody_at_once_do_not_overwrite_each_other(server: FakeFhirServer) -> None:
    subject = put_on(server)

    def attempt(number: int) -> bool:
        try:
            change(server, A.FIND_ELIGIBLE if number % 2 else A.SCREEN, subject)
        except VersionConflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def test_people_who_list_somebody_at_once_make_one_record(server: FakeFhirServer) -> None:
    def attempt(number: int) -> bool:
        try:
            put_on(server)
        except UserFacingError as error:
            assert error.code == "enrolment-listed-already"
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(8))) == 1
    assert len(server.rows["ResearchSubject"]) == 1


@pytest.mark.parametrize("role", [Role.PILOT_MANAGER, Role.ADMINISTRATOR, Role.PATIENT, Role.CARER])
def test_who_counts_changes_nothing(server: FakeFhirServer, role: Role, trail: Trail) -> None:
    subject = put_on(server)
    actor = replace(GP, roles=(role,))
    with pytest.raises(NotPermitted, match="enrolment-change-not-permitted"):
        change(server, A.SCREEN, subject, actor=actor)
    with pytest.raises(NotPermitted, match="enrolment-change-not-permitted"):
        put_on(server, "p2", actor=actor)
    assert [each.kind for each in trail.records[1:]] == [AuditKind.REFUSAL, AuditKind.REFUSAL]


def test_only_who_cares_for_the_person_changes_anything(server: FakeFhirServer) -> None:
    subject = put_on(server)
    assert one(change(server, A.SCREEN, subject, actor=replace(GP, roles=(Role.COORDINATOR,)))).state is S.SCREENING
    with pytest.raises(NotFound, match="patient-not-found"):
        put_on(server, "p4")
    nurse = User(Reference("Practitioner", "nurse"), "Anna Lind")
    with pytest.raises(NotFound, match="patient-not-found"):
        change(server, A.FIND_ELIGIBLE, subject, actor=nurse)
    theirs = put_on(server, "p4", actor=nurse)
    with pytest.raises(NotFound):  # nobody is changed where one is none of ours
        change(server, A.FIND_ELIGIBLE, put_on(server, "p2"), theirs)
    assert server.rows["ResearchSubject"][theirs.origin.id]["status"] == "candidate"


def test_who_died_or_was_merged_is_not_listed_nor_changed(server: FakeFhirServer) -> None:
    subject = put_on(server)
    server.rows["Patient"]["p1"]["deceasedDateTime"] = str(DAY - timedelta(days=1))
    with pytest.raises(UserFacingError, match="patient-died"):
        change(server, A.SCREEN, subject)
    assert one(change(server, A.LEAVE, subject, details=Details(DAY, "died"))).state is S.LEFT
    link = {"other": {"reference": "Patient/p3"}, "type": "replaced-by"}
    server.rows["Patient"]["p2"]["link"] = [link]
    with pytest.raises(UserFacingError, match="patient-merged"):
        put_on(server, "p2")


def test_a_merge_that_the_surviving_record_says_counts_too(server: FakeFhirServer) -> None:
    subject = put_on(server)
    link = {"other": {"reference": "Patient/p1"}, "type": "replaces"}
    server.rows["Patient"]["p2"]["link"] = [link]
    server.capabilities = searching(server.capabilities)
    with pytest.raises(UserFacingError, match="patient-merged"):
        change(server, A.SCREEN, subject)


@pytest.mark.parametrize("says", ["survivor", "old"])
def test_who_is_listed_by_a_record_that_was_merged_is_not_listed_twice_and_goes_on_by_it(
    server: FakeFhirServer, says: str
) -> None:
    subject = put_on(server, "p2")
    other, kind, row = ("p2", "replaces", "p1") if says == "survivor" else ("p1", "replaced-by", "p2")
    server.rows["Patient"][row]["link"] = [{"other": {"reference": f"Patient/{other}"}, "type": kind}]
    server.capabilities = searching(server.capabilities)
    with pytest.raises(UserFacingError, match="listed-already"):
        put_on(server, "p1")
    asked: dict[str, Any] = {"reason": "Two conditions", "at": AT}
    with pytest.raises(UserFacingError, match="listed-already"):
        list_candidates(server, GP, "st1", [Candidate("p1", "org-1")], DAY, **asked)
    assert len(server.rows["ResearchSubject"]) == 1
    [done] = change_enrolment(
        server, GP, A.SCREEN, [Seen("p1", subject.origin.id, subject.version)], Details(DAY), **asked
    )
    assert done.subject is not None and done.subject.state is S.SCREENING and done.subject.patient.id == "p2"
    with pytest.raises(NotFound):
        change_enrolment(
            server, GP, A.SCREEN, [Seen("p3", subject.origin.id, done.subject.version)], Details(DAY), **asked
        )


def test_a_merged_record_that_is_in_no_study_hinders_nobody(server: FakeFhirServer) -> None:
    link = {"other": {"reference": "Patient/p2"}, "type": "replaces"}
    server.rows["Patient"]["p1"]["link"] = [link]
    assert put_on(server, "p1").state is S.LISTED


def searching(known: Capabilities) -> Capabilities:
    """A server that says that it finds Patients by their links."""
    types = {
        **known.types,
        "Patient": TypeCapabilities(search_params=frozenset({"link"}), versioning="versioned-update"),
    }
    return replace(known, types=types)


def test_nothing_is_changed_without_a_reason(server: FakeFhirServer) -> None:
    subject = put_on(server)
    with pytest.raises(UserFacingError, match="reason-empty"):
        change(server, A.SCREEN, subject, reason=" ")
    with pytest.raises(UserFacingError, match="reason-empty"):
        put_on(server, "p2", reason="")


@pytest.mark.parametrize(
    ("other", "code"), [({"site_id": "org-9"}, "site-missing"), ({"day": date(2026, 12, 1)}, "in-future")]
)
def test_what_cannot_be_listed_is_said(server: FakeFhirServer, other: dict[str, Any], code: str) -> None:
    with pytest.raises(UserFacingError, match=code):
        put_on(server, **other)


def test_records_that_cannot_be_read_are_not_changed(server: FakeFhirServer) -> None:
    subject = consented(server)
    assert subject.consent is not None
    server.rows["Consent"][subject.consent.id]["dateTime"] = "soon"
    with pytest.raises(UserFacingError, match="enrolment-unreadable"):
        change(server, A.WITHDRAW, subject, details=Details(DAY, "no-time"))
    server.rows["Consent"][subject.consent.id]["dateTime"] = str(DAY)
    server.rows["ResearchSubject"][subject.origin.id]["period"] = {"start": "soon"}
    with pytest.raises(UserFacingError, match="enrolment-unreadable"):
        change(server, A.WITHDRAW, subject, details=Details(DAY, "no-time"))
    server.rows["ResearchSubject"][subject.origin.id].pop("period")
    server.rows["ResearchStudy"]["st1"]["period"] = {"start": "soon"}
    with pytest.raises(NotFound, match="study-not-found"):
        put_on(server, "p2")


def test_a_patient_whose_record_is_gone_is_not_found(server: FakeFhirServer) -> None:
    subject = put_on(server)
    server.delete("Patient", "p1")
    server.delete("Patient", "p2")
    with pytest.raises(NotFound):
        change(server, A.SCREEN, subject)
    with pytest.raises(NotFound):
        put_on(server, "p2")


def test_somebody_moves_to_a_site_of_the_study_alone(server: FakeFhirServer) -> None:
    subject = put_on(server)
    for wrong in (NOBODY, NamedReference(Reference("Organization", "org-9"), "Elsewhere")):
        with pytest.raises(UserFacingError, match="site-missing"):
            change(server, A.MOVE, subject, details=Details(DAY, site=wrong))
    there = NamedReference(Reference("Organization", "org-2"), "as somebody has typed it")
    assert one(change(server, A.MOVE, subject, details=Details(DAY, site=there))).site == SITES[1].site


def test_a_consent_that_is_not_on_record_needs_no_end(server: FakeFhirServer) -> None:
    subject = consented(server)
    del server.rows["ResearchSubject"][subject.origin.id]["consent"]
    assert one(change(server, A.WITHDRAW, subject, details=Details(DAY, "no-time"))).state is S.WITHDRAWN


def test_a_server_that_goes_away_is_not_asked_for_everybody(
    server: FakeFhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    subjects = [put_on(server, patient) for patient in ("p1", "p2", "p3")]
    sent, whole = [], server.transaction

    def away(entries: Any) -> Any:
        sent.append(entries)
        if len(sent) > 1:
            raise ServerUnavailable("server-timeout", reference="r1")
        return whole(entries)

    monkeypatch.setattr(server, "transaction", away)
    outcomes = change(server, A.SCREEN, *subjects)
    assert [each.patient_id for each in outcomes] == ["p1", "p2", "p3"] and len(sent) == 2
    errors: list[DashboardError | None] = [each.error for each in outcomes]
    assert [type(error) for error in errors] == [type(None), ServerUnavailable, ServerUnavailable]


def test_without_transactions_the_consent_comes_first(server: FakeFhirServer) -> None:
    server.capabilities = capabilities(transactions=False, conditional_create=False, versioning="no-version")
    subject = consented(server)
    stored = server.rows["ResearchSubject"][subject.origin.id]
    assert from_fhir(Subject, stored).consent == subject.consent
    assert subject.consent is not None and subject.consent.id in server.rows["Consent"]
