"""Writes the guideline rules, their facts and cases as one page that a clinician can review without reading code."""

from collections.abc import Iterator
from pathlib import Path

from dashboard.domain.guidelines.effect import Direction, Effect
from dashboard.domain.guidelines.fact import Fact
from dashboard.domain.guidelines.matter import Matter
from dashboard.domain.guidelines.rule import Advice, Citation, Rule
from dashboard.fhir.guidelines.case_files import COLUMNS, FILE, Case, read_cases
from dashboard.fhir.guidelines.check import words_for
from dashboard.fhir.guidelines.contradiction_cases import COLUMNS as CONTRADICTION_COLUMNS
from dashboard.fhir.guidelines.contradiction_cases import FILE as CONTRADICTIONS
from dashboard.fhir.guidelines.contradiction_cases import read_contradiction_cases
from dashboard.fhir.guidelines.library import FOLDER, Library

PAGE = FOLDER / "RULES.md"
_READ = {
    "V": "read in the source",
    "S": "read in a secondary source",
    "M": "from memory",
    "S/M": "in part from a secondary source, in part from memory",
}
_ANSWERS = {"applies": "applies", "does-not-apply": "does not apply", "cannot-say": "cannot say"}


def document(library: Library) -> str:
    """The whole page, in Markdown."""
    return "\n".join(_page(library)) + "\n"


def _page(library: Library) -> Iterator[str]:
    yield "# Guideline rules, for review"
    yield ""
    yield (
        "Made by `python -m dashboard.guidelines document` from the files beside this page; a test holds them equal."
    )
    yield ""
    yield (
        "**Every rule is a draft: no clinician has reviewed it.** A rule advises and never orders. It answers one of "
        "three ways: it applies, it does not apply, or it cannot say, because a fact is missing. The people in the "
        "tables are made up. Their day of view is 23 November 2026; what has no date is of 1 November 2026."
    )
    for rule in library.every_rule:
        yield from _rule(rule, library)
    yield from _contradictions(library)
    yield ""
    yield "## Facts"
    yield ""
    yield (
        'What the rules ask of a record, and what else is named of a person ("no rule"); a rule of a site may ask it. '
        'A fact that could not be read is not known, which is never "no".'
    )
    yield ""
    yield "| fact | what it is | unit | how old it may be | from | not known when | |"
    yield "|---|---|---|---|---|---|---|"
    used = (*library.facts_used(), *library.facts_of_programmes())
    for fact in sorted(library.facts.values(), key=lambda fact: fact.name):
        days = f"{fact.most_days} days" if fact.most_days else ""
        asked = "" if fact in used else "no rule"
        yield _row([f"`{fact.name}`", fact.words, fact.unit, days, _sources(fact), fact.missing, asked])


def _rule(rule: Rule, library: Library) -> Iterator[str]:
    yield ""
    yield f"## {rule.number}. {rule.title}"
    yield ""
    yield rule.description
    yield ""
    reviewed = ", ".join(rule.reviewers) or "nobody yet: a draft"
    yield f"Version {rule.version}, by {', '.join(rule.authors)}. Reviewed by {reviewed}."
    yield f"To be reviewed by {rule.review_by}."
    cases, _ = read_cases(Path(rule.origin).parent / FILE, rule, words_for(Path(rule.origin).parent.parent))
    for advice in rule.advice:
        yield from _advice(advice, [case for case in cases if case.card == advice.key], library)


def _advice(advice: Advice, cases: list[Case], library: Library) -> Iterator[str]:
    yield ""
    yield f"### {advice.summary}"
    yield ""
    yield f"{advice.detail} ({advice.indicator})"
    yield ""
    for citation in advice.citations:
        yield f"* Source: {_cited(citation)}."
    for suggestion in advice.suggestions:
        yield f"* Proposes: {suggestion.text}."
    for reason in advice.own_reasons:
        yield f"* Its own reason why not: {reason.coding.display} ({_READ[reason.read]})."
    if advice.effects:
        yield f"* Would change: {'; '.join(_effect(each, library) for each in advice.effects)}."
    yield f"* When: `{advice.expression}`"
    yield f"* Facts: {'; '.join(library.facts[name].words for name in advice.condition.facts)}."
    yield ""
    columns = [name for name in COLUMNS if name == "answer" or any(case.cells.get(name) for case in cases)]
    yield _row(columns)
    yield "|" + "---|" * len(columns)
    for case in cases:
        yield _row([_ANSWERS[case.answer] if name == "answer" else case.cells.get(name, "") for name in columns])


def _effect(effect: Effect, library: Library) -> str:
    """`lower HbA1c to 53 mmol/mol`, `start: takes an MRA`."""
    matter = library.effects.matters.get(effect.what)
    if matter is None:
        return f'{effect.direction} what is meant by "{library.facts[effect.what].words}"'
    if effect.aim is None:
        return f"{effect.direction} {matter.words}"
    return f"{effect.direction} {matter.words}, aim {effect.aim} {library.facts[matter.fact].unit}"


def _contradictions(library: Library) -> Iterator[str]:
    yield ""
    yield "## Contradictions between guidelines"
    yield ""
    yield (
        "Found by comparing what the cards that apply, those that are followed already, the medicines and the goals of "
        "a person would change: more and less of the same thing. What medicines do:"
    )
    yield ""
    yield "| medicine | raises | lowers | source |"
    yield "|---|---|---|---|"
    for name in dict.fromkeys(each.fact for each in library.effects.medicines):
        ours = [each for each in library.effects.medicines if each.fact == name]
        ways = [
            ", ".join(library.effects.matters[each.matter].words for each in ours if each.direction is direction)
            for direction in (Direction.RAISE, Direction.LOWER)
        ]
        source = ours[0].citation
        yield _row([library.facts[name].words, *ways, _cited(source)])
    cases, _ = read_contradiction_cases(FOLDER / CONTRADICTIONS, words_for(FOLDER))
    known: dict[str, Fact | Matter] = {**library.facts, **library.effects.matters}
    for target in dict.fromkeys(case.target for case in cases if case.target in known):
        yield ""
        yield f"### {known[target].words}"
        yield ""
        people = [case for case in cases if case.target == target]
        columns = [name for name in CONTRADICTION_COLUMNS if any(case.cells.get(name) for case in people)]
        yield _row(columns)
        yield "|" + "---|" * len(columns)
        for case in people:
            yield _row([case.cells.get(name, "") for name in columns])


def _cited(citation: Citation) -> str:
    return f"[{citation.source}]({citation.link}), {citation.edition}; {_READ[citation.read]}"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells) + " |"


def _sources(fact: Fact) -> str:
    if fact.criterion is not None:
        return f"the pilot's criterion {fact.criterion}"
    if fact.atc:
        without = f" without {' '.join(fact.without_atc)}" if fact.without_atc else ""
        return f"ATC {' '.join(fact.atc)}{without}"
    named = [*(f"measure-{measure}" for measure in fact.measures), *fact.value_sets]
    return ", ".join(named) or str(fact.kind)
