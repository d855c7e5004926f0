"""The guideline rules in force: the project's own (data/guidelines) with what a site's folder adds or switches off.

A folder holds a folder a rule, with `plan-definition.json` in it, and may hold `facts`. A rule of the site's folder
takes the place of the one of the same id; one whose status is "retired" switches it off. A rule with a problem is left
out and named, and takes no place: a broken newer edition does not silence the one before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Final

from dashboard.domain.guidelines.fact import Fact
from dashboard.domain.guidelines.rule import Rule
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.guidelines import rule_files
from dashboard.fhir.guidelines.fact_files import read_facts
from dashboard.fhir.guidelines.lines import Problem

FOLDER: Final = Path(__file__).resolve().parents[3] / "data" / "guidelines"
_RETIRED: Final = "retired"


@dataclass(frozen=True, slots=True)
class Library:
    """The rules in force, by their number and id; the facts by name; what is wrong in the files."""

    rules: tuple[Rule, ...]
    facts: dict[str, Fact]
    problems: tuple[Problem, ...] = ()
    switched_off: tuple[str, ...] = ()

    def facts_used(self) -> tuple[Fact, ...]:
        """The facts that the rules in force ask for."""
        used = {name for rule in self.rules for advice in rule.advice for name in advice.condition.facts}
        return tuple(fact for name, fact in self.facts.items() if name in used)


def read_library(terminology: Terminology, *folders: Path) -> Library:
    """Reads the rules and facts of folders, a later one taking the place of an earlier one's."""
    facts: dict[str, Fact] = {}
    problems: list[Problem] = []
    rules: dict[str, Rule] = {}
    off: set[str] = set()
    for folder in folders:
        found, wrong = read_facts(folder / "facts", terminology)
        facts |= found
        problems += wrong
    for folder in folders:
        of_folder: dict[str, Rule] = {}
        for file in sorted(folder.glob(f"*/{rule_files.FILE}")):
            rule, wrong = rule_files.read_rule(file, facts)
            problems += wrong
            if rule is None:
                continue
            if rule.id in of_folder:
                problems.append(Problem(file, 1, f"another file of the folder has the id {rule.id} too"))
                continue
            of_folder[rule.id] = rule
        rules |= of_folder
        off = (off - set(of_folder)) | {key for key, rule in of_folder.items() if rule.status == _RETIRED}
    in_force = sorted((rule for key, rule in rules.items() if key not in off), key=_order)
    return Library(tuple(in_force), facts, tuple(sorted(problems)), tuple(sorted(off)))


def _order(rule: Rule) -> tuple[int, str]:
    return int(rule.number) if rule.number.isdecimal() else 1 << 30, rule.id


@dataclass(slots=True)
class GuidelineFiles:
    """Gives the library of some folders, and reads it again when one of their files has changed, come or gone."""

    terminology: Terminology
    folders: tuple[Path, ...] = (FOLDER,)
    _stamp: tuple[tuple[str, int, int], ...] = ()
    _library: Library | None = None
    _lock: Lock = field(default_factory=Lock)

    def library(self) -> Library:
        """The library as the files are now. It asks the disk for their times, and reads only what has changed."""
        with self._lock:
            stamp = tuple(self._stamps())
            if self._library is None or stamp != self._stamp:
                self._library, self._stamp = read_library(self.terminology, *self.folders), stamp
            return self._library

    def _stamps(self) -> Iterator[tuple[str, int, int]]:
        for folder in self.folders:
            for pattern in (f"*/{rule_files.FILE}", "facts/*.yaml"):
                for file in sorted(folder.glob(pattern)):
                    try:
                        stat = file.stat()
                    except OSError:  # gone between the listing and now
                        continue
                    yield str(file), stat.st_mtime_ns, stat.st_size
