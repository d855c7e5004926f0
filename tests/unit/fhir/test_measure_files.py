"""Files of measures: the project's can be used, and one that cannot gets a sentence with file and line."""

from pathlib import Path

import pytest

from dashboard.domain.evaluation.measure import Statistic
from dashboard.errors import OperatorError
from dashboard.fhir.measure_files import load_measures

GOOD = """key: hba1c
title: HbA1c
numerator: what
denominator: whom
statistic: value
of: HBA1C
unit: mmol/mol
before: {first: -183, last: 0}
after:
  - {name: 6 months, first: 121, last: 243, nearest: 182}
source: somewhere
edition: 1
"""


def sentence(folder: Path, text: str) -> str:
    (folder / "bad.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(OperatorError) as caught:
        load_measures(folder)
    return caught.value.sentence


def test_the_measures_of_the_project() -> None:
    found = load_measures()
    assert [each.key for each in found] == [
        "hba1c", "systolic-pressure", "diastolic-pressure", "egfr-slope", "phq-9", "admissions", "medicines",
        "polypharmacy", "goals-achieved", "time-to-done",
    ]  # fmt: skip
    for each in found:
        assert each.draft and each.source and each.edition and each.numerator and each.denominator
    assert {each.statistic for each in found} == set(Statistic)


def test_a_good_file(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    [found] = load_measures(tmp_path)
    assert (found.key, found.after[0].nearest, found.draft) == ("hba1c", 182, True)


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ("title: HbA1c\n", "", "bad.yaml, line 1: title is missing."),
        ("statistic: value", "statistic: median", "bad.yaml, line 5: statistic is one of value, slope"),
        ("of: HBA1C", "of: SUGAR", "bad.yaml, line 6: of is one of HBA1C"),
        ("of: HBA1C\n", "", "bad.yaml, line 1: of is missing, which a value needs."),
        ("unit: mmol/mol", "unit: mmol/mol\ncolour: red", "bad.yaml, line 8: colour is no part of a measure."),
        ("unit: mmol/mol", "unit: mmol/mol\nunit: 1", "bad.yaml, line 8: unit is there twice."),
        ("unit: mmol/mol", "unit:", "bad.yaml, line 7: unit needs words."),
        ("last: 0}", "last: 9}", "bad.yaml, line 8: the period before enrolment ends on day 0 or earlier."),
        ("first: -183, last: 0", "first: 3, last: 0", "line 8: the last day of a period is before its first."),
        ("first: 121", "first: -1", "bad.yaml, line 10: a period after enrolment begins on day 0 or later."),
        ("first: 121", "first: soon", "bad.yaml, line 10: first is a whole number."),
        ("nearest: 182", "nearest: 999", "bad.yaml, line 10: nearest is a day of the period."),
        ("before: {first: -183, last: 0}", "before: always", "line 8: a period is written as `key: value`."),
        ("edition: 1", "edition: 1\ndraft: perhaps", "bad.yaml, line 13: draft is true or false."),
        ("edition: 1", "edition: 1\nclasses: IMP", "bad.yaml, line 13: classes is a list of codes."),
        ("title: HbA1c", "title: [", "bad.yaml, line"),
        (GOOD, "- 1\n", "bad.yaml, line 1: a measure is written as `key: value`."),
        (GOOD, "", "bad.yaml, line 1: a measure is written as `key: value`."),
    ],
)
def test_a_bad_file_gets_a_sentence(tmp_path: Path, was: str, now: str, says: str) -> None:
    assert says in sentence(tmp_path, GOOD.replace(was, now, 1))


def test_periods_after_enrolment_are_a_list(tmp_path: Path) -> None:
    text = GOOD.replace("after:\n  - {name: 6 months, first: 121, last: 243, nearest: 182}\n", "after: later\n")
    assert sentence(tmp_path, text) == "bad.yaml, line 9: after is a list of periods."


def test_what_is_no_file_of_measures(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="No measure is in"):
        load_measures(tmp_path)
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    other = tmp_path / "more"
    other.mkdir()
    with pytest.raises(OperatorError, match=r"b\.yaml, line 1: another file has the key hba1c too"):
        load_measures(tmp_path)
    (other / "bad.yaml").write_bytes(b"key: \xff\n")
    with pytest.raises(OperatorError, match="no text in UTF-8"):
        load_measures(other)
