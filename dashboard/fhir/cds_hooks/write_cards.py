"""Writes what the rules come to as cards of CDS Hooks 2.0 (https://cds-hooks.hl7.org/2.0/#card-attributes).

A card carries no text of the person's record: only values of facts, their dates, and references to the records that
were used, each with its version where it came with one.
"""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from dashboard.domain.guidelines.evaluate import Finding
from dashboard.domain.guidelines.fact import Between, FactValue, Value, Why
from dashboard.domain.guidelines.override_reasons import offered
from dashboard.domain.guidelines.rule import Advice, Citation, Indicator, Rule, Suggestion
from dashboard.domain.values.datatypes import Coding, Reference

Json = dict[str, Any]
Versions = Mapping[Reference, str]

EXTENSION: Final = "example.c3-cloud.card"
"""Of a card: which rule in which version it comes from, and the records that were used."""
PLAN_DEFINITION: Final = "https://c3-cloud.example/fhir/PlanDefinition/"
MOST_SUMMARY: Final = 140
"""CDS Hooks: a summary has fewer characters."""
_DRAFT: Final = "Draft: "
_OURS: Final = "Guideline rules of the C3 dashboard"
_MARK_BYTES: Final = 6
_UNITS: Final = {"mL/min/{1.73_m2}": "mL/min/1.73 m2", "mm[Hg]": "mmHg", "a": "years", "d": "days"}
"""Units as people write them, where UCUM's code is another."""
_WHY: Final = {
    Why.NOT_READ: "its records were not sent, or not all",
    Why.UNREADABLE: "a record of it cannot be understood",
    Why.NOT_RECORDED: "not recorded",
    Why.TOO_OLD: "too old",
    Why.SUSPECTED: "a diagnosis that nobody has confirmed",
    Why.NO_CLASS: "a medicine whose substance is not known may be one",
    Why.ON_HOLD: "the medicine is paused",
}


def cards_of(applies: Iterable[Finding], cannot_say: Iterable[Finding], patient: Reference, of: Versions) -> list[Json]:
    """A card for each finding that applies, the most urgent first as they come, and one for all that cannot say."""
    cards = [_card(found, patient, of) for found in applies]
    return [*cards, *_unanswered(list(cannot_say))]


def card_mark(rule: Rule, advice: Advice) -> bytes:
    """With what the uuid of a card begins, so that its feedback is known to be about this card of this version."""
    return hashlib.sha256(f"{rule.id}|{rule.version}|{advice.key}".encode()).digest()[:_MARK_BYTES]


def mark_of(ident: str) -> bytes:
    """The mark in the uuid of a card. Raises ValueError for what is no uuid."""
    return uuid.UUID(ident).bytes[:_MARK_BYTES]


def _uuid(mark: bytes) -> str:
    return str(uuid.UUID(bytes=mark + uuid.uuid4().bytes[_MARK_BYTES:], version=4))


def _card(found: Finding, patient: Reference, of: Versions) -> Json:
    rule, advice = found.rule, found.advice
    records = _records(found.used, of)
    first, *others = advice.citations
    card: Json = {
        "uuid": _uuid(card_mark(rule, advice)),
        "summary": _summary(rule, advice),
        "detail": _detail(found),
        "indicator": str(advice.indicator),
        "source": {"label": f"{first.source}, {first.edition}", "url": first.link, "topic": _topic(rule)},
    }
    if advice.suggestions:
        card["suggestions"] = [_suggestion(each, found, patient, records) for each in advice.suggestions]
        card["selectionBehavior"] = "any"
    card["overrideReasons"] = [_coding(each) for each in offered(advice)]
    if others:
        card["links"] = [
            {"label": f"{each.source}, {each.edition}", "url": each.link, "type": "absolute"} for each in others
        ]
    card["extension"] = {
        EXTENSION: {
            "rule": rule.id,
            "version": rule.version,
            "card": advice.key,
            "draft": rule.draft,
            **({"records": records} if records else {}),
        }
    }
    return card


def _summary(rule: Rule, advice: Advice) -> str:
    words = f"{_DRAFT}{advice.summary}" if rule.draft else advice.summary
    return words if len(words) < MOST_SUMMARY else f"{words[: MOST_SUMMARY - 2]}…"


def _detail(found: Finding) -> str:
    """GitHub flavoured Markdown: the advice, the facts with their dates, the sources."""
    parts = [found.advice.detail]
    parts += ["\n".join(f"- {_fact(each)}" for each in found.used)]
    parts += ["Sources: " + "; ".join(map(_cited, found.advice.citations)) + "."]
    if found.rule.draft:
        parts.append(f"Draft: no clinician has reviewed this rule ({found.rule.id}, version {found.rule.version}).")
    return "\n\n".join(parts)


