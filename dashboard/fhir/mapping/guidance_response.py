"""GuidanceResponse: what somebody saw of a recommendation, on which facts, and what the team answered.

https://hl7.org/fhir/R4/guidanceresponse.html. The facts are a contained Parameters, to which `outputParameters` refers:
a parameter each, with the records that it comes from and their versions. The answers are extensions
of ours (`GUIDANCE_REPLY`), since R4 has no element for them; `result` is the CarePlan that accepting has changed.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from dashboard.domain.guidelines.evaluate import Outcome
from dashboard.domain.guidelines.fact import Between, FactKind, Value, Why
from dashboard.domain.guidelines.fact_seen import FactSeen, RecordSeen
from dashboard.domain.guidelines.guidance import Card, Guidance, Reply, ReplyKind
from dashboard.domain.guidelines.override_reasons import OVERRIDE_REASONS, REASON_CODES
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.values.code_systems import GUIDANCE_ANSWERED, GUIDANCE_NUMBER, OVERRIDE_REASON
from dashboard.domain.values.datatypes import Coding
from dashboard.fhir.mapping.dates import partial_date
from dashboard.fhir.mapping.elements import CannotRead, Json, many, named_reference, one, reference, text
from dashboard.fhir.mapping.extensions import GUIDANCE_CARD, GUIDANCE_REPLY, GUIDANCE_SEEN_BY, extensions, part_of
from dashboard.fhir.mapping.quantities import number
from dashboard.fhir.mapping.reading import origin, patient_of, version
from dashboard.fhir.mapping.writing import (
    NotWritable,
    Writer,
    derived,
    named,
    new_resource,
    put,
    reference_to,
    source_of,
    write_changes,
    write_entries,
    written_codings,
)

ANSWERED: Final = "answered"
_FACTS: Final = "facts"
_SOFTWARE: Final = "C3 dashboard"
_STATUS: Final = {Outcome.APPLIES: "success", Outcome.CANNOT_SAY: "data-required"}
_OUTCOME: Final = {status: outcome for outcome, status in _STATUS.items()}
_RECORD_OF: Final = {
    FactKind.CONDITION: "Condition",
    FactKind.STAGE: "Condition",
    FactKind.MEDICINE: "MedicationRequest",
    FactKind.SINCE_STARTED: "MedicationRequest",
    FactKind.MEDICINES: "MedicationRequest",
    FactKind.SINCE_CONTACT: "Encounter",
    FactKind.AGE: "Patient",
    FactKind.REGISTER: "ResearchSubject",
}
"""The type of record that would make a fact known; an Observation of all others."""
_REASONS: Final = {each.code: each for each in OVERRIDE_REASONS}


def listed(resource: Json) -> Guidance | Exclusion | None:
    """The guidance for a list, without its resource; None where it is not one of our rules' (no card is named), an
    Exclusion where it was entered in error. Raises CannotRead.
    """
    if not part_of(resource, GUIDANCE_CARD):
        return None
    if resource.get("status") == "entered-in-error":
        return Exclusion.ENTERED_IN_ERROR
    read = from_fhir(resource)
    return Guidance(
        read.origin, read.patient, read.card, read.outcome, read.facts, read.missing, read.first_seen, read.by,
        read.replies, read.plan, read.version,
    )  # fmt: skip


def from_fhir(resource: Json) -> Guidance:
    """The guidance with the resource it was read from. Raises CannotRead for one without person, rule, card or status,
    for a fact that cannot be read, and for an answer that cannot: it may be the one that counts.
    """
    patient = patient_of(resource)
    if patient is None:
        raise CannotRead("no-patient")
    rule, _, rule_version = text(resource.get("moduleCanonical")).partition("|")
    key = text(part_of(resource, GUIDANCE_CARD).get("valueId"))
    outcome = _OUTCOME.get(text(resource.get("status")))
    if not rule or not key or outcome is None:
        raise CannotRead("malformed")
    return Guidance(
        origin=origin(resource),
        patient=patient,
        card=Card(rule, rule_version, key),
        outcome=outcome,
        facts=tuple(_facts(resource)),
        missing=tuple(filter(None, (text(each.get("id")) for each in many(resource.get("dataRequirement"))))),
        first_seen=partial_date(resource.get("occurrenceDateTime")),
        by=named_reference(part_of(resource, GUIDANCE_SEEN_BY).get("valueReference")),
        replies=tuple(_reply(each) for each in extensions(resource, GUIDANCE_REPLY)),
        plan=reference(resource.get("result")),
        version=version(resource),
        source=resource,
    )


def _facts(resource: Json) -> Iterator[FactSeen]:
    wanted = text(one(resource.get("outputParameters")).get("reference")).removeprefix("#")
    for holder in many(resource.get("contained")):
        if holder.get("resourceType") == "Parameters" and text(holder.get("id")) == wanted:
            for parameter in many(holder.get("parameter")):
                yield _fact(parameter)


def _fact(parameter: Json) -> FactSeen:
    parts = _parts(parameter)
    name, value = text(parameter.get("name")), _value(parts)
    why = text(parts.get("why", {}).get("valueCode"))
    if not name or (value is None) is not bool(why):
        raise CannotRead("malformed")
    records = []
    for each in many(parameter.get("part")):
        if each.get("name") == "record":
            held = _parts(each)
            to = reference(held.get("reference", {}).get("valueReference"))
            if to is None:
                raise CannotRead("malformed")
            records.append(RecordSeen(to, text(held.get("version", {}).get("valueString"))))
    return FactSeen(
        name=name,
        # A code that is none of ours is a ValueError, which `read_one` takes for malformed.
        kind=FactKind(text(parts.get("kind", {}).get("valueCode"))),
        value=value,
        unit=text(parts.get("unit", {}).get("valueString")),
        when=partial_date(parts.get("when", {}).get("valueDateTime")),
        records=tuple(records),
        why=Why(why) if why else None,
    )


def _parts(holder: Json) -> dict[str, Json]:
    return {text(each.get("name")): each for each in many(holder.get("part"))}


def _value(parts: dict[str, Json]) -> Value | None:
    held = parts.get("value", {})
    if isinstance(held.get("valueBoolean"), bool):
        return bool(held["valueBoolean"])
    if "valueString" in held:
        return text(held["valueString"])
    if "valueDecimal" in held:
        return number(held["valueDecimal"])
    if "low" in parts or "high" in parts or "open" in parts:
        (low, low_out), (high, high_out) = _end(parts.get("low"), ">"), _end(parts.get("high"), "<")
        return Between(low, high, low_out, high_out)
    return None


def _end(part: Json | None, outside: str) -> tuple[Decimal | None, bool]:
    if part is None:
        return None, False
    quantity = one(part.get("valueQuantity"))
    return number(quantity.get("value")), quantity.get("comparator") == outside


def _reply(extension: Json) -> Reply:
    parts = {text(each.get("url")): each for each in many(extension.get("extension"))}
    at = partial_date(parts.get("at", {}).get("valueDateTime"))
    if at is None:
        raise CannotRead("no-date")
    until = partial_date(parts.get("until", {}).get("valueDate"))
    if "until" in parts and (until is None or until.precision != "day"):
        raise CannotRead("bad-date")
    made = (reference(each.get("valueReference")) for each in extensions(extension, "made"))
    why = one(parts.get("reason", {}).get("valueCoding"))
    reason = text(why.get("code"))
    return Reply(
        kind=ReplyKind(text(parts.get("kind", {}).get("valueCode"))),
        by=named_reference(parts.get("by", {}).get("valueReference")),
        at=at,
        until=until.start if until is not None else None,
        reason=reason,
        display="" if reason in REASON_CODES else text(why.get("display")),
        words=text(parts.get("words", {}).get("valueString")),
        made=tuple(to for to in made if to is not None),
    )


def to_fhir(value: Guidance) -> Json:
    """The resource. Of one that was read only a new answer and the plan are written: what was seen stays as it was.

    One that was answered gets a tag that says so. Raises NotWritable.
    """
    written = _written(value)
    tags = many(one(written.get("meta")).get("tag"))
    if value.replies and not any(each.get("system") == GUIDANCE_ANSWERED for each in tags):
        put(written, "meta.tag", [*tags, {"system": GUIDANCE_ANSWERED, "code": ANSWERED}])
    return written


def _written(value: Guidance) -> Json:
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, _WRITERS)
    if value.outcome not in _STATUS:
        raise NotWritable("a card that does not apply is shown to nobody")
    seen_by = named(value.by)
    blank: Json = {
        "contained": [{"resourceType": "Parameters", "id": _FACTS, "parameter": [*map(_written_fact, value.facts)]}],
        "extension": [
            {"url": GUIDANCE_CARD, "valueId": value.card.key},
            *([{"url": GUIDANCE_SEEN_BY, "valueReference": seen_by}] if seen_by is not None else []),
        ],
        "identifier": [{"system": GUIDANCE_NUMBER, "value": value.number}],
        "moduleCanonical": value.card.canonical,
        "status": _STATUS[value.outcome],
        "subject": reference_to(value.patient),
        "performer": {"display": _SOFTWARE},
        "outputParameters": {"reference": f"#{_FACTS}"},
    }
    put(blank, "occurrenceDateTime", value.first_seen.text if value.first_seen else None)
    kinds = {each.name: each.kind for each in value.facts}
    needs = [{"id": name, "type": _RECORD_OF.get(kinds[name], "Observation")} for name in value.missing]
    put(blank, "dataRequirement", needs or None)
    return new_resource(blank, from_fhir, value, {**_AS_MADE, **_WRITERS})


def _written_fact(fact: FactSeen) -> Json:
    parts: list[Json] = [{"name": "kind", "valueCode": str(fact.kind)}, *_written_value(fact.value)]
    if fact.unit:
        parts.append({"name": "unit", "valueString": fact.unit})
    if fact.why is not None:
        parts.append({"name": "why", "valueCode": str(fact.why)})
    if fact.when is not None:
        parts.append({"name": "when", "valueDateTime": fact.when.text})
    for to, record_version in fact.records:
        held: list[Json] = [{"name": "reference", "valueReference": reference_to(to)}]
        parts.append(
            {
                "name": "record",
                "part": held + ([{"name": "version", "valueString": record_version}] if record_version else []),
            }
        )
    return {"name": fact.name, "part": parts}


def _written_value(value: Value | None) -> Iterator[Json]:
    if isinstance(value, bool):
        yield {"name": "value", "valueBoolean": value}
    elif isinstance(value, str):
        yield {"name": "value", "valueString": value}
    elif isinstance(value, Decimal):
        yield {"name": "value", "valueDecimal": _plain(value)}
    elif isinstance(value, Between):
        if value.low is None and value.high is None:
            yield {"name": "open", "valueBoolean": True}
        for name, end, sign in (
            ("low", value.low, ">" if value.low_out else ">="),
            ("high", value.high, "<" if value.high_out else "<="),
        ):
            if end is not None:
                yield {"name": name, "valueQuantity": {"value": _plain(end), "comparator": sign}}


def _plain(value: Decimal) -> Decimal | int:
    """Without an exponent, which JSON has and some servers do not."""
    return int(value) if value == value.to_integral_value() else value


def _write_replies(resource: Json, value: Guidance) -> None:
    write_entries(
        resource,
        "extension",
        value.replies,
        read=lambda part: _reply(part) if part.get("url") == GUIDANCE_REPLY else None,
        make=_written_reply,
        only_added="an answer to a recommendation stays on record",
    )


def _written_reply(reply: Reply) -> Json:
    by = named(reply.by)
    reason = _REASONS.get(reply.reason, Coding(OVERRIDE_REASON, reply.reason, reply.display)) if reply.reason else None
    parts: list[Json] = [
        {"url": "kind", "valueCode": str(reply.kind)},
        {"url": "at", "valueDateTime": reply.at.text},
        *([{"url": "by", "valueReference": by}] if by is not None else []),
        *([{"url": "until", "valueDate": reply.until.isoformat()}] if reply.until is not None else []),
        *([{"url": "reason", "valueCoding": written_codings([reason])[0]}] if reason is not None else []),
        *([{"url": "words", "valueString": reply.words}] if reply.words else []),
        *({"url": "made", "valueReference": reference_to(each)} for each in reply.made),
    ]
    return {"url": GUIDANCE_REPLY, "extension": parts}


_WRITERS: Final[dict[str, Writer]] = {
    "replies": _write_replies,
    "plan": lambda resource, value: put(resource, "result", reference_to(value.plan) if value.plan else None),
}
"""What is written of a record that was read."""
_AS_MADE: Final[dict[str, Writer]] = dict.fromkeys(("facts", "first_seen", "by", "card", "missing"), derived)
"""What a new record is made with."""
