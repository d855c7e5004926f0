"""The list for a narrow screen: every entry under each of its conditions, every measurement once, by month."""

from dataclasses import replace

import pytest

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.curves import curves_that_matter
from dashboard.domain.timeline.events import EventKind
from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.timeline.narrow_entries import entries_by_condition, month_name, months
from tests.pages import timeline_samples as told
from tests.unit.ui.timeline.test_room import story

T2DM, HF, CKD, DEPRESSION, OTHER = tuple(ConditionKey)
KEYS = (T2DM, HF, CKD, DEPRESSION, OTHER)


def test_every_entry_is_under_each_of_its_conditions_and_none_is_lost() -> None:
    made = story()
    found = entries_by_condition(made.events, KEYS, curves_that_matter(made.results, made.urgent))
    listed = {each.key: [event for month in each.months for event in month.events] for each in found}
    for event in made.events:
        assert {key for key, events in listed.items() if event in events} == set(event.lanes), event
    assert [each.count for each in found] == [len(listed[each.key]) for each in found]


def test_a_measurement_stands_once_under_what_it_tells_most_of() -> None:
    made = story()
    curves = curves_that_matter(made.results, made.urgent)
    found = entries_by_condition((), KEYS, curves)
    homes = {each.curve.measures: (entries.key, each.also) for entries in found for each in entries.measured}
    assert len(homes) == sum(len(entries.measured) for entries in found) == len((*curves.shown, *curves.others))
    assert homes[Measure.SYSTOLIC, Measure.DIASTOLIC] == (T2DM, (HF, CKD))
    assert homes[(Measure.POTASSIUM,)] == (CKD, ()) and homes[(Measure.PHQ9,)] == (DEPRESSION, ())


def test_what_belongs_to_no_condition_of_the_patient_is_under_everything_else() -> None:
    made = story()
    found = entries_by_condition(made.events, (DEPRESSION,), curves_that_matter(made.results, made.urgent))
    assert [each.key for each in found] == [DEPRESSION, OTHER]
    assert sum(each.count for each in found) >= len(made.events)
    assert (Measure.POTASSIUM,) in [each.curve.measures for each in found[-1].measured]


def test_without_anything_there_is_no_heading() -> None:
    assert entries_by_condition((), KEYS, curves_that_matter({}, frozenset())) == ()


@pytest.mark.parametrize(
    ("when", "name"),
    [("2026-11-22T09:15:00+00:00", "Nov-2026"), ("2026-11", "Nov-2026"), ("2009", "2009"), ("", "Date not recorded")],
)
def test_the_name_of_a_month(when: str, name: str) -> None:
    assert month_name(PartialDate(when) if when else None) == name


def test_entries_are_grouped_by_month_in_their_order_and_those_without_a_date_come_last() -> None:
    dates = ("2026-11-22", "2026-11-01", "", "2026-10-30", "2009")
    events = [told.event(EventKind.CONTACT, number, "visit", when) for number, when in enumerate(dates)]
    found = months(events)
    assert [(month.name, len(month.events)) for month in found] == [
        ("Nov-2026", 2), ("Oct-2026", 1), ("2009", 1), ("Date not recorded", 1),
    ]  # fmt: skip
    ended = replace(events[0], start=None, end=PartialDate("2020-05-01"))
    assert [month.name for month in months([ended])] == ["May-2020"]
