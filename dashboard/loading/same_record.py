"""Whether two records are one: ids are unique on their server only, so an id alone says nothing.

A loaded record carries two tags: what it said when it was loaded, and the address that its file gave it, both as
hashes. So a second load of the same files finds what it loaded, whatever users have changed since.
"""

import hashlib
from typing import Any, Final

import orjson

from dashboard.domain.values.code_systems import OWN
from dashboard.loading.batch import Json

CONTENT_TAG: Final = f"{OWN}loaded-content"
ADDRESS_TAG: Final = f"{OWN}loaded-address"
_NOT_CONTENT: Final = ("id", "meta", "text")


def content_of(resource: Json, full_url: str = "", patients: tuple[str, ...] = ()) -> str:
    """Returns the hash of what a record says, of the address that its file gave it, and of whom it is about."""
    said = {name: value for name, value in resource.items() if name not in _NOT_CONTENT}
    return _hash(orjson.dumps([said, full_url, patients], default=float, option=orjson.OPT_SORT_KEYS))


def address_of(full_url: str) -> str:
    """Returns the hash of an address on a server, without version; "" for a `urn:`, which no server vouches for."""
    return _hash(full_url.split("/_history/")[0].encode()) if full_url.startswith("http") else ""


def with_tags(resource: Json, content: str, address: str) -> Json:
    """Returns the resource with the tags of a loaded record."""
    meta = resource.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    before = meta.get("tag")
    tags = [tag for tag in before if isinstance(tag, dict)] if isinstance(before, list) else []
    tags = [tag for tag in tags if tag.get("system") not in (CONTENT_TAG, ADDRESS_TAG)]
    tags.append({"system": CONTENT_TAG, "code": content})
    tags += [{"system": ADDRESS_TAG, "code": address}] if address else []
    return {**resource, "meta": {**meta, "tag": tags}}


def tag_of(resource: Json, system: str) -> str:
    """Returns the code of a tag, "" where the record has none."""
    meta = resource.get("meta")
    tags = meta.get("tag") if isinstance(meta, dict) else None
    for tag in tags if isinstance(tags, list) else []:
        if isinstance(tag, dict) and tag.get("system") == system:
            return str(tag.get("code", ""))
    return ""


def says_the_same(one: Json, other: Json) -> bool:
    """Returns whether two records have the same content, but for the id, the narrative and what servers add."""
    return content_of(one) == content_of(other)


def is_same_person(one: Json, other: Json) -> bool:
    """Returns whether two Patients are one person: they share an identifier, and neither birth date nor name
    contradicts it.
    """
    return bool(identifiers_of(one) & identifiers_of(other)) and not contradicts(one, other)


def contradicts(one: Json, other: Json) -> bool:
    """Returns whether birth dates or names say that two Patients are two people. A birth date may be less precise in
    one of them, and a family name may change while the given name stays: twins share all but the given name.
    """
    born, born_there = (str(each.get("birthDate") or "") for each in (one, other))
    if born and born_there and not (born.startswith(born_there) or born_there.startswith(born)):
        return True
    for parts in (("given",), ("given", "family", "text")):
        names, names_there = _names(one, parts), _names(other, parts)
        if names and names_there:
            return not names & names_there
    return False


def identifiers_of(resource: Json) -> frozenset[tuple[str, str]]:
    """Returns (system, value) of the identifiers that name a record in the world; old and secondary ones are none."""
    given = resource.get("identifier")
    return frozenset(
        (str(one["system"]), str(one["value"]))
        for one in (given if isinstance(given, list) else [given])
        if isinstance(one, dict) and one.get("system") and one.get("value") and one.get("use") not in _NOT_NAMING
    )


_NOT_NAMING: Final = ("old", "temp", "secondary")


def _names(resource: Json, parts: tuple[str, ...]) -> frozenset[str]:
    """The words in these parts of all names of a Patient, in lower case."""
    names = resource.get("name")
    found: list[Any] = []
    for name in names if isinstance(names, list) else []:
        for part in parts if isinstance(name, dict) else ():
            value = name.get(part)
            found += value if isinstance(value, list) else [value]
    return frozenset(word for text in found if isinstance(text, str) for word in text.casefold().split())


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:40]
