"""An agenda: what each change does, and that no change of anybody is lost whatever the order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.conference.agenda import (
    DISCUSSED,
    MINUTES,
    MOST_ITEMS,
    MOST_MINUTES,
    POSTPONED,
    Agenda,
    AgendaItem,
    planned_starts,
    with_item,
    with_minutes,
    without_item,
)
from dashboard.domain.conference.agenda_change import (
    Add,
    AgendaChange,
    Ask,
    Conclude,
    Give,
    Move,
    Remove,
    apply_changes,
)
from dashboard.domain.values.datatypes import NOBODY, NamedReference, Reference
from dashboard.errors import UserFacingError

ONE, TWO, THREE, FOUR = (Reference("Patient", f"p{n}") for n in range(1, 5))
NURSE = NamedReference(Reference("Practitioner", "nurse"), "Tom Hadley")


def agenda(*patients: Reference, **other: Any) -> Agenda:
    return Agenda(Reference("List", "l1"), "1", "n1", "Agenda", tuple(AgendaItem(each) for each in patients), **other)


@pytest.mark.parametrize(
    ("change", "patients"),
    [
        (Add(FOUR), (ONE, TWO, THREE, FOUR)),
        (Add(ONE), (ONE, TWO, THREE)),
        (Remove(TWO), (ONE, THREE)),
        (Remove(FOUR), (ONE, TWO, THREE)),
        (Move(THREE, ONE), (THREE, ONE, TWO)),
        (Move(ONE), (TWO, THREE, ONE)),
        (Move(ONE, THREE), (TWO, ONE, THREE)),
        (Move(ONE, ONE), (ONE, TWO, THREE)),
        (Move(FOUR, ONE), (ONE, TWO, THREE)),
        (Move(ONE, FOUR), (ONE, TWO, THREE)),
    ],
)
def test_adding_removing_and_moving(change: AgendaChange, patients: tuple[Reference, ...]) -> None:
    assert apply_changes(agenda(ONE, TWO, THREE), [change]).patients == patients


def test_minutes_preparer_and_outcome_of_one_patient() -> None:
    made = apply_changes(agenda(ONE, TWO), [Give(ONE, 12), Ask(TWO, NURSE), Conclude(ONE, DISCUSSED)])
    assert made.items == (AgendaItem(ONE, 12, NOBODY, DISCUSSED), AgendaItem(TWO, MINUTES, NURSE))
    assert made.minutes == 12 + MINUTES
    assert planned_starts(made) == {ONE: 0, TWO: 12}
    assert made.open_items() == (AgendaItem(TWO, MINUTES, NURSE),)
    assert apply_changes(made, [Ask(TWO, NOBODY), Conclude(ONE, "")]).items == (AgendaItem(ONE, 12), AgendaItem(TWO))


@pytest.mark.parametrize("minutes", [0, -1, MOST_MINUTES + 1])
def test_minutes_are_bounded(minutes: int) -> None:
    with pytest.raises(UserFacingError, match="agenda-minutes-impossible"):
        with_minutes(agenda(ONE), ONE, minutes)
    assert with_minutes(agenda(ONE), ONE, MOST_MINUTES).minutes == MOST_MINUTES


def test_who_is_not_on_it_is_not_changed() -> None:
    for change in (Give(FOUR, 5), Ask(FOUR, NURSE), Conclude(FOUR, POSTPONED)):
        with pytest.raises(UserFacingError, match="agenda-item-missing"):
            apply_changes(agenda(ONE), [change])


def test_who_was_discussed_stays() -> None:
    done = apply_changes(agenda(ONE), [Conclude(ONE, DISCUSSED)])
    with pytest.raises(UserFacingError, match="agenda-item-discussed"):
        without_item(done, ONE)


def test_it_is_bounded() -> None:
    full = agenda(*(Reference("Patient", f"q{n}") for n in range(MOST_ITEMS)))
    with pytest.raises(UserFacingError, match="agenda-full"):
        with_item(full, AgendaItem(ONE))


def test_an_outcome_is_one_of_three() -> None:
    with pytest.raises(ValueError, match="outcome"):
        AgendaItem(ONE, outcome="perhaps")


PATIENTS = st.sampled_from([ONE, TWO, THREE, FOUR])
CHANGES = st.one_of(
    st.builds(Add, PATIENTS),
    st.builds(Remove, PATIENTS),
    st.builds(Move, PATIENTS, st.one_of(st.none(), PATIENTS)),
)


@given(st.lists(CHANGES, max_size=12))
def test_whatever_the_changes_each_patient_stands_once_and_nobody_comes_or_goes_unasked(
    changes: list[AgendaChange],
) -> None:
    made = apply_changes(agenda(ONE, TWO), changes)
    assert len(set(made.patients)) == len(made.patients)
    expected = {ONE, TWO}
    for change in changes:
        if isinstance(change, Add):
            expected.add(change.patient)
        elif isinstance(change, Remove):
            expected.discard(change.patient)
    assert set(made.patients) == expected


@given(st.permutations([Give(ONE, 12), Ask(TWO, NURSE), Conclude(THREE, POSTPONED), Add(FOUR)]))
def test_changes_of_different_people_give_the_same_whatever_the_order(changes: list[AgendaChange]) -> None:
    first = apply_changes(
        agenda(ONE, TWO, THREE), [Give(ONE, 12), Ask(TWO, NURSE), Conclude(THREE, POSTPONED), Add(FOUR)]
    )
    assert apply_changes(agenda(ONE, TWO, THREE), changes) == first
