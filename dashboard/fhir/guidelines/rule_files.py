"""Reads a guideline rule from its FHIR R4 PlanDefinition, one file a rule; its elements: data/guidelines/README.md.

https://hl7.org/fhir/R4/plandefinition.html. What is wrong is returned with its line, and such a rule is left out.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from dashboard.domain.guidelines.effect import Effect
from dashboard.domain.guidelines.fact import OF_THE_PILOT, YES_OR_NO, Fact, FactKind
from dashboard.domain.guidelines.rule import Advice, Citation, Indicator, OwnReason, Rule, Suggestion
from dashboard.fhir.guidelines.citations import wrong_citation
from dashboard.fhir.guidelines.effect_files import contradicts_itself, effects_of
from dashboard.fhir.guidelines.fhirpath import FhirPathCondition, compile_condition
from dashboard.fhir.guidelines.lines import Document, Place, Problem, read_document
from dashboard.fhir.guidelines.reason_files import own_reasons_of
from dashboard.fhir.mapping.concepts import codings, concept_text
from dashboard.fhir.mapping.elements import Json, many, one, text

FILE: Final = "plan-definition.json"
LANGUAGE: Final = "text/fhirpath"
NUMBER: Final = "https://c3-cloud.example/fhir/sid/guideline-rule"
INDICATORS: Final = {
    "stat": Indicator.CRITICAL, "asap": Indicator.WARNING, "urgent": Indicator.WARNING, "routine": Indicator.INFO,
}  # fmt: skip
"""FHIR's request priority of an action, the most urgent first, as the indicator of its card."""
KINDS: Final = ("ServiceRequest", "MedicationRequest", "Task", "CommunicationRequest")
MOST_SUMMARY: Final = 140
"""CDS Hooks 2.0: a summary is under 140 characters."""
STATUSES: Final = ("draft", "active", "retired")


def read_rule(file: Path, facts: Mapping[str, Fact]) -> tuple[Rule | None, list[Problem]]:
    """The rule of a file, None where something is wrong in it, and what that is."""
    document = read_document(file)
    if isinstance(document, Problem):
        return None, [document]
    reader = _Reader(document, facts)
    rule = reader.rule()
    return (None if reader.problems else rule), reader.problems


