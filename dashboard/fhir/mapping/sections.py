"""Sections of a Composition: what kind each is, who wrote it and when, its words, and the records that it names."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from dashboard.domain.values.code_systems import SECTION_KIND
from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Reference
from dashboard.domain.values.words import without_control_characters
from dashboard.fhir.mapping.concepts import concept
from dashboard.fhir.mapping.dates import date_or_unreadable
from dashboard.fhir.mapping.elements import Json, named_reference, one, references, text
from dashboard.fhir.mapping.extensions import ATTENDANCE, SECTION_TIME, part_of
from dashboard.fhir.mapping.writing import named, reference_to, written_date

LONGEST: Final = 40_000
"""Characters of a section's HTML that are read."""
_NO_XML: Final = re.compile("[\ud800-\udfff\ufffe\uffff]")
_BREAK: Final = re.compile(r"<br\s*/?>|</(?:p|div|li|tr|h[1-6])>", re.I)
_TAG: Final = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class TextSection:
    """A section: `kind` is its code, `title` what other programs call it, by which no two differ; `how` is how somebody
    attended.
    """

    kind: str
    title: str = field(compare=False)
    text: str = ""
    author: NamedReference = NOBODY
    when: PartialDate | None = None
    about: tuple[Reference, ...] = ()
    how: str = ""


def div_of(words: str) -> str:
    """The words as XHTML: every character is text, a line stays a line."""
    plain = _NO_XML.sub("", without_control_characters(words).replace("\r\n", "\n").replace("\r", "\n"))
    lines = "<br/>".join(html.escape(line, quote=False) for line in plain.split("\n"))
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{lines}</div>'


def words_of(div: str) -> str:
    """The words of a section's XHTML, without its tags; the exact words where `div_of` made it."""
    lines = _BREAK.sub("\n", div[:LONGEST])
    return without_control_characters(html.unescape(_TAG.sub("", lines)))


def section_of(part: Json) -> TextSection | None:
    """The section of an element; None for one of no kind that we know."""
    kind = next((each.code for each in concept(part.get("code")).codings if each.system == SECTION_KIND), "")
    if not kind:
        return None
    time = {"when": part_of(part, SECTION_TIME).get("valueDateTime"), "resourceType": "Composition"}
    return TextSection(
        kind=kind,
        title=text(part.get("title")),
        text=words_of(text(one(part.get("text")).get("div"))),
        author=named_reference(one(part.get("author"))),
        when=date_or_unreadable(time, "when")[0],
        about=references(part.get("entry")),
        how=text(part_of(part, ATTENDANCE).get("valueCode")),
    )


def written_section(section: TextSection) -> Json:
    """The element of a section."""
    parts: list[Json] = []
    if section.when is not None:
        parts.append({"url": SECTION_TIME, "valueDateTime": written_date(section.when)})
    if section.how:
        parts.append({"url": ATTENDANCE, "valueCode": section.how})
    author = named(section.author)
    written: Json = {
        **({"extension": parts} if parts else {}),
        "title": section.title,
        "code": {"coding": [{"system": SECTION_KIND, "code": section.kind}], "text": section.title},
        **({"author": [author]} if author is not None else {}),
        "text": {"status": "generated", "div": div_of(section.text or section.title)},
    }
    if section.about:
        written["entry"] = [reference_to(each) for each in section.about]
    return written


def sections_added(resource: Json, wanted: Sequence[TextSection]) -> list[Json]:
    """The sections of a Composition, with the new ones among the wanted after those that are there."""
    known = [part for part in (resource.get("section") or []) if isinstance(part, dict)]
    read = [section_of(part) for part in known]
    return [*known, *(written_section(each) for each in wanted if each not in read)]
