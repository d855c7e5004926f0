"""Records of the same person: which are in use, and to which a replaced one leads."""

import pytest

from dashboard.domain.record.people import HumanName, PatientLink, Person, survivors_in
from dashboard.domain.values.datatypes import NamedReference, Reference


def person(ident: str, *replaced_by: str, active: bool = True, kind: str = "replaced-by") -> Person:
    links = tuple(PatientLink(kind, NamedReference(Reference("Patient", each))) for each in replaced_by)
    return Person(ident, HumanName("X"), active=active, links=links)


@pytest.mark.parametrize(
    ("people", "asked", "found"),
    [
        ((person("a"),), "a", ["a"]),
        ((person("a", active=False),), "a", []),
        ((person("a", "b"), person("b")), "a", ["b"]),
        ((person("a", "b", active=False), person("b")), "a", ["b"]),
        ((person("a", "b"), person("b", "c"), person("c")), "a", ["c"]),
        ((person("a", "b"), person("b", "a")), "a", []),
        ((person("a", "a"),), "a", []),
        ((person("a", "b"), person("b", active=False)), "a", []),
        ((person("a", "b"),), "a", []),
        ((person("a", "b", "c"), person("b"), person("c")), "a", ["b", "c"]),
        ((person("a", "b", kind="seealso"), person("b")), "a", ["a"]),
        ((person("a", "b", kind="replaces"), person("b", "a")), "b", ["a"]),
        ((), "a", []),
    ],
)
def test_a_record_leads_to_the_ones_in_use_that_replace_it(
    people: tuple[Person, ...], asked: str, found: list[str]
) -> None:
    assert survivors_in({each.id: each for each in people}, asked) == found


def test_a_replaced_record_whose_survivor_is_elsewhere_or_no_patient_is_not_in_use_all_the_same() -> None:
    for to in (None, Reference("RelatedPerson", "r1")):
        replaced = Person("a", HumanName(), links=(PatientLink("replaced-by", NamedReference(to)),))
        assert replaced.replaced and not replaced.in_use and replaced.survivors == ()
