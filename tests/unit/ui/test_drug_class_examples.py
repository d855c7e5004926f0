"""The substances that stand for a class of medicines are of that class in ATC."""

import pytest

from dashboard.domain.values.drug_classes import DrugClass, drug_class
from dashboard.ui.record.drug_classes import EXAMPLES, class_examples
from tests.hierarchy import atc


@pytest.mark.parametrize("key", EXAMPLES)
def test_each_example_is_a_substance_of_its_class(key: DrugClass) -> None:
    of_class = {name.lower() for code, name in atc().items() if len(code) == 7 and drug_class(code) is key}
    assert set(EXAMPLES[key].split(", ")) <= of_class


def test_a_substance_itself_needs_no_example() -> None:
    assert class_examples(["A10BH03", "A10BH04"]) == ""
    assert (
        class_examples(["C03C", "C03A"])
        == "furosemide, bumetanide, torasemide, bendroflumethiazide, indapamide, hydrochlorothiazide"
    )
    assert class_examples(["L04AD"]) == ""
