"""The register is kept alike on every server, also on a poor one, and the steps are counted by a search."""

from datetime import date

import pytest

from dashboard.actions.change_enrolment import Seen, change_enrolment
from dashboard.actions.list_candidate import list_candidate
from dashboard.actions.record_screening_answers import record_screening_answers
from dashboard.actions.take_back_screening_answers import take_back_screening_answers
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.pilot.enrolment import EnrolmentAction, EnrolmentState
from dashboard.domain.pilot.enrolment_tags import by_history_tag, step_tag
from dashboard.domain.pilot.funnel import WHOLE, Step, count_funnel
from dashboard.domain.pilot.planned_change import Form
from dashboard.domain.pilot.screening_answer import ScreeningQuestion
from dashboard.domain.pilot.study import Study, StudyArm, StudySite, Target
from dashboard.domain.pilot.subject import Details, Subject
from dashboard.domain.values.code_systems import ENROLMENT_STEP
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.errors import NotPermitted, VersionConflict
from dashboard.fhir.mapping.writable import from_fhir, to_fhir
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest
from tests.records import count, create, search
from tests.unit.people_and_teams import AS_OF

A = EnrolmentAction
DAY = date(2026, 11, 18)
TODAY = Details(DAY)
FORM = Form("pilot-consent", "2.1")


def test_the_register(named_fhir: tuple[str, FhirServer]) -> None:
    fhir = named_fhir[1]
    made = create(fhir, {"resourceType": "Organization", "name": "Site"})
    site = NamedReference(Reference("Organization", made["id"]), "Site")
    me = Reference("Practitioner", create(fhir, {"resourceType": "Practitioner", "name": [{"family": "M"}]})["id"])
    gp = User(me, "Dr M", roles=(Role.CLINICIAN,))
    targets = (Target(PartialDate("2026-12-31"), 50),)
    arms = (StudyArm("intervention"), StudyArm("comparison"))
    sites = (StudySite(site, targets),)
    new = Study(Reference("ResearchStudy", "new"), "", "Pilot", "active", arms=arms, sites=sites, source={})
    study = from_fhir(Study, create(fhir, to_fhir(new)))
    assert (study.sites, study.arms) == (new.sites, new.arms)

    def listed(number: int) -> Subject:
        patient = create(fhir, {"resourceType": "Patient", "name": [{"family": f"Subject{number}"}]})
        participant = [{"member": {"reference": str(me), "display": "M"}}]
        team = {"resourceType": "CareTeam", "status": "active", "participant": participant}
        create(fhir, {**team, "subject": {"reference": f"Patient/{patient['id']}"}})
        asked = (study.origin.id, patient["id"], made["id"], DAY)
        return list_candidate(fhir, gp, *asked, reason="Two conditions", at=AS_OF).value

    def change(action: EnrolmentAction, *subjects: Subject, details: Details = TODAY) -> list[Subject]:
        seen = [Seen(each.patient.id, each.origin.id, each.version) for each in subjects]
        done = change_enrolment(fhir, gp, action, seen, details, FORM, reason="Asked", at=AS_OF)
        return [each.subject for each in done if each.subject is not None]

    first_seen, second = listed(1), listed(2)
    first = first_seen
    first, second = change(A.FIND_ELIGIBLE, first, second)
    first, second = change(A.APPROACH, first, second)
    [first] = change(A.CONSENT, first)
    [first] = change(A.ENROL, first, details=Details(DAY, arm="comparison", layer=3))
    [first] = change(A.START, first)
    assert first.status == "on-study-observation" and first.consent is not None
    [first] = change(A.WITHDRAW, first, details=Details(DAY, "no-time"))
    assert fhir.read("Consent", first.consent.id if first.consent else "")["status"] == "inactive"
    [second] = change(A.TAKE_BACK, second)  # it was a slip
    with pytest.raises(VersionConflict):
        change(A.SCREEN, first_seen)
    with pytest.raises(NotPermitted):
        manager = User(me, "Manager", roles=(Role.PILOT_MANAGER,))
        seen = [Seen(second.patient.id, second.origin.id, second.version)]
        change_enrolment(fhir, manager, A.APPROACH, seen, Details(DAY), reason="Asked", at=AS_OF)

    said = {ScreeningQuestion.LIVING_SITUATION: "alone", ScreeningQuestion.ICT_SELF_CHECK: "passed"}
    answers = record_screening_answers(fhir, gp, second.patient.id, said, {}, DAY, at=AS_OF).values
    assert {each.question: each.choice for each in answers} == said

    def standing() -> set[str]:
        asked = SearchRequest("Observation", (("code", "75274-1,ict-self-check"),), (second.patient.id,), fresh=True)
        return {row["status"] for row in search(fhir, asked).rows}

    assert standing() == {"final"}
    take_back_screening_answers(fhir, gp, second.patient.id, [each.origin.id for each in answers], at=AS_OF)
    assert standing() == {"entered-in-error"}

    of_study = ("study", str(study.origin))
    rows = search(fhir, SearchRequest("ResearchSubject", (of_study,), fresh=True)).rows
    subjects = [from_fhir(Subject, row) for row in rows]
    assert {each.patient: each.state for each in subjects} == {
        first.patient: EnrolmentState.WITHDRAWN, second.patient: EnrolmentState.ELIGIBLE,
    }  # fmt: skip
    whole = count_funnel(subjects, {})[WHOLE]
    assert [whole[step] for step in Step] == [2, 2, 1, 1, 1, 1, 0, 1]
    for step in Step:
        for code in (step_tag(study.origin.id, step), step_tag(study.origin.id, step, made["id"])):
            # By tags alone, but for those that say that they have to be counted by their history: some servers keep
            # every tag.
            tagged = (of_study, ("_tag", f"{ENROLMENT_STEP}|{code}"))
            by_history = ("_tag", f"{ENROLMENT_STEP}|{by_history_tag(study.origin.id)}")
            counted = count(fhir, "ResearchSubject", *tagged) - count(fhir, "ResearchSubject", *tagged, by_history)
            assert counted + count_funnel([second], {})[WHOLE][step] == whole[step]
    later, before = ("date", "lt2026-11-19"), ("date", "lt2026-11-18")  # the enrolment curve: who had begun by a day
    assert [count(fhir, "ResearchSubject", of_study, each) for each in (later, before)] == [1, 0]
