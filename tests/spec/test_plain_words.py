"""The words of My record and of the own care plan: whole, from a source, and at the reading level of a leaflet.

Reading level: the automated readability index, 4.71 * letters a word + 0.5 * words a sentence - 21.43, about the school
year in the United States (Smith and Senter, AMRL-TR-66-220, 1967). The limits are our own: at most 6 for all sentences
together, a reader of eleven, and 9 for one sentence by itself.
"""

import ast
import re

import pytest

from dashboard.domain.record.condition import PROGRAMME
from dashboard.domain.record.observation import Measure
from dashboard.ui.my_record.plain_words import FOLDER, plain_word, plain_words
from tests.unit.house.source import ROOT

MOST_OF_ALL, MOST_OF_ONE = 6.0, 9.0
CODES = sorted(
    {*(str(each) for each in Measure), *(str(each) for each in PROGRAMME), "ILL", "EMERGENCY-GB", "EMERGENCY-EU"}
)


def reading_level(sentences: list[str]) -> float:
    words = [word for sentence in sentences for word in re.findall(r"[\w’'{}-]+", sentence)]
    letters = sum(len(re.sub(r"\W", "", word)) for word in words)
    return 4.71 * letters / len(words) + 0.5 * len(words) / len(sentences) - 21.43


def sentences_of_the_page() -> list[str]:
    """Every sentence that the page says, or the person's care plan on paper; a value in its place is a short word."""
    found: list[str] = []
    ui = ROOT / "dashboard" / "ui"
    for file in (*sorted((ui / "my_record").glob("*.py")), ui / "paper" / "own_plan_document.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("t", "tn"):
                given = [each.value for each in node.args if isinstance(each, ast.Constant)]
                found += [each for each in given if isinstance(each, str)]
    texts = found + [word.meaning for word in plain_words("en").values()]
    split = [part.strip() for text in texts for part in re.split(r"(?<=[.?!])\s", text)]
    return [re.sub(r"\{\w+\}", "it", each) for each in split if len(each.split()) > 3]


def test_the_whole_page_reads_like_a_leaflet() -> None:
    sentences = sentences_of_the_page()
    assert len(sentences) > 40
    assert reading_level(sentences) <= MOST_OF_ALL


@pytest.mark.parametrize("sentence", sentences_of_the_page())
def test_no_sentence_is_hard(sentence: str) -> None:
    assert reading_level([sentence]) <= MOST_OF_ONE


def test_the_measure_tells_hard_from_easy() -> None:
    hard = "Deteriorating glycaemic control necessitates intensification of antihyperglycaemic pharmacotherapy."
    assert reading_level([hard]) > MOST_OF_ONE
    assert reading_level(["The cat sat on the mat."]) < MOST_OF_ALL


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_name_a_sentence_and_a_source(code: str) -> None:
    word = plain_word(code)
    assert word is not None
    assert word.name and word.meaning.endswith(".")
    assert "not reviewed by a clinician" in word.source or re.search(r"\d{4}", word.source), "an edition, or a draft"


def test_the_glossary_has_nothing_else_and_no_medicine() -> None:
    for file in FOLDER.glob("plain-words-*.json"):
        assert sorted(plain_words(file.stem.removeprefix("plain-words-"))) == CODES


def test_a_language_without_words_shows_english() -> None:
    assert plain_words("eu") == {}
