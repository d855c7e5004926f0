"""A patient without a name: what a screen shows while somebody is in the room who must not know whom it is about."""

from collections.abc import Mapping

from dashboard.domain.record.people import Person
from dashboard.ui.record.people import show_identifier, show_initials
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html, with_words_replaced
from dashboard.ui.shared.wording import t

SHORTEST_WORD = 2
"""Letters of a part of a name: a single one is everywhere, and tells nobody."""


def masked(html: Html, person: Person) -> Html:
    """The HTML with initials for every part of the name, and without numbers, birth date and telephone."""
    return with_words_replaced(html, hidden_words(person))


def hidden_words(person: Person) -> Mapping[str, str]:
    """What tells who the person is, with what stands there instead."""
    name, initials = person.name, show_initials(person.name)
    parts = " ".join((name.family, name.given, name.text)).replace(",", " ").split()
    whole = (f"{name.given} {name.family}", f"{name.family}, {name.given}", name.text, name.family, name.given)
    words = {word.strip(): initials for word in (*whole, *parts) if len(word.strip()) >= SHORTEST_WORD}
    numbers = [value for each in person.identifiers for value in (each.value, show_identifier(each)[1])]
    dates = [show_date(person.birth), person.birth.text] if person.birth is not None else []
    return {**words, **{each: t("hidden") for each in (*numbers, *dates, *person.phones) if each}}
