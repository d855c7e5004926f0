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
from dashboard.domain.guidelines.matter import KnownEffects
from dashboard.domain.guidelines.rule import Rule
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.guidelines import effect_files, rule_files
from dashboard.fhir.guidelines.fact_files import read_facts
from dashboard.fhir.guidelines.lines import Problem

FOLDER: Final = Path(__file__).resolve().parents[3] / "data" / "guidelines"
_RETIRED: Final = "retired"


@dataclass(frozen=True, slots=True)
class Library:
    """The clinical rules in force, by their number and id, and those of a programme of work; the facts by name; what
    cards and medicines raise or lower; what is wrong in the files.
    """

    rules: tuple[Rule, ...]
    facts: dict[str, Fact]
    problems: tuple[Problem, ...] = ()
    switched_off: tuple[str, ...] = ()
    effects: KnownEffects = field(default_factory=KnownEffects)
    of_programmes: tuple[Rule, ...] = ()

    @property
    def every_rule(self) -> tuple[Rule, ...]:
        """All rules in force, in their order."""
        return tuple(sorted((*self.rules, *self.of_programmes), key=_order))

    def facts_of_programmes(self) -> tuple[Fact, ...]:
        """The facts that the rules of a programme ask for."""
        used = {name for rule in self.of_programmes for advice in rule.advice for name in advice.condition.facts}
        return tuple(fact for name, fact in self.facts.items() if name in used)

    def facts_used(self) -> tuple[Fact, ...]:
        """The facts that the clinical rules in force ask for, and those by which they are compared."""
        used = {name for rule in self.rules for advice in rule.advice for name in advice.condition.facts}
        changed = {effect.what for rule in self.rules for advice in rule.advice for effect in advice.effects}
        used |= changed - set(self.effects.matters)  # a matter names its own fact, if it has one
        used |= {matter.fact for matter in self.effects.matters.values()}
        used |= {each.fact for each in self.effects.medicines}
        return tuple(fact for name, fact in self.facts.items() if name in used)


def read_library(terminology: Terminology, *folders: Path) -> Library:
    """Reads the rules and facts of folders, a later one taking the place of an earlier one's."""
    facts: dict[str, Fact] = {}
    problems: list[Problem] = []
    rules: dict[str, Rule] = {}
    off: set[str] = set()
    effects = KnownEffects()
    for folder in folders:
        found, wrong = read_facts(folder / "facts", terminology)
        facts |= found
        problems += wrong
    for folder in folders:
        more, wrong = effect_files.read_effects(folder, facts)
        effects = effect_files.joined(effects, more)
        file = folder / effect_files.FILE
        problems += [*wrong, *(Problem(file, 1, words) for words in effect_files.wrong_medicines(effects))]
    for folder in folders:
        of_folder: dict[str, Rule] = {}
        for file in sorted(folder.glob(f"*/{rule_files.FILE}")):
            rule, wrong = rule_files.read_rule(file, facts)
            problems += wrong
            if rule is None:
                continue
            if unknown := list(effect_files.wrong_effects(rule, effects, facts)):
                problems += [Problem(file, 1, f"{card}: {words}") for card, words in unknown]
                continue
            if rule.id in of_folder:
                problems.append(Problem(file, 1, f"another file of the folder has the id {rule.id} too"))
                continue
            of_folder[rule.id] = rule
        rules |= of_folder
        off = (off - set(of_folder)) | {key for key, rule in of_folder.items() if rule.status == _RETIRED}
    in_force = sorted((rule for key, rule in rules.items() if key not in off), key=_order)
    return Library(
        rules=tuple(rule for rule in in_force if not rule.programme),
        facts=facts,
        problems=tuple(sorted(problems)),
        switched_off=tuple(sorted(off)),
        effects=effects,
        of_programmes=tuple(rule for rule in in_force if rule.programme),
    )


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
            for pattern in (f"*/{rule_files.FILE}", "facts/*.yaml", effect_files.FILE):
                for file in sorted(folder.glob(pattern)):
                    try:
                        stat = file.stat()
                    except OSError:  # gone between the listing and now
                        continue
                    yield str(file), stat.st_mtime_ns, stat.st_size
