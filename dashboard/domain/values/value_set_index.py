"""Finds the value sets that hold a code."""

from collections.abc import Iterable

Code = tuple[str, str]


class ValueSetIndex:
    """Finds the value sets that hold a code: exact codes and families, less the excluded ones."""

    def __init__(self) -> None:
        self._exact: dict[Code, set[str]] = {}
        self._families: dict[str, dict[str, set[str]]] = {}
        self._without: dict[str, list[tuple[str, str, bool]]] = {}

    def add(self, name: str, system: str, code: str, *, family: bool) -> None:
        if family:
            self._families.setdefault(system, {}).setdefault(code, set()).add(name)
        else:
            self._exact.setdefault((system, code), set()).add(name)

    def remove(self, name: str, system: str, code: str, *, family: bool) -> None:
        self._without.setdefault(name, []).append((system, code, family))

    def codes(self) -> Iterable[Code]:
        """Every code that is listed itself, not by its family."""
        return self._exact

    def find(self, system: str, code: str) -> set[str]:
        found = set(self._exact.get((system, code), ()))
        families = self._families.get(system)
        if families:
            for length in range(1, len(code) + 1):
                found |= families.get(code[:length], set())
        return {name for name in found if not self._is_without(name, system, code)}

    def _is_without(self, name: str, system: str, code: str) -> bool:
        return any(
            code.startswith(without) if family else code == without
            for where, without, family in self._without.get(name, ())
            if where == system
        )
