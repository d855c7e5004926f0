"""The study, its subjects and their consents are read as written, are valid FHIR, and keep what is not ours."""

import copy
from dataclasses import replace
from typing import Any

import fhirkit
import pytest

from dashboard.domain.pilot.enrolment import EnrolmentAction
from dashboard.domain.pilot.study import Study, StudyArm, StudySite, Target
from dashboard.domain.pilot.study_consent import StudyConsent, ended, new_study_consent
from dashboard.domain.pilot.subject import Subject, taken_back
from dashboard.domain.values.code_systems import ENROLMENT_STEP, SUBJECT_NUMBER
from dashboard.domain.values.datatypes import NOBODY, PartialDate, Reference
from dashboard.fhir.client import json_text
from dashboard.fhir.mapping.consent import consent as sharing
from dashboard.fhir.mapping.elements import CannotRead
from dashboard.fhir.mapping.writable import from_fhir, to_fhir
from dashboard.fhir.mapping.writing import NotWritable
from tests.unit.domain.pilot.test_enrolment import AT, HERE, ME, THERE, WAY, S, do, listed, way

Json = dict[str, Any]
STUDY = Study(
    Reference("ResearchStudy", "st1"),
    "",
    "C3-Cloud pilot",
    "active",
    "NCT03834207",
    PartialDate("2026-01-01"),
    PartialDate("2027-06-30"),
    (StudyArm("intervention", "The shared plan"), StudyArm("comparison")),
    (StudySite(HERE, (Target(PartialDate("2026-06-30"), 20), Target(PartialDate("2026-12-31"), 50))), StudySite(THERE)),
    source={},
)
CONSENT = new_study_consent(
    Reference("Consent", "c1"), Reference("Patient", "p1"), PartialDate("2026-11-20"), "pilot-consent", "2.1", HERE
)
SUBJECTS = {str(state): way(*actions) for state, actions in WAY.items()}
MADE: dict[str, Any] = {"study": STUDY, "consent": CONSENT, **SUBJECTS}


def stored(value: Any) -> Json:
    """The resource as a server has it."""
    row = {**to_fhir(value), "id": value.origin.id}
    return {**row, "meta": {**row.get("meta", {}), "versionId": "1"}}


@pytest.mark.parametrize("name", MADE)
def test_what_is_written_is_valid_and_read_as_it_was(name: str) -> None:
    row = stored(MADE[name])
    assert [str(issue) for issue in fhirkit.validate(json_text.written(row))] == []
    read = from_fhir(type(MADE[name]), row)
    assert replace(read, version="", source=None) == replace(MADE[name], source=None)
    assert to_fhir(read) == row  # nothing changed: nothing is written


@pytest.mark.parametrize("name", MADE)
def test_what_others_wrote_stays(name: str) -> None:
    row = stored(MADE[name])
    row |= {"language": "sv", "_status": {"id": "x"}, "identifier": [{"system": "urn:x", "value": "1"}]}
    row["extension"] = [{"url": "urn:other", "valueString": "kept"}, *row.get("extension", [])]
    row["meta"]["tag"] = [{"system": "urn:x", "code": "kept"}, *row["meta"].get("tag", [])]
    read = from_fhir(type(MADE[name]), copy.deepcopy(row))
    status = "inactive" if name == "consent" else "completed" if name == "study" else "on-study"
    assert to_fhir(replace(read, status=status)) == {**row, "status": status}


def test_a_change_is_added_with_its_tags_and_none_is_ever_taken_away() -> None:
    subject = from_fhir(Subject, stored(way(*WAY[S.APPROACHED])))
    row = to_fhir(taken_back(subject, by=ME, why="A slip", at=AT))
    tags = [each["code"] for each in row["meta"]["tag"] if each["system"] == ENROLMENT_STEP]
    # Some servers keep every tag: what is counted wrongly by them says so.
    assert tags == [
        "st1.listed", "st1.status.eligible", "st1.screened", "st1.screened.org-1", "st1.eligible", "st1.eligible.org-1",
        "st1.approached", "st1.approached.org-1", "st1.by-history",
    ]  # fmt: skip
    again = from_fhir(Subject, row)
    assert again.state is S.ELIGIBLE and [each.taken_back for each in again.changes] == [False, False, True, False]
    assert again.changes[2] == replace(subject.changes[2], taken_back=True)
    with pytest.raises(NotWritable):
        to_fhir(replace(subject, changes=subject.changes[:1]))
    nowhere = replace(listed(), site=NOBODY, changes=(replace(listed().changes[0], by=NOBODY, site=NOBODY, why=""),))
    found = do(nowhere, EnrolmentAction.FIND_ELIGIBLE)
    assert {"system": ENROLMENT_STEP, "code": "st1.eligible"} in to_fhir(found)["meta"]["tag"]


