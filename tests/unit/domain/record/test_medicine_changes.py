"""Which medicines were started, stopped or changed in dose."""

import itertools

import pytest

from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.medicine_changes import MedicineChangeKind, medicine_changes
from dashboard.domain.values.datatypes import PartialDate, Reference

STARTED, CHANGED, STOPPED = MedicineChangeKind.STARTED, MedicineChangeKind.CHANGED, MedicineChangeKind.STOPPED
METFORMIN = "A10BA02"


def medicine(
    ident: str, since: str, until: str = "", dose: str = "once daily", *, atc: str = METFORMIN, status: str = "",
    text: str = "Metformin",
) -> Medicine:  # fmt: skip
    return Medicine(
        Reference("MedicationRequest", ident), text, (), atc, dose, status or ("completed" if until else "active"),
        PartialDate(since) if since else None, PartialDate(until) if until else None,
    )  # fmt: skip


def told(*medicines: Medicine) -> list[tuple[str, str, str, str]]:
    return [
        (
            change.kind.value,
            change.medicine.origin.id,
            change.when.text if change.when else "",
            change.before.origin.id if change.before else "",
        )
        for change in medicine_changes(medicines)
    ]


def test_a_dose_that_replaces_another_is_a_change_and_neither_start_nor_stop() -> None:
    old, new = medicine("a", "2024-01-10", "2026-10-23"), medicine("b", "2026-10-23", dose="twice daily")
    assert told(old, new) == [("changed", "b", "2026-10-23", "a"), ("started", "a", "2024-01-10", "")]


def test_a_renewal_of_the_same_dose_is_no_change() -> None:
    old, new = medicine("a", "2024-01-10", "2026-10-23"), medicine("b", "2026-11-05")
    assert told(old, new) == [("started", "a", "2024-01-10", "")]


def test_a_gap_is_a_stop_and_a_new_start() -> None:
    old, new = medicine("a", "2024-01-10", "2025-02-01"), medicine("b", "2026-11-05")
    assert told(old, new) == [
        ("started", "b", "2026-11-05", ""), ("stopped", "a", "2025-02-01", ""), ("started", "a", "2024-01-10", ""),
    ]  # fmt: skip


def test_what_ended_without_a_successor_was_stopped_even_where_nobody_wrote_when() -> None:
    assert told(medicine("a", "2024-01-10", "2026-11-01"))[0] == ("stopped", "a", "2026-11-01", "")
    assert told(medicine("a", "2024-01-10", status="stopped"))[-1] == ("stopped", "a", "", "")


def test_two_doses_at_once_are_two_medicines() -> None:
    morning, night = medicine("a", "2024-01-10"), medicine("b", "2026-10-23", dose="at night")
    assert told(morning, night) == [("started", "b", "2026-10-23", ""), ("started", "a", "2024-01-10", "")]


def test_an_end_without_a_date_before_another_dose_is_a_change() -> None:
    old, new = medicine("a", "2024-01-10", status="stopped"), medicine("b", "2026-10-23", dose="twice daily")
    assert told(old, new)[0] == ("changed", "b", "2026-10-23", "a")


def test_a_successor_without_a_start_is_not_said_to_have_changed_anything() -> None:
    old, new = medicine("a", "2024-01-10", "2024-02-10"), medicine("b", "", dose="twice daily")
    assert {each[:2] for each in told(old, new)} == {("started", "a"), ("started", "b"), ("stopped", "a")}


def test_what_was_never_given_is_no_change() -> None:
    wrong = medicine("a", "2026-11-01", status="entered-in-error")
    assert told(wrong, medicine("b", "2026-11-01", status="draft")) == []


@pytest.mark.parametrize(
    ("text", "atc"), [("Metformin", ""), ("METFORMIN", "A10"), ("Metformin ", "")], ids=["no code", "a group", "spaces"]
)
def test_without_a_code_of_the_substance_the_name_joins(text: str, atc: str) -> None:
    old = medicine("a", "2024-01-10", "2026-10-23", atc="")
    assert told(old, medicine("b", "2026-10-23", dose="twice daily", atc=atc, text=text))[0][0] == "changed"


def test_the_order_of_the_records_does_not_matter() -> None:
    course = (
        medicine("a", "2020-01-10", "2024-01-01"),
        medicine("b", "2024-01-01", "2026-10-23", dose="twice daily"),
        medicine("c", "2026-10-23", dose="thrice daily"),
    )
    whole = told(*course)
    assert all(told(*each) == whole for each in itertools.permutations(course))
    assert [each[0] for each in whole] == ["changed", "changed", "started"]
