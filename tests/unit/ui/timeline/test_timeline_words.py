"""The timeline's words, and texts that are made fit for a figure: complete, short, harmless, measured."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.events import (
    Certainty,
    DateWarning,
    EventKind,
    EventState,
    LaneMembership,
    LaneReason,
)
from dashboard.domain.timeline.reading.blocks import Block
from dashboard.domain.timeline.scene import NOT_SHOWN, OTHER_CONDITIONS, Bar, KindGroup, Lane
from dashboard.ui.record.people import show_names
from dashboard.ui.timeline import words as words
from dashboard.ui.timeline.figure.hover import event_hover
from dashboard.ui.timeline.figure.reading_labels import ReadingFigureLabels
from dashboard.ui.timeline.figure.text import width_of, wrap
from dashboard.ui.timeline.labels import medicine_words, short_dose
from dashboard.ui.timeline.table_html import event_rows, lanes_in_words
from tests.pages import timeline_samples as samples


def test_a_wider_match_is_shown_on_hover() -> None:
    event = replace(
        samples.problems()[0],
        memberships=(LaneMembership(ConditionKey.CKD, LaneReason.CODE, "wider"),),
        date_warnings=(DateWarning.REVERSED,),
    )
    hover = event_hover(event, UTC)
    assert "CKD: matched by a wider concept" in hover and "an end before the beginning" in hover
    assert "44054006 (SNOMED CT)" in hover


@pytest.mark.parametrize(
    ("text", "dose", "shown"),
    [
        ("Metformin 500 mg tablets", "1 tablet twice daily with food", "Metformin 500 mg ×2"),
        ("Metformin 500 mg tablets", "2 tablets twice daily", "Metformin 500 mg 2 tablets ×2"),
        ("Ramipril 10 mg capsules", "1 capsule once daily", "Ramipril 10 mg"),
        ("Furosemide 20 mg tablets", "1 tablet each morning", "Furosemide 20 mg"),
        ("Metformin", "1 g twice a day", "Metformin 1 g ×2"),
        ("Warfarin 1 mg tablets", "as the yellow book says", "Warfarin 1 mg as the yellow book says"),
        ("Morphine 10 mg tablets", "half a tablet when needed", "Morphine 10 mg half a tablet when needed"),
        ("Insulin", "", "Insulin"),
        ("Co-codamol 8/500", "2 tablets every 6 hours", "Co-codamol 8/500 2 tablets every 6 hours"),
    ],
)
def test_a_dose_is_shortened_only_where_every_word_is_understood(text: str, dose: str, shown: str) -> None:
    assert medicine_words(text, dose) == shown
    assert short_dose(dose) in (dose, "", "×2", "2 tablets ×2", "1 g ×2")


def test_words_are_complete() -> None:
    for table, keys in (
        (words.LANES, ConditionKey), (words.KINDS, EventKind), (words.MANY, EventKind), (words.GROUPS, KindGroup),
        (words.STATES, EventState), (words.CERTAINTIES, Certainty), (words.LANE_REASONS, LaneReason),
        (words.RULES, Exclusion), (words.DATE_WARNINGS, DateWarning),
    ):  # fmt: skip
        assert set(table) == set(keys)  # type: ignore[call-overload]
    for key in ("before", "after", "undated", NOT_SHOWN, OTHER_CONDITIONS, *(group.value for group in KindGroup)):
        assert words.LEFT[key]


def test_texts_are_measured_and_wrapped() -> None:
    # The advance widths that the font's own table gives, in thousandths of its size.
    assert width_of("0123456789", 10) == pytest.approx(60)
    assert width_of("mW", 1000) == pytest.approx(873 + 891)
    assert width_of("mmmm", 12, heavy=True) > width_of("mmmm", 12) > width_of("iiii", 12) > 0
    # Of what the font lacks nobody knows the width: a square.
    assert width_of("\u4e2d\u25b2", 12) == pytest.approx(24)
    assert wrap("a" * 150, 70) == ["a" * 70, "a" * 70, "a" * 10] and wrap("one two", 4) == ["one", "two"]


def test_what_a_medicine_is_only_usually_for_is_marked_wherever_its_conditions_are_shown() -> None:
    """The record says heart failure; its class treats kidney disease too."""
    drug_class, reason = LaneReason.DRUG_CLASS, LaneReason.REASON
    medicine = replace(
        samples.problems()[0],
        kind=EventKind.MEDICINE,
        memberships=(
            LaneMembership(ConditionKey.HF, reason),
            LaneMembership(ConditionKey.CKD, drug_class),
            LaneMembership(ConditionKey.T2DM, drug_class),
            LaneMembership(ConditionKey.T2DM, reason),
        ),
    )
    assert medicine.usual_lanes == {ConditionKey.CKD}
    assert words.lanes_short(medicine, medicine.lanes) == "T2DM, HF, usually CKD"
    [row] = event_rows([medicine], UTC)
    assert row.lanes == "T2DM, HF, usually CKD"
    assert lanes_in_words(medicine) == "Type 2 diabetes, Heart failure, usually Kidney disease"
    assert "also in HF, usually CKD" in event_hover(medicine, UTC, (ConditionKey.HF, ConditionKey.CKD))
    start, end = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 2, 5, tzinfo=UTC)
    shared = (ConditionKey.HF,)
    bar = Bar(ConditionKey.CKD, 0, EventKind.MEDICINE, start, end, "Ramipril", medicine, (medicine,), shared=shared)
    labels = ReadingFigureLabels(UTC, end)
    assert labels.also(bar, Block(Lane(ConditionKey.CKD, 1))) == "+HF (usually)"


def test_a_change_of_the_plan_is_in_words_and_not_in_a_code() -> None:
    changed = replace(samples.problems()[0], kind=EventKind.PLAN, text="Shared care plan", detail="UPDATE")
    assert words.event_words(changed) == "Shared care plan changed"
    assert words.event_words(replace(changed, detail="something else")) == "Shared care plan something else"


@pytest.mark.parametrize(
    ("most", "shown"),
    [
        (100, "Dr Rachel Newton, Dr Samir Newton, Mark Bryant"),
        (35, "Dr Rachel Newton, Dr Samir Newton and 1 more"),
        (20, "Dr Rachel Newton and 2 more"),
    ],
)
def test_a_name_of_several_is_whole_or_counted(most: int, shown: str) -> None:
    assert show_names("Dr Rachel Newton, Dr Samir Newton, Mark Bryant", most) == shown