def test_nobody_is_in_a_study_twice() -> None:
    assert to_fhir(listed())["identifier"] == [{"system": SUBJECT_NUMBER, "value": "st1.p1"}]


def test_moving_and_enrolling_write_their_elements() -> None:
    subject = from_fhir(Subject, stored(way(*WAY[S.ENROLLED])))
    row = to_fhir(do(subject, EnrolmentAction.MOVE))
    assert from_fhir(Subject, row).site == THERE and row["assignedArm"] == "intervention"
    assert row["period"] == {"start": "2026-11-20"} and row["consent"] == {"reference": "Consent/c1"}
    back = to_fhir(taken_back(subject, by=ME, why="A slip", at=AT))
    assert "assignedArm" not in back and "period" not in back and from_fhir(Subject, back).layer is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"individual": None},
        {"individual": {"reference": "Group/g1"}},
        {"study": None},
        {"extension": [{"url": "https://c3-cloud.example/fhir/StructureDefinition/enrolment-change"}]},
    ],
)
def test_a_subject_that_makes_no_sense_is_not_read(wrong: Json) -> None:
    with pytest.raises(CannotRead):
        from_fhir(Subject, stored(listed()) | wrong)


def test_a_change_of_an_unknown_kind_is_not_read_past() -> None:
    row = stored(listed())
    change = next(each for each in row["extension"] if each["url"].endswith("enrolment-change"))
    next(part for part in change["extension"] if part["url"] == "action")["valueCode"] = "teleport"
    with pytest.raises(ValueError, match="teleport"):
        from_fhir(Subject, row)


@pytest.mark.parametrize("people", [None, -1, True, "20"])
def test_a_target_that_is_no_number_is_not_read(people: Any) -> None:
    row = stored(STUDY)
    target = row["extension"][0]["extension"][1]["extension"]
    target[1] = {"url": "people", "valueUnsignedInt": people}
    with pytest.raises(CannotRead):
        from_fhir(Study, row)


def test_a_target_and_an_arm_are_changed_in_their_place() -> None:
    row = stored(STUDY)
    row["arm"][0]["type"] = {"text": "kept"}
    row["extension"][0]["extension"].append({"url": "other", "valueString": "kept"})
    read = from_fhir(Study, row)
    more = (StudySite(HERE, (Target(PartialDate("2026-06-30"), 25),)), StudySite(THERE))
    arms = (StudyArm("intervention", "Changed"), StudyArm("comparison"))
    changed = to_fhir(replace(read, sites=more, arms=arms))
    again = from_fhir(Study, changed)
    assert (again.sites, again.arms) == (more, arms)
    assert changed["arm"][0]["type"] == {"text": "kept"}
    assert {"url": "other", "valueString": "kept"} in changed["extension"][0]["extension"]


def test_a_consent_to_the_study_is_none_to_sharing() -> None:
    row = stored(CONSENT)
    assert sharing(row) is None
    assert to_fhir(ended(from_fhir(StudyConsent, row)))["status"] == "inactive"
    assert row["policyRule"]["coding"][0]["version"] == "2.1"
    kept = new_study_consent(CONSENT.origin, CONSENT.patient, PartialDate("2026-11-20"), "f", "1", NOBODY)
    assert "organization" not in to_fhir(kept)
    for wrong in ({"scope": {"coding": [{"code": "treatment"}]}}, {"patient": None}):
        with pytest.raises(CannotRead):
            from_fhir(StudyConsent, row | wrong)
