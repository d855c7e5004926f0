"""The forms in which one server names its own records, and what is left of them inside the dashboard: `Patient/p1`.

A logical id is unique on its server only. So a reference to another server is never shortened: its Patient/p1 is
somebody else, and no mapping follows it.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

_ABSOLUTE: Final = re.compile(rb'"reference"\s*:\s*"[A-Za-z][A-Za-z0-9+.-]*:')


class Addresses:
    """The addresses of one server; references to other servers stay foreign.

    `relative("http://our.server/fhir/Patient/p1/_history/2")` gives `Patient/p1`; so does `Patient/p1`. An absolute
    reference to another server is given back as it is, so that its Patient/p1 is never taken for ours.
    """

    def __init__(self, bases: Iterable[str]) -> None:
        self._bases = tuple(dict.fromkeys(base.rstrip("/") + "/" for base in bases if base))

    def relative(self, reference: str) -> str:
        if ":" not in reference and "/_history/" not in reference:  # nearly all
            return reference
        return self.below_base(reference).split("/_history/", 1)[0]

    def below_base(self, reference: str) -> str:
        """Returns a reference to this server without the server's address, with its version; any other as it is."""
        for base in self._bases:
            if reference.startswith(base):
                return reference[len(base) :]
        return reference

    def make_relative(self, resource: Any) -> None:
        """Changes every absolute reference to this server, anywhere in the JSON, into a relative one."""
        remaining: list[Any] = [resource]
        for value in remaining:  # which grows meanwhile; without recursion, as a hostile record may be deeply nested
            if isinstance(value, dict):
                text = value.get("reference")
                if isinstance(text, str) and ":" in text:
                    value["reference"] = self.below_base(text)
                remaining += [child for child in value.values() if isinstance(child, dict | list)]
            elif isinstance(value, list):
                remaining += [child for child in value if isinstance(child, dict | list)]


def has_absolute_reference(body: bytes) -> bool:
    """Returns whether JSON text may hold an absolute reference: most answers hold none, and are not walked through."""
    return _ABSOLUTE.search(body) is not None