class _Reader:
    """Reads one document and gathers what is wrong in it."""

    def __init__(self, document: Document, facts: Mapping[str, Fact]) -> None:
        self._document = document
        self._facts = facts
        self._programme = ""
        self._kinds: dict[str, tuple[str, bool]] = {}
        self.problems: list[Problem] = []

    def _say(self, place: Place, words: str) -> None:
        self.problems.append(self._document.problem(place, words))

    def _text(self, holder: Json, name: str, place: Place) -> str:
        found = text(holder.get(name))
        if not found:
            self._say((*place, name), f"{name} is missing")
        return found

    def rule(self) -> Rule | None:
        root = self._document.content
        if not isinstance(root, dict) or root.get("resourceType") != "PlanDefinition":
            self._say((), "a rule is a PlanDefinition")
            return None
        for part in many(root.get("contained")):
            if text(part.get("kind")) not in KINDS:
                self._say(("contained",), f"what is proposed becomes a {', '.join(KINDS)}")
            self._kinds["#" + text(part.get("id"))] = (text(part.get("kind")), part.get("doNotPerform") is True)
        self._programme = _programme_of(root)
        status = self._text(root, "status", ())
        reviewers = tuple(text(each.get("name")) for each in many(root.get("reviewer")))
        if status not in STATUSES:
            self._say(("status",), f"the status is one of {', '.join(STATUSES)}")
        if status == "active" and not reviewers:
            self._say(("status",), "a rule without a reviewer is a draft")
        numbers = [text(each.get("value")) for each in many(root.get("identifier")) if each.get("system") == NUMBER]
        advice = [self._advice(each, ("action", place)) for place, each in enumerate(many(root.get("action")))]
        if not advice:
            self._say(("action",), "a rule has an action for each of its cards")
        return Rule(
            id=self._text(root, "id", ()),
            number=numbers[0] if numbers else "",
            title=self._text(root, "title", ()),
            version=self._text(root, "version", ()),
            description=self._text(root, "description", ()),
            authors=tuple(text(each.get("name")) for each in many(root.get("author"))),
            reviewers=reviewers,
            review_by=self._review_by(root),
            advice=tuple(each for each in advice if each is not None),
            status=status,
            origin=str(self._document.file),
            url=text(root.get("url")),
            programme=self._programme,
        )

    def _review_by(self, root: Json) -> date:
        try:
            return date.fromisoformat(text(one(root.get("effectivePeriod")).get("end")))
        except ValueError:
            self._say(("effectivePeriod", "end"), "effectivePeriod.end says by which day the rule is reviewed again")
            return date.min

    def _advice(self, action: Json, place: Place) -> Advice | None:
        summary = self._text(action, "title", place)
        if len(summary) >= MOST_SUMMARY:
            self._say((*place, "title"), f"a summary has fewer than {MOST_SUMMARY} characters")
        priority = text(action.get("priority"))
        indicator = INDICATORS.get(priority)
        if indicator is None:
            self._say((*place, "priority"), f"the priority is one of {', '.join(INDICATORS)}")
        condition = self._condition(action, place)
        citations = tuple(
            self._citation(each, (*place, "documentation", number))
            for number, each in enumerate(many(action.get("documentation")))
        )
        if not citations:
            self._say((*place, "documentation"), "a card says where it comes from")
        effects = self._effects(action, place)
        if condition is None or indicator is None:
            return None
        advice = Advice(
            key=self._text(action, "id", place),
            summary=summary,
            detail=self._text(action, "description", place),
            indicator=indicator,
            rank=list(INDICATORS).index(priority),
            condition=condition,
            expression=condition.expression,
            citations=citations,
            suggestions=tuple(
                self._suggestion(each, (*place, "action", number))
                for number, each in enumerate(many(action.get("action")))
            ),
            effects=effects,
            own_reasons=self._own_reasons(action, place),
        )
        if contradicts_itself(advice):
            self._say((*place, "extension"), "a card changes the same in one direction only")
        return advice

    def _effects(self, action: Json, place: Place) -> tuple[Effect, ...]:
        try:
            return tuple(effects_of(action))
        except ValueError as error:
            self._say((*place, "extension"), str(error))
            return ()

    def _own_reasons(self, action: Json, place: Place) -> tuple[OwnReason, ...]:
        try:
            return own_reasons_of(action)
        except ValueError as error:
            self._say((*place, "extension"), str(error))
            return ()

    def _condition(self, action: Json, place: Place) -> FhirPathCondition | None:
        given = many(action.get("condition"))
        expression = one(given[0].get("expression")) if len(given) == 1 else {}
        here: Place = (*place, "condition", 0, "expression", "expression")
        if expression.get("language") != LANGUAGE or given[0].get("kind") != "applicability":
            self._say((*place, "condition"), f"a card has one condition of the kind applicability in {LANGUAGE}")
            return None
        try:
            condition = compile_condition(text(expression.get("expression")))
            unknown = [name for name in condition.facts if name not in self._facts]
            if unknown:
                raise ValueError(f"there is no fact {', '.join(unknown)} in data/guidelines/facts")
            if not self._programme and (
                asked := [name for name in condition.facts if self._facts[name].kind in OF_THE_PILOT]
            ):
                raise ValueError(f"{', '.join(asked)} is asked by a rule of a programme (useContext) only")
            _try_out(condition, self._facts)
        except ValueError as error:
            self._say(here, str(error))
            return None
        listed = [text(each.get("id")) for each in many(action.get("input"))]
        if sorted(listed) != sorted(condition.facts):
            said = f"input lists the facts of the condition: {', '.join(condition.facts)}"
            self._say((*place, "input"), said)
        return condition

    def _citation(self, part: Json, place: Place) -> Citation:
        source, edition = self._text(part, "display", place), self._text(part, "citation", place)
        citation = Citation(source, edition, self._text(part, "url", place), self._text(part, "label", place))
        for name, words in wrong_citation(citation):
            self._say((*place, name), words)
        return citation

    def _suggestion(self, part: Json, place: Place) -> Suggestion:
        kind, not_to_do = self._kinds.get(text(part.get("definitionCanonical")), ("", False))
        if not kind:
            self._say((*place, "definitionCanonical"), "it names an ActivityDefinition that is contained in the rule")
        code = next(iter(codings(next(iter(many(part.get("code"))), None))), None)
        return Suggestion(self._text(part, "title", place), kind, code, not_to_do)


def _programme_of(root: Json) -> str:
    """The programme of work that a rule is for, by FHIR's code of that context."""
    for context in many(root.get("useContext")):
        if text(one(context.get("code")).get("code")) == "program":
            return concept_text(context.get("valueCodeableConcept"))
    return ""


def _try_out(condition: FhirPathCondition, facts: Mapping[str, Fact]) -> None:
    """Evaluates a condition with values of the types of its facts. Raises ValueError where that cannot be done."""
    condition.holds(dict.fromkeys(condition.facts))
    condition.holds({name: _example(facts[name]) for name in condition.facts})


def _example(fact: Fact) -> bool | str | Decimal:
    if fact.kind in YES_OR_NO:
        return True
    return "" if fact.kind is FactKind.STAGE else Decimal(1)
