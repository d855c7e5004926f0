"""Answers to the screening's questions on the fake: who may record them, what is written, and that it is read again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import fhirkit
import pytest

from dashboard.actions.record_screening_answers import record_screening_answers
from dashboard.actions.take_back_screening_answers import take_back_screening_answers
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.pilot.recorded_answer import CHOICES, QUESTION_CODES, RecordedAnswer
from dashboard.domain.pilot.screening_answer import ScreeningAnswer, ScreeningQuestion, agreed, latest_answers
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, NotPermitted, UserFacingError
from dashboard.fhir.client import json_text
from dashboard.fhir.mapping import recorded_answer, screening_answer
from dashboard.fhir.mapping.elements import CannotRead
from dashboard.fhir.terminology_files import load_terminology
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make

Q = ScreeningQuestion
AT = make.AS_OF
DAY = AT.date()
GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")
ALL = {Q.LIVING_SITUATION: "with-family", Q.ICT_SELF_CHECK: "not-passed", Q.NYHA_CLASS: "ii"}


@pytest.fixture
def server() -> Iterator[FakeFhirServer]:
    """Whatever a test has written there is valid R4."""
    made = FakeFhirServer(make.cohort())
    yield made
    for kind in ("Observation", "Provenance"):
        for row in made.rows.get(kind, {}).values():
            assert [str(issue) for issue in fhirkit.validate(json_text.written(row))] == []


def record(server: FakeFhirServer, patient: str = "p1", actor: User = GP, **other: Any) -> tuple[RecordedAnswer, ...]:
    asked: dict[str, Any] = {"answers": ALL, "of_carers": {}, "day": DAY, "at": AT} | other
    return record_screening_answers(server, actor, patient, **asked).values


def read(server: FakeFhirServer, answer: RecordedAnswer) -> ScreeningAnswer | Exclusion | None:
    return screening_answer.from_fhir(server.read("Observation", answer.origin.id), load_terminology())


@pytest.mark.parametrize("question", Q)
def test_each_choice_is_read_again_as_what_it_says(server: FakeFhirServer, question: ScreeningQuestion) -> None:
    """The screening reads by value sets, which are data: a choice that they do not know would count for nothing."""
    for name, choice in CHOICES[question].items():
        [stored] = record(server, answers={question: name})
        found = read(server, stored)
        assert isinstance(found, ScreeningAnswer)
        assert (found.question, found.holds) == (question, choice.holds)
        assert found.when is not None and found.when.start == DAY


def test_all_are_recorded_at_once_with_who_answered(server: FakeFhirServer) -> None:
    living, check, nyha = record(server)
    assert (living.by.to, living.by.name) == (GP.practitioner, GP.name) and nyha.by.to == GP.practitioner
    assert str(check.by.to) == "Patient/p1"
    [signed] = [row for row in server.rows["Provenance"].values() if str(living.origin) in str(row["target"])]
    assert {each["reference"].partition("/_history")[0] for each in signed["target"]} == {
        str(each.origin) for each in (living, check, nyha)
    }


SUSAN = Reference("RelatedPerson", "susan")


def carer(patient: str = "p1", **more: Any) -> dict[str, Any]:
    about = {"patient": {"reference": f"Patient/{patient}"}, "name": [{"text": "Susan Aldous"}]}
    return {"resourceType": "RelatedPerson", "id": "susan"} | about | more


def test_the_self_check_of_a_carer_is_the_carers(server: FakeFhirServer) -> None:
    server.put(carer())
    own, of_carer = record(server, answers={Q.ICT_SELF_CHECK: "not-passed"}, of_carers={SUSAN: "passed"})
    assert (str(own.by.to), own.choice) == ("Patient/p1", "not-passed")
    assert (of_carer.by.to, of_carer.by.name, of_carer.choice) == (SUSAN, "Susan Aldous", "passed")
    found = read(server, of_carer)
    assert isinstance(found, ScreeningAnswer) and found.holds and found.by.to == SUSAN
    [alone] = record(server, answers={}, of_carers={SUSAN: "not-passed"})
    assert take_back_screening_answers(server, GP, "p1", [alone.origin.id], at=AT).values[0].by.to == SUSAN


@pytest.mark.parametrize(
    ("row", "who"),
    [
        (carer("p2"), SUSAN),
        (carer(active=False), SUSAN),
        (carer(period={"end": "2025-01-01"}), SUSAN),
        (carer(name=[]), SUSAN),
        (carer(), Reference("RelatedPerson", "nobody")),
        (carer(), Reference("Practitioner", "gp")),
    ],
)
def test_who_is_no_carer_of_the_patient_answers_nothing(
    server: FakeFhirServer, row: dict[str, Any], who: Reference
) -> None:
    server.put(row)
    before = dict(server.rows.get("Observation", {}))
    with pytest.raises(NotFound):
        record(server, of_carers={who: "passed"})
    with pytest.raises(UserFacingError):
        record(server, answers={}, of_carers={SUSAN: "perhaps"})
    assert server.rows.get("Observation", {}) == before


def test_a_self_check_that_is_passed_at_the_second_try_of_a_day_is_passed(server: FakeFhirServer) -> None:
    first = record(server, answers={Q.ICT_SELF_CHECK: "not-passed"})
    second = record(server, answers={Q.ICT_SELF_CHECK: "passed"}, at=AT + timedelta(hours=3))
    found = [read(server, each) for each in (*second, *first)]
    assert agreed(latest_answers([each for each in found if isinstance(each, ScreeningAnswer)], DAY)) is True


def test_what_is_taken_back_counts_no_more(server: FakeFhirServer) -> None:
    stored = record(server)
    back = take_back_screening_answers(server, GP, "p1", [each.origin.id for each in stored], at=AT).values
    assert {each.status for each in back} == {"entered-in-error"}
    assert all(isinstance(read(server, each), Exclusion) for each in stored)


def test_an_answer_of_somebody_else_or_of_another_kind_is_not_taken_back(server: FakeFhirServer) -> None:
    [other, *_] = record(server, "p2")
    with pytest.raises(NotFound):
        take_back_screening_answers(server, GP, "p1", [other.origin.id], at=AT)
    row = {**server.rows["Observation"][other.origin.id], "id": "strange", "valueCodeableConcept": {"text": "?"}}
    server.rows["Observation"]["strange"] = row
    with pytest.raises(UserFacingError, match="unreadable"):
        take_back_screening_answers(server, GP, "p2", ["strange"], at=AT)


@pytest.mark.parametrize(
    "other", [{"answers": {}}, {"answers": {Q.NYHA_CLASS: "v"}}, {"day": DAY + timedelta(days=1)}], ids=str
)
def test_what_cannot_be_is_refused_and_nothing_is_written(server: FakeFhirServer, other: dict[str, Any]) -> None:
    before = dict(server.rows.get("Observation", {}))
    with pytest.raises(UserFacingError):
        record(server, **other)
    assert server.rows.get("Observation", {}) == before


def test_who_may_not_does_not(server: FakeFhirServer) -> None:
    with pytest.raises(NotPermitted):
        record(server, actor=User(Reference("Practitioner", "gp"), "A manager", roles=(Role.PILOT_MANAGER,)))
    with pytest.raises(NotFound):
        record(server, "nobody")


def test_a_person_who_is_not_there_or_was_merged_gets_no_answers(server: FakeFhirServer) -> None:
    server.rows["Patient"]["p1"]["link"] = [{"other": {"reference": "Patient/p2"}, "type": "replaced-by"}]
    with pytest.raises(UserFacingError, match="merged"):
        record(server)
    del server.rows["Patient"]["p1"]
    with pytest.raises(NotFound):
        record(server)


def test_what_is_no_answer_of_ours_is_not_read(server: FakeFhirServer) -> None:
    [stored] = record(server, answers={Q.ICT_SELF_CHECK: "passed"})
    row = server.rows["Observation"][stored.origin.id]
    for broken in ({"subject": None}, {"code": None}, {"valueCodeableConcept": None}, {"effectiveDateTime": None}):
        with pytest.raises(CannotRead):
            recorded_answer.from_fhir({**row, **broken})
    assert recorded_answer.from_fhir(row).question is Q.ICT_SELF_CHECK
    assert set(QUESTION_CODES) == set(CHOICES) == set(Q)
