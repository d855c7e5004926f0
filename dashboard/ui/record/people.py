"""People as the NHS Common User Interface's patient banner writes them: FAMILY, Given (Title), Born, Gender, number.

Rules PAB-0016, 0019, 0033 to 0036, 0042, 0051 to 0056. Unknown is "Not known", never a question mark.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from dashboard.domain.record.people import HumanName, Identifier, Person
from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.shared.dates import show_date, years_between
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import mark, t

GENDERS = {
    "male": mark("Male"),
    "female": mark("Female"),
    "other": mark("Other"),
    "unknown": mark("Not known"),
    "": mark("Not known"),
}
GENDER_LETTERS = {"male": mark("M"), "female": mark("F"), "other": mark("Other")}


def show_name(name: HumanName, *, title: bool = True) -> str:
    """`ALDOUS, Mary (Mrs)`; the record's own text where it has no parts; "Name not known" where it has neither."""
    family, given, prefix = (clean(part, 200) for part in (name.family, name.given, name.prefix))
    parts = [part for part in (family.upper(), given) if part]
    if not parts:
        return clean(name.text, 200) or t("Name not known")
    shown = ", ".join(parts)
    return f"{shown} ({prefix})" if title and prefix else shown


def show_name_as_spoken(name: HumanName) -> str:
    """`Mary ALDOUS`, for a line in which only one person is named; the record's own text where it has no parts."""
    family, given = clean(name.family, 200), clean(name.given, 200)
    return " ".join(filter(None, (given, family.upper()))) or clean(name.text, 200) or t("Name not known")


def show_initials(name: HumanName) -> str:
    """`MA`: the first letters of given names and family name, for screens that others see."""
    words = clean(f"{name.given} {name.family}").split() or clean(name.text).split()
    return "".join(word[0].upper() for word in words if word[0].isalpha())[:4] or t("Name not shown")


def sort_key(name: HumanName) -> tuple[str, str, str]:
    return (name.family or name.text).casefold(), name.given.casefold(), name.text.casefold()


def show_gender(gender: str) -> str:
    return t(GENDERS.get(gender, GENDERS["unknown"]))


def show_gender_letter(gender: str) -> str:
    return t(GENDER_LETTERS[gender]) if gender in GENDER_LETTERS else t("sex not known")


def show_age(person: Person, as_of: date) -> str:
    """Completed years; both that it may be ("86 or 87") when the day of birth is not recorded, "" without any."""
    if person.birth is None:
        return ""
    until = person.deceased.start if isinstance(person.deceased, PartialDate) else as_of
    youngest = years_between(person.birth.end, until)
    oldest = years_between(person.birth.start, until)
    return str(oldest) if youngest == oldest else t("{n} or {m}", n=youngest, m=oldest)


def show_record_state(person: Person) -> str:
    """Returns that the record was replaced or is not in use; "" for a usual one."""
    if person.replaced:
        return t("replaced by another record")
    return "" if person.active else t("record not in use")


def show_born(person: Person, as_of: date) -> str:
    """`03-Feb-1948 (78)`; no age for the dead, whose age at death has its own place."""
    if person.birth is None:
        return t("Not known")
    if person.deceased:
        return show_date(person.birth)
    return f"{show_date(person.birth)} ({show_age(person, as_of)})"


def show_died(person: Person, as_of: date) -> str:
    """`12-Sep-2026 (age at death 81)`, or that the date is not known; "" for the living."""
    if not person.deceased:
        return ""
    if not isinstance(person.deceased, PartialDate):
        return t("Date not known")
    age = show_age(person, as_of)
    died = show_date(person.deceased)
    return t("{date} (age at death {age})", date=died, age=age) if age else died


def main_identifier(person: Person) -> Identifier | None:
    """The one that has a label we know (NHS No., Personnummer, CIC), else the first."""
    known = [each for each in person.identifiers if each.label]
    return next(iter(known or person.identifiers), None)


def show_identifier(identifier: Identifier | None) -> tuple[str, str]:
    """Label and value; an NHS number in its 3-3-4 groups."""
    if identifier is None:
        return t("Identifier"), t("Not recorded")
    value = clean(identifier.value, 60)
    if identifier.label == "NHS No." and value.isdigit() and len(value) == 10:
        value = f"{value[:3]} {value[3:6]} {value[6:]}"
    return clean(identifier.label, 40) or t("Identifier"), value


def distinct_labels(words: Mapping[str, str]) -> dict[str, str]:
    """The words of each id for a list to choose from, with the id where two have the same: a browser tells which was
    chosen by its words alone, so that one of two of a name would be taken for the other.
    """
    counts = Counter(words.values())
    return {key: label if counts[label] == 1 else f"{label} ({key})" for key, label in words.items()}


def similar_words() -> str:
    """The warning beside a name that is easily taken for another's."""
    return t("Similar name and birth date in your teams: check the number")


def show_names(names: str, most: int) -> str:
    """`Dr Rachel Newton, Dr Samir Newton and 9 more`: names with commas between them, as many whole ones as fit into so
    many letters, and at least the first.
    """
    known = clean(names, 4000)
    if len(known) <= most:
        return known
    parts = known.split(", ")
    count = max(1, sum(1 for n in range(1, len(parts)) if len(", ".join(parts[:n])) <= most))
    shown = clean(", ".join(parts[:count]), most)
    return t("{names} and {n} more", names=shown, n=len(parts) - count) if len(parts) > count else shown
