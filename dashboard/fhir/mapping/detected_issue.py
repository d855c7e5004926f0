"""DetectedIssue: that guidelines contradict each other for somebody, and what the team decided.

https://hl7.org/fhir/R4/detectedissue.html. A decision is a mitigation: its action says what is done, `date` when,
`author` by whom; why, and which goals it has marked as in conflict, are an extension of ours (`MITIGATION_DECISION`).
"""

from typing import Final

from dashboard.domain.guidelines.reconciliation import Decision, Evidence, Reconciliation, Way
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.values.code_systems import CONTRADICTION, CONTRADICTION_NUMBER, DECISION
from dashboard.fhir.mapping.concepts import codings, concept_text
from dashboard.fhir.mapping.dates import partial_date
from dashboard.fhir.mapping.elements import CannotRead, Json, many, named_reference, one, reference, references, text
from dashboard.fhir.mapping.extensions import (
    CONTRADICTION_FACTS,
    MITIGATION_DECISION,
    extension_text,
    extensions,
    part_of,
)
from dashboard.fhir.mapping.reading import origin, patient_of, version
from dashboard.fhir.mapping.writing import (
    Writer,
    derived,
    named,
    new_resource,
    put,
    reference_to,
    source_of,
    write_changes,
    write_entries,
)

_DECIDED, _OPEN = "final", "preliminary"
"""Of the statuses of R4 those that say whether somebody has decided; what is taken back is open again."""


def listed(resource: Json) -> Reconciliation | Exclusion | None:
    """The record for a list, without its resource; None where it is about something else than our rules, an Exclusion
    where it was entered in error. Raises CannotRead.
    """
    if not part_of(resource, CONTRADICTION_FACTS):
        return None
    if resource.get("status") == "entered-in-error":
        return Exclusion.ENTERED_IN_ERROR
    read = from_fhir(resource)
    return Reconciliation(
        read.origin, read.patient, read.target, read.stamp, read.words, read.severity, read.identified, read.author,
        read.implicated, read.evidence, read.link, read.decisions, read.version,
    )  # fmt: skip


def from_fhir(resource: Json) -> Reconciliation:
    """The record with the resource it was read from. Raises CannotRead for one without person, target or facts, and for
    a decision that cannot be read: it may be the one that counts.
    """
    patient = patient_of(resource)
    if patient is None:
        raise CannotRead("no-patient")
    target = next((each.code for each in codings(resource.get("code")) if each.system == CONTRADICTION), "")
    stamp = extension_text(resource, CONTRADICTION_FACTS)
    if not target or not stamp:
        raise CannotRead("malformed")
    return Reconciliation(
        origin=origin(resource),
        patient=patient,
        target=target,
        stamp=stamp,
        words=concept_text(resource.get("code")),
        severity=text(resource.get("severity")),
        identified=partial_date(resource.get("identifiedDateTime")),
        author=named_reference(resource.get("author")),
        implicated=references(resource.get("implicated")),
        evidence=tuple(_evidence(each) for each in many(resource.get("evidence"))),
        link=text(resource.get("reference")),
        decisions=tuple(_decision(each) for each in many(resource.get("mitigation"))),
        version=version(resource),
        source=resource,
    )


def _evidence(part: Json) -> Evidence:
    return Evidence(concept_text(one(part.get("code"))), references(part.get("detail")))


def _decision(part: Json) -> Decision:
    ways = [each.code for each in codings(part.get("action")) if each.system == DECISION]
    at = partial_date(part.get("date"))
    if not ways or at is None:
        raise CannotRead("malformed" if at is not None else "no-date")
    why = part_of(part, MITIGATION_DECISION)
    marked = (reference(each.get("valueReference")) for each in extensions(why, "goal"))
    return Decision(
        # A code that is none of ours is a ValueError, which `read_one` takes for malformed.
        way=Way(ways[0]),
        words=text(one(part.get("action")).get("text")),
        reason=text(part_of(why, "reason").get("valueString")),
        by=named_reference(part.get("author")),
        at=at,
        goals=tuple(to for to in marked if to is not None),
    )


def to_fhir(value: Reconciliation) -> Json:
    """The resource. Of one that was read only a new decision is written: what was found stays as it was.

    Raises NotWritable.
    """
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, _WRITERS)
    blank: Json = {
        "extension": [{"url": CONTRADICTION_FACTS, "valueString": value.stamp}],
        "identifier": [{"system": CONTRADICTION_NUMBER, "value": value.number}],
        "status": _OPEN,
        "code": {"coding": [{"system": CONTRADICTION, "code": value.target}], "text": value.words},
        "patient": reference_to(value.patient),
    }
    put(blank, "severity", value.severity)
    put(blank, "identifiedDateTime", value.identified.text if value.identified else None)
    put(blank, "author", named(value.author))
    put(blank, "implicated", [reference_to(each) for each in value.implicated] or None)
    put(blank, "evidence", [_written_evidence(each) for each in value.evidence] or None)
    put(blank, "reference", value.link)
    return new_resource(blank, from_fhir, value, {**_AS_MADE, **_WRITERS})


def _written_evidence(evidence: Evidence) -> Json:
    part: Json = {"code": [{"text": evidence.words}]} if evidence.words else {}
    put(part, "detail", [reference_to(each) for each in evidence.records] or None)
    return part


def _write_decisions(resource: Json, value: Reconciliation) -> None:
    write_entries(
        resource,
        "mitigation",
        value.decisions,
        read=_decision,
        make=_written_decision,
        only_added="a decision about a contradiction stays on record",
    )
    put(resource, "status", _OPEN if value.decision is None else _DECIDED)


def _written_decision(decision: Decision) -> Json:
    parts: list[Json] = [{"url": "reason", "valueString": decision.reason}] if decision.reason else []
    parts += [{"url": "goal", "valueReference": reference_to(each)} for each in decision.goals]
    action: Json = {"coding": [{"system": DECISION, "code": str(decision.way)}]}
    put(action, "text", decision.words)
    part: Json = {"extension": [{"url": MITIGATION_DECISION, "extension": parts}]} if parts else {}
    part |= {"action": action, "date": decision.at.text}
    put(part, "author", named(decision.by))
    return part


_WRITERS: Final[dict[str, Writer]] = {"decisions": _write_decisions}
"""What is written of a record that was read."""
_AS_MADE: Final[dict[str, Writer]] = dict.fromkeys(
    ("words", "severity", "identified", "author", "implicated", "evidence", "link", "target", "stamp"), derived
)
"""What a new record is made with."""
