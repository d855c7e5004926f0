"""What is wrong in the file of weights is named, and none of it is used."""

from pathlib import Path

import pytest

from dashboard.fhir.score_weight_files import FILE, read_score_weights


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("score: charlson", "score: charlston", "entry 5"),
        ("score: charlson", "score: phq9", "one entry for each score"),
        ("points: 2", "points: 20", "entry 3.*0 to 10 points"),
        ("points: 2", "points: two", "entry 3"),
        ("at_least: 5", "at_least: five", "entry 3"),
        ("  at_least: 5\n", "", "from one limit on or below one"),
        ("at_least: 5", "at_least: 5\n  under: 9", "from one limit on or below one"),
        ("  edition: August 2021", "  editions: August 2021", "editions: not a key"),
        ("- score: egfr\n  points: 0", "- egfr", "is no YAML"),
        ("- score: egfr\n", "- egfr\n- score: egfr\n", "entry 1 cannot be used"),
    ],
)
def test_a_weight_that_cannot_be_used_is_named(old: str, new: str, why: str, tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "scores.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=why):
        read_score_weights(file)


def test_a_reviewed_weight_is_no_draft_and_names_edition_and_how_it_was_read(tmp_path: Path) -> None:
    file = tmp_path / "scores.yaml"
    file.write_text(FILE.read_text(encoding="utf-8").replace('reviewer: ""', "reviewer: Dr A"), encoding="utf-8")
    weight = next(each for each in read_score_weights(file) if each.points)
    assert weight.reviewer == "Dr A" and weight.source.endswith("of more than 5 %, August 2021 [M]")
