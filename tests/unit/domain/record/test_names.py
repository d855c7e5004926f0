"""Names as people type them, and people who are easily taken for each other."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.record import names
from dashboard.domain.record.names import MOST_LETTERS, Fit, fit_of, plain, similar_people, within_one
from dashboard.domain.record.people import HumanName, Person
from dashboard.domain.values.datatypes import PartialDate
from tests.laws import examples


def person(family: str, given: str = "Mary", birth: str | None = "1948-02-03", ident: str = "") -> Person:
    name = HumanName(family, given)
    return Person(ident or f"{family}-{given}-{birth}", name, PartialDate(birth) if birth else None)


@pytest.mark.parametrize(
    ("family", "typed"),
    [
        ("O'Brien", "O'Brien"),
        ("O'Brien", "o’brien"),
        ("O’Brien", "O'Brien"),
        ("O'Brien", "obrien"),
        ("O'Brien", "o brien"),
        ("O'Brien", "brien"),
        ("O`Brien", "obri"),
        ("D’Angelo", "d angelo mary"),
        ("van der Berg", "vanderberg"),
        ("Vanderberg", "van der berg"),
        ("van der Berg", "berg"),
        ("McDonald", "mc donald"),
        ("Mac Donald", "macdonald"),
        ("Åberg", "aberg"),
        ("Søndergård", "sondergard"),
        ("Sondergard", "Søndergård"),
        ("Ibáñez-Goñi", "ibanez goni"),
        ("Ibáñez-Goñi", "ibanezgoni"),
        ("Łukasz", "lukasz"),
        ("Groß", "gross"),
        ("Aldous", "mary  aldous"),
        ("Aldous", "maryaldous"),
        ("Aldous", "aldousmary"),
        ("Aldous", " ALD  mar "),
    ],
)
def test_accents_apostrophes_and_spaces_make_no_difference(family: str, typed: str) -> None:
    assert fit_of(person(family), typed) is Fit.EXACT


@pytest.mark.parametrize("typed", ["aldus", "aldouss", "aldoes", "alduos", "aldos mary", "mray aldous", "aldous nary"])
def test_one_wrong_letter_still_fits_and_says_so(typed: str) -> None:
    assert fit_of(person("Aldous"), typed) is Fit.ONE_LETTER


@pytest.mark.parametrize(
    "typed", ["", "  ", "'", "zhou", "dous", "aldxxs", "mary zhou", "ax", "%_*", "aldous mary ann"]
)
def test_what_differs_by_more_does_not_fit(typed: str) -> None:
    assert fit_of(person("Aldous"), typed) is Fit.NONE


@given(st.text("abcdeéø' -", min_size=1, max_size=12))
@settings(max_examples=examples(300), deadline=None)
def test_every_name_fits_itself(family: str) -> None:
    assert fit_of(person(family, ""), family) is (Fit.EXACT if plain(family) else Fit.NONE)


WORDS = st.text("abc", max_size=5)


def slow_within_one(one: str, other: str) -> bool:
    """All words that are one letter away, written out."""
    if one == other:
        return True
    if min(len(one), len(other)) < 3:
        return False
    less = {one[:i] + one[i + 1 :] for i in range(len(one))}
    more = {other[:i] + other[i + 1 :] for i in range(len(other))}
    another = {one[:i] + letter + one[i + 1 :] for i in range(len(one)) for letter in "abc"}
    exchanged = {one[:i] + one[i + 1] + one[i] + one[i + 2 :] for i in range(len(one) - 1)}
    return other in less | another | exchanged or one in more


@given(WORDS, WORDS)
@settings(max_examples=examples(1000), deadline=None)
def test_one_letter_is_one_change(one: str, other: str) -> None:
    assert within_one(one, other) is within_one(other, one) is slow_within_one(one, other)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (person("Aldous"), person("Aldous", ident="b"), True),
        (person("Aldous"), person("Aldons"), True),
        (person("Aldous"), person("Aldous", "Marie"), False),
        (person("Aldous", "Marie"), person("Aldous", "Maria"), True),
        (person("Aldous"), person("Aldous", "M"), True),
        (person("O'Brien"), person("OBrien"), True),
        (person("Aldous"), person("Aldous", birth="1948-03-02"), True),
        (person("Aldous"), person("Aldous", birth="1949-02-03"), True),
        (person("Aldous"), person("Aldous", birth="1948-02-13"), True),
        (person("Aldous"), person("Aldous", birth="1957-02-03"), False),
        (person("Aldous"), person("Aldous", birth="1948"), False),
        (person("Aldous", birth=None), person("Aldous", birth=None, ident="b"), False),
        (person("Aldous"), person("Whitfield"), False),
        (person("Aldous"), person("Aldous", "Dennis"), False),
        (person("Aldous"), replace(person("Aldous", ident="b"), active=False), False),
    ],
)
def test_similar_names_and_birth_dates_are_told(one: Person, other: Person, alike: bool) -> None:
    found = similar_people([one, other, person("Zhou", "Wei", "1980-01-01")])
    assert found == (frozenset({one.id, other.id}) if alike else frozenset())


def test_nobody_is_like_oneself() -> None:
    assert similar_people([person("Aldous"), person("Aldous")]) == frozenset()


def test_a_name_without_end_is_compared_by_its_beginning() -> None:
    endless = "N" * 2**20
    assert plain(endless) == "n" * MOST_LETTERS
    assert fit_of(person(endless), "nnnn mary") is Fit.EXACT
    assert similar_people([person(endless), person(endless[:-1], ident="b")]) == {person(endless).id, "b"}


def test_a_name_is_read_once_however_many_people_it_is_compared_with(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(text: str) -> str:
        read.append(text)
        return plain(text)

    monkeypatch.setattr(names, "plain", counted)
    people = [person(f"{letter * 4}", f"{letter * 3}", ident=letter) for letter in "abcdefghijklmnopqrstuvwxyz"]
    assert similar_people(people) == frozenset()
    assert sorted(read) == sorted(text for each in people for text in (each.name.family, each.name.given))
