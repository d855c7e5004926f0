"""The screen of a running conference: what its mask hides, its keys, and the line at its foot."""

import re
from dataclasses import replace
from html import unescape

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.cache.meetings import MeetingState
from dashboard.domain.conference.agenda import Agenda, AgendaItem
from dashboard.domain.conference.minutes import How, Minutes, Present
from dashboard.domain.record.people import HumanName, Identifier, Person
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.ui.conference.live_words import KEYS, key_words, place_words, present_words, presenter_words
from dashboard.ui.conference.mask import masked
from dashboard.ui.shared import elements as h
from tests.laws import examples

MARY = Person(
    "p1",
    HumanName("Aldous", "Mary Jane", "Mrs", ""),
    birth=PartialDate("1948-02-03"),
    identifiers=(Identifier("https://fhir.nhs.uk/Id/nhs-number", "9990012245", "NHS No."),),
    phones=("01926 555 0101",),
)
ONE, TWO = Reference("Patient", "p1"), Reference("Patient", "p2")
AGENDA = Agenda(Reference("List", "a"), "1", "c1", "", (AgendaItem(ONE), AgendaItem(TWO)))


def text_of(html: object) -> str:
    """What is read or heard of it."""
    return unescape(re.sub(r"<[^>]*?((?:aria-label|title|alt)=\"([^\"]*)\")?[^>]*>", r" \2 ", str(html)))


def test_the_mask_hides_name_numbers_birth_date_and_telephone_wherever_they_are_read() -> None:
    html = h.section(class_="mary", aria_label="ALDOUS, Mary Jane", data_act='{"id": "Aldous"}')[
        h.p["Mary Jane ALDOUS, born 03-Feb-1948, NHS No. 999 001 2245 or 9990012245, call 01926 555 0101"],
        h.p["Mary's plan: Mary-Jane agrees; seen 03-Feb-2026 in May"],
    ]
    shown = str(masked(html, MARY))
    assert 'class="mary"' in shown and 'data-act="{&#34;id&#34;: &#34;Aldous&#34;}"' in shown  # what a press says stays
    for secret in ("Aldous", "Jane", "03-Feb-1948", "999 001 2245", "9990012245", "01926"):
        assert secret.casefold() not in text_of(masked(html, MARY)).casefold(), secret
    assert "MJA" in shown and "03-Feb-2026" in shown


NAMES = st.text(st.characters(categories=["Lu", "Ll"]), min_size=2, max_size=12)


@given(NAMES, NAMES, st.text(max_size=40), st.booleans())
@settings(max_examples=examples(200))
def test_no_part_of_a_name_is_left_as_a_word(family: str, given_name: str, around: str, upper: bool) -> None:
    person = replace(MARY, name=HumanName(family, given_name, "", ""))
    said = f"{given_name} {family.upper() if upper else family} "
    html = h.p(title=said)[around, " ", said, around]
    words = {word.casefold() for word in re.findall(r"[\w-]+", text_of(masked(html, person)))}
    initials = f"{given_name[0]}{family[0]}".upper().casefold()
    assert words.isdisjoint({family.casefold(), given_name.casefold()} - {initials})


def test_every_key_is_explained_and_none_is_the_browser_s_or_streamlit_s() -> None:
    assert [key for key, _ in key_words()] == [key for key, _ in KEYS] and all(words for _, words in key_words())
    letters = [key.removeprefix("Alt+") for key, _ in KEYS]
    assert len(set(letters)) == len(letters) and set(letters).isdisjoint("CRDEF")


def test_the_line_says_which_patient_and_who_is_there() -> None:
    assert place_words(AGENDA, TWO) == "Patient 2 of 2" and place_words(AGENDA, None) == "2 patients"
    gp = Present(NamedReference(Reference("Practitioner", "gp"), "Dr Jane Okafor"), How.ROOM)
    written = PartialDate("2026-11-24T13:00:00+00:00")
    minutes = Minutes(ONE, "1", ONE, "c1", "", written, gp.who, present=(gp, replace(gp, how=How.REMOTE)))
    assert present_words(minutes) == "Present 2 (1 remote)" and present_words(None) == "Present 0"
    assert present_words(replace(minutes, present=(gp,))) == "Present 1"


def test_who_leads_is_said_to_each_window() -> None:
    state = MeetingState(presenter="Anna Lind")
    assert presenter_words(state, presents=True, own=False) == "You present"
    assert presenter_words(state, presents=False, own=False) == "Anna Lind presents"
    assert presenter_words(state, presents=False, own=True) == "You look for yourself; Anna Lind presents"
    nobody = MeetingState()
    assert presenter_words(nobody, presents=False, own=False) == "Nobody presents"
    assert presenter_words(nobody, presents=False, own=True) == "You look for yourself"