def _cited(citation: Citation) -> str:
    remembered = ", written down from memory" if citation.from_memory else ""
    return f"{citation.source}, {citation.edition}{remembered} ({citation.link})"


def _fact(value: FactValue) -> str:
    said = _WHY[value.why] if value.why is not None else _words(value.value)
    counted = isinstance(value.value, Decimal | Between) and value.fact.unit not in ("", "1", "{score}")
    unit = f" {_UNITS.get(value.fact.unit, value.fact.unit)}" if counted else ""
    when = f" ({value.when.text[: len('2026-11-23')]})" if value.when is not None else ""
    return f"{value.fact.words}: {said}{unit}{when}"


def _words(value: Value | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{round(value, 3).normalize():f}"
    if isinstance(value, Between):
        low = None if value.low is None else f"{'more than' if value.low_out else 'at least'} {_words(value.low)}"
        high = None if value.high is None else f"{'less than' if value.high_out else 'at most'} {_words(value.high)}"
        return " and ".join(filter(None, (low, high)))
    return value or "not known"


def _records(used: Iterable[FactValue], of: Versions) -> list[str]:
    """`Observation/o1/_history/3`, or without its version where none came with it."""
    records = dict.fromkeys(each for value in used for each in value.records if each.id != "unknown")
    return [f"{each}/_history/{of[each]}" if of.get(each) else str(each) for each in records]


def _topic(rule: Rule) -> Json:
    return {"system": PLAN_DEFINITION.rstrip("/"), "code": rule.id, "display": rule.title}


def _coding(coding: Coding) -> Json:
    return {"system": coding.system, "code": coding.code, **({"display": coding.display} if coding.display else {})}


def _suggestion(suggestion: Suggestion, found: Finding, patient: Reference, records: list[str]) -> Json:
    action = {
        "type": "create",
        "description": suggestion.text,
        "resource": _proposal(suggestion, found.rule, patient, records),
    }
    return {"label": suggestion.text, "uuid": str(uuid.uuid4()), "actions": [action]}


def _proposal(suggestion: Suggestion, rule: Rule, patient: Reference, records: list[str]) -> Json:
    """What accepting a suggestion adds, as a proposal of R4: a draft with the records that it rests on."""
    concept = {
        **({"coding": [_coding(suggestion.code)]} if suggestion.code is not None else {}),
        "text": suggestion.text,
    }
    of_rule = f"{PLAN_DEFINITION}{rule.id}|{rule.version}"
    subject = {"reference": str(patient)}
    about = [{"reference": each} for each in records]
    common: Json = {"resourceType": suggestion.kind, "status": "draft"}
    not_to_do = {"doNotPerform": True} if suggestion.not_to_do else {}
    if suggestion.kind == "CommunicationRequest":
        payload = [{"contentString": suggestion.text}]
        return common | not_to_do | {"subject": subject, "payload": payload} | _filled("about", about)
    common |= {"intent": "proposal"}
    if suggestion.kind == "MedicationRequest":
        own = {"medicationCodeableConcept": concept, "subject": subject, "instantiatesCanonical": [of_rule]}
        return common | not_to_do | own | _filled("supportingInformation", about)
    if suggestion.kind == "ServiceRequest":
        own = {"code": concept, "subject": subject, "instantiatesCanonical": [of_rule]}
        return common | not_to_do | own | _filled("supportingInfo", about)
    inputs = [{"type": {"text": "record used"}, "valueReference": each} for each in about]
    own = {"description": suggestion.text, "for": subject, "instantiatesCanonical": of_rule}
    return common | own | _filled("input", inputs)


def _filled(name: str, values: list[Json]) -> Json:
    """CDS Hooks and FHIR forbid empty lists."""
    return {name: values} if values else {}


def _unanswered(findings: list[Finding]) -> list[Json]:
    """One card for what nobody can say, by the fact that is missing: silence would read as "does not apply"."""
    if not findings:
        return []
    waiting: dict[str, tuple[FactValue, list[str]]] = {}
    for found in findings:
        for value in found.missing:
            titles = waiting.setdefault(value.fact.name, (value, []))[1]
            titles += [found.rule.title] if found.rule.title not in titles else []
    said = f"{len(findings)} recommendation{'s' if len(findings) > 1 else ''} cannot be judged for lack of facts"
    lines = [f"- {_fact(value)}. Needed for: {'; '.join(titles)}" for value, titles in waiting.values()]
    return [
        {
            "uuid": str(uuid.uuid4()),
            "summary": said,
            "detail": "\n".join(lines),
            "indicator": str(Indicator.INFO),
            "source": {"label": _OURS},
        }
    ]
