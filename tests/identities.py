"""What identifies the people of some records, and whether it is in bytes of any form: for tests that nothing leaves.

Names are searched as whole words of three letters or more, everything else as it stands; in text, in HTML and JSON with
their escapes, in the parts of an Excel workbook, and in the text and the properties of a PDF.
"""

import html
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pypdf

Json = dict[str, Any]
SHORTEST = 3
_WORD = re.compile(r"[^\W\d_]+")
_ACCENTS, _OTHERS = re.compile("[\u0300-\u036f]"), re.compile(r"[\W_]+")
_UNICODE = re.compile(r"\\u([0-9a-fA-F]{4})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Identities:
    """`words`: parts of names, without accents and capitals -> whose they are. `strings`: everything else -> whose."""

    words: Mapping[str, str]
    strings: Mapping[str, str]

    def found_in(self, content: str | bytes) -> set[str]:
        """What of it is in a text, or in the bytes of a file."""
        said: set[str] = set()
        for text in readings(content):
            letters = folded(text)
            said |= {word for word in _WORD.findall(letters) if word in self.words}
            said |= {each for each in self.strings if each in letters}
        return said


def identities(rows: Iterable[Json], excepted: Mapping[str, str]) -> Identities:
    """Of all Patients, their RelatedPersons and ResearchSubjects. `excepted`: word -> why it identifies nobody here."""
    words: dict[str, str] = {}
    strings: dict[str, str] = {}
    for row in rows:
        if row["resourceType"] not in ("Patient", "RelatedPerson", "ResearchSubject"):
            continue
        who = f"{row['resourceType']}/{row['id']}"
        strings[folded(row["id"])] = who
        for name in row.get("name", []):
            parts = [name.get("family", ""), *name.get("given", [])]
            words |= {word: who for part in parts for word in _WORD.findall(folded(part)) if len(word) >= SHORTEST}
        for each in (*row.get("identifier", []), *row.get("telecom", [])):
            for value in (each["value"], each["value"].replace(" ", ""), each["value"].replace("-", "")):
                strings[folded(value)] = who
        for address in row.get("address", []):
            strings |= {folded(line): who for line in address.get("line", [])}
        if len(row.get("birthDate", "")) == len("1948-02-03"):
            strings |= {folded(text): who for text in days(date.fromisoformat(row["birthDate"]))}
    return Identities({word: who for word, who in words.items() if word not in excepted}, strings)


def folded(text: str) -> str:
    """Small letters without accents; whatever is no letter or digit is one space."""
    return _OTHERS.sub(" ", _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))).strip()


def days(day: date) -> Iterator[str]:
    """A day in the ways in which it is written."""
    month = _MONTHS[day.month - 1]
    yield day.isoformat()
    yield f"{day:%d}-{month}-{day.year}"
    yield f"{day.day} {month} {day.year}"
    yield f"{day:%d %B %Y}"
    yield f"{day:%d/%m/%Y}"
    yield f"{day:%d.%m.%Y}"
    yield f"{day:%Y%m%d}"
    yield f"{day:%d%m%Y}"


def readings(content: str | bytes) -> Iterator[str]:
    """The texts that a text, or the bytes of a file, may be read as."""
    if isinstance(content, str):
        yield html.unescape(_UNICODE.sub(lambda found: chr(int(found[1], 16)), content))
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            for name in parts.namelist():
                yield name
                yield from readings(parts.read(name))
    elif content.startswith(b"%PDF"):
        document = pypdf.PdfReader(io.BytesIO(content))
        yield json.dumps({str(key): str(value) for key, value in (document.metadata or {}).items()}, ensure_ascii=False)
        if document.xmp_metadata is not None:
            yield document.xmp_metadata.stream.get_data().decode("utf-8", "replace")
        for page in document.pages:
            yield page.extract_text()
    else:
        yield from readings(content.decode("utf-8", "replace"))
