"""Records of the same person: which are in use, and to which a replaced one leads."""

import pytest

from dashboard.domain.record.people import HumanName, PatientLink, Person, merged_into, survivors_in, with_survivors
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


def replacing(ident: str, *replaced: str) -> Person:
    return person(ident, *replaced, kind="replaces")


@pytest.mark.parametrize(
    ("people", "others", "found"),
    [
        ((person("a"), replacing("b", "a")), (), {"a": ("b",)}),
        ((person("a"),), (replacing("b", "a"),), {"a": ("b",)}),
        ((person("a"), replacing("b", "a"), replacing("c", "a")), (), {"a": ("b", "c")}),
        ((person("a"), replacing("b", "a"), replacing("c", "b")), (), {"a": ("b",), "b": ("c",)}),
        ((replacing("a", "b"), replacing("b", "a")), (), {}),  # they contradict each other
        ((replacing("a", "a"),), (), {}),
        ((person("a"), person("b", "a", kind="seealso")), (), {}),
        ((person("a", "b"), replacing("b", "a")), (), {}),  # the old one says so itself
        ((person("a", "c"), replacing("b", "a")), (), {"a": ("c", "b")}),
        ((person("a"),), (replacing("b", "elsewhere"),), {}),
        ((), (replacing("b", "a"),), {}),
    ],
)
def test_a_record_that_another_one_replaces_is_replaced(
    people: tuple[Person, ...], others: tuple[Person, ...], found: dict[str, tuple[str, ...]]
) -> None:
    known = {each.id: each for each in people}
    changed = with_survivors(known, others)
    assert {ident: each.survivors for ident, each in changed.items()} == found
    assert not any(each.in_use for each in changed.values())
    assert with_survivors({**known, **changed}, others) == {}, "the second time there is nothing to change"


def test_a_merge_that_is_taken_back_is_forgotten() -> None:
    known = {each.id: each for each in (person("a"), replacing("b", "a"))}
    known |= with_survivors(known)
    known["b"] = person("b")
    assert with_survivors(known) == {"a": person("a")}


@pytest.mark.parametrize(
    ("people", "found"),
    [
        ((person("a"), person("b")), {}),
        ((person("a", "b"),), {"a": "b"}),
        ((person("b", "a", kind="replaces"),), {"a": "b"}),
        ((person("a", "b"), person("c", "b", kind="replaces")), {"a": "c", "b": "c"}),
        ((person("a", "b"), person("b", "a")), {}),
        ((person("a", "a"),), {}),
        ((person("a", "b", kind="seealso"),), {}),
    ],
)
def test_which_records_were_merged_into_which(people: tuple[Person, ...], found: dict[str, str]) -> None:
    assert merged_into(people) == found


def test_merges_in_a_circle_have_an_end() -> None:
    assert set(merged_into([person("a", "b"), person("b", "c"), person("c", "a")])) == {"a", "b", "c"}
