"""Whatever the layers below can name has English words, and every sentence can be filled in."""

import re

import pytest

from dashboard.domain.attention.checks import CHECK_KEYS
from dashboard.domain.attention.points import DETAIL_KEYS, SCORE_DETAILS
from dashboard.domain.attention.reason import ReasonKind
from dashboard.domain.record.allergy import AllergyState
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Direction, Measure
from dashboard.domain.values.drug_classes import DrugClass
from dashboard.domain.values.units import CANONICAL_UNIT
from dashboard.fhir.search.notices import NoticeKind
from dashboard.ui.patient.banner_html import ALLERGY_LABELS
from dashboard.ui.recommendations.risk_words import SHORT
from dashboard.ui.record import drug_classes, names, people, reasons, results
from dashboard.ui.shared import notice_words as attention_words
from dashboard.ui.shared.wording import LOCALES, get_language, set_language, t, tn

HERE = LOCALES.parents[1]


def test_every_kind_of_reason_has_a_name_and_a_mark() -> None:
    assert set(reasons.KINDS) == set(ReasonKind) == set(reasons.TONES)


def test_every_detail_of_a_reason_has_words() -> None:
    missing = set(DETAIL_KEYS) - set(attention_words.DETAILS) - {f"{key}-overdue" for key in CHECK_KEYS}
    assert missing == set(SCORE_DETAILS.values()) and set(SHORT) == set(SCORE_DETAILS)


def test_every_check_has_a_name() -> None:
    assert set(attention_words.CHECKS) == set(CHECK_KEYS)


def test_every_notice_has_a_sentence() -> None:
    raised = {kind.value for kind in NoticeKind}
    for source in (HERE / "dashboard").rglob("*.py"):
        raised |= set(re.findall(r'Notice\("([a-z-]+)"', source.read_text(encoding="utf-8")))
    assert not raised - set(attention_words.NOTICES)


def test_every_unreadable_record_has_a_reason() -> None:
    raised = {"malformed"}
    for source in (HERE / "dashboard" / "fhir" / "mapping").rglob("*.py"):
        raised |= set(re.findall(r'CannotRead\("([a-z-]+)"|Unreadable\([^)]*"([a-z-]+)"', source.read_text("utf-8")))
    flat = {word for each in raised for word in ((each,) if isinstance(each, str) else each) if word}
    assert not flat - set(attention_words.UNREADABLE)


def test_every_key_of_the_domain_has_a_name() -> None:
    assert set(names.CONDITIONS) == set(names.SHORT_CONDITIONS) == set(ConditionKey)
    assert set(names.MEASURES) == set(Measure)
    assert set(drug_classes.CLASSES) == set(DrugClass)
    assert set(ALLERGY_LABELS) == set(AllergyState)
    assert set(results.ARROWS) == set(Direction)
    assert {"male", "female", "other", "unknown", ""} <= set(people.GENDERS)


@pytest.mark.parametrize("unit", sorted(set(CANONICAL_UNIT.values())))
def test_no_unit_on_screen_has_ucum_brackets(unit: str) -> None:
    assert not set("[]{}*") & set(names.show_unit(unit))


def test_fhir_codes_have_words() -> None:
    # Value sets of FHIR R4: request-status, task-status, goal-status, goal-achievement, request-priority.
    assert set(names.PLAN_STATUSES) == {
        "draft",
        "active",
        "on-hold",
        "revoked",
        "completed",
        "entered-in-error",
        "unknown",
    }
    assert len(names.TASK_STATUSES) == 12
    assert len(names.GOAL_STATUSES) == 9
    assert len(names.ACHIEVEMENTS) == 9
    assert set(names.PRIORITIES) == {"routine", "urgent", "asap", "stat"}


def test_a_code_without_words_is_shown_as_it_is() -> None:
    assert names.word(names.TASK_STATUSES, "brand-new") == "brand-new"


def test_a_language_without_a_catalogue_is_english() -> None:
    set_language("xx")
    assert get_language() == "en"
    assert t("{n} mine", n=2) == "2 mine"
    assert (tn("{n} task", "{n} tasks", 1), tn("{n} task", "{n} tasks", 2)) == ("1 task", "2 tasks")
