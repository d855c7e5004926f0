"""Goal: what is aimed at, by whom, who agrees, and how it stands to other goals."""

from dataclasses import replace
from typing import Any, Final

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.goal import CONFLICTS_WITH, RELATIONS, Acceptance, Goal, OtherTarget, RelatedGoal
from dashboard.domain.record.observation import Target
from dashboard.domain.values.code_systems import GOAL_RELATION
from dashboard.domain.values.datatypes import NOBODY
from dashboard.domain.values.terminology import Terminology
from dashboard.domain.values.words import without_control_characters
from dashboard.fhir.mapping.comments import comments, write_comments
from dashboard.fhir.mapping.concepts import codings, concept, concept_text, concepts
from dashboard.fhir.mapping.dates import date_or_unreadable
from dashboard.fhir.mapping.elements import (
    CannotRead,
    Json,
    first_named,
    many,
    named_reference,
    reference,
    references,
    text,
)
from dashboard.fhir.mapping.extensions import (
    ACCEPTANCE_WORDS,
    GOAL_ACCEPTANCE,
    GOAL_RELATIONSHIP,
    extension_text,
    extensions,
    part_of,
)
from dashboard.fhir.mapping.goal_targets import read_targets, write_targets
from dashboard.fhir.mapping.reading import origin, patient_of, version
from dashboard.fhir.mapping.statuses import ACHIEVEMENT, PRIORITY, status_in
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
    write_parts,
    write_references,
    write_words_of_concept,
    written_codings,
    written_date,
)

_ACHIEVEMENT: Final = "http://terminology.hl7.org/CodeSystem/goal-achievement"
_PRIORITY: Final = "http://terminology.hl7.org/CodeSystem/goal-priority"
_RELATION: Final = "http://terminology.hl7.org/CodeSystem/goal-relationship-type"


def listed(resource: Json, terminology: Terminology) -> Goal | Exclusion:
    """Returns the goal for a list or a cache: without its resource, and not where it was entered in error."""
    if text(resource.get("lifecycleStatus")) == "entered-in-error":
        return Exclusion.ENTERED_IN_ERROR
    return replace(from_fhir(resource, terminology), source=None)


def from_fhir(resource: Json, terminology: Terminology) -> Goal:
    """Returns the goal with the resource it was read from. Raises CannotRead for one without words.

    A target or date that cannot be read leaves the goal in its words, and is named in `unreadable`.
    """
    description = concept(resource.get("description"))
    if not description.text:
        raise CannotRead("no-code")
    targets, dues, problems = read_targets(resource, terminology)
    numbers = tuple(each for each in targets if isinstance(each, Target))
    start, without_start = date_or_unreadable(resource, "startDate")
    status_date, without_date = date_or_unreadable(resource, "statusDate")
    expressed_by = first_named(resource.get("expressedBy"))
    return Goal(
        origin=origin(resource),
        text=description.text,
        lifecycle_status=text(resource.get("lifecycleStatus")),
        achievement_status=status_in(resource.get("achievementStatus"), ACHIEVEMENT),
        by_patient=expressed_by.to is not None and expressed_by.to.type in ("Patient", "RelatedPerson"),
        due=next(iter(dues), None),
        targets=numbers,
        other_targets=tuple(each for each in targets if isinstance(each, OtherTarget)),
        description=description,
        achievement_text=concept_text(resource.get("achievementStatus")),
        start=start,
        status_date=status_date,
        status_reason=text(resource.get("statusReason")),
        expressed_by=expressed_by,
        addresses=references(resource.get("addresses")),
        measured=tuple(measured for part in many(resource.get("target")) for measured in concepts(part.get("measure"))),
        unreadable=problems or without_start or without_date,
        version=version(resource),
        patient=patient_of(resource),
        priority=status_in(resource.get("priority"), PRIORITY),
        accepted_by=tuple(filter(None, map(_acceptance, extensions(resource, GOAL_ACCEPTANCE)))),
        related=tuple(filter(None, map(_related, extensions(resource, GOAL_RELATIONSHIP)))),
        notes=comments(resource),
        source=resource,
    )


def _acceptance(part: Json) -> Acceptance | None:
    """Whether somebody agrees; None where nobody is named."""
    person = named_reference(part_of(part, "individual").get("valueReference"))
    if person.to is None and not person.name:
        return None
    return Acceptance(person, extension_text(part, "status"), extension_text(part, ACCEPTANCE_WORDS))


def _related(part: Json) -> RelatedGoal | None:
    """The other goal; None for one that cannot be followed. Our own code counts before HL7's, which is "other"."""
    goal = reference(part_of(part, "target").get("valueReference"))
    if goal is None:
        return None
    written = part_of(part, "type").get("valueCodeableConcept")
    found = codings(written)
    own = next((coding.code for coding in found if coding.system == GOAL_RELATION), "")
    known = next((coding.code for coding in found if coding.code in RELATIONS), "")
    meant = CONFLICTS_WITH if concept_text(written).casefold() == CONFLICTS_WITH.replace("-", " ") else ""
    return RelatedGoal(own or meant or known or next((coding.code for coding in found), "other"), goal)


def to_fhir(value: Goal, terminology: Terminology) -> Json:
    """Returns the resource of the goal, with the elements of changed fields written over what was read; of a new one
    (`source` {}) a resource without id.

    Raises NotWritable for a goal of a list, for fields that are only read, and for a target that FHIR cannot say.
    """

    def write_aims(resource: Json, goal: Goal) -> None:
        write_targets(resource, source_of(goal), (*goal.targets, *goal.other_targets), goal.due, terminology)

    writers: dict[str, Writer] = {**_WRITERS, "targets": write_aims, "other_targets": write_aims, "due": write_aims}
    if value.source != {}:
        return write_changes(from_fhir(source_of(value), terminology), value, writers)
    blank = {"description": {"text": value.text}}
    return new_resource(blank, lambda resource: from_fhir(resource, terminology), value, writers)


def _write_achievement(resource: Json, value: Any) -> None:
    """A new status replaces the whole element: other codings and words in it would be the old one's."""
    coding = {"system": _ACHIEVEMENT, "code": value.achievement_status}
    put(resource, "achievementStatus", {"coding": [coding]} if value.achievement_status else None)


def _write_text(resource: Json, value: Goal) -> None:
    write_words_of_concept(resource, "description", value.text)


def _write_start(resource: Json, value: Goal) -> None:
    put(resource, "startDate", written_date(value.start))
    if value.start is not None:
        put(resource, "startCodeableConcept", None)


def _write_priority(resource: Json, value: Goal) -> None:
    """A new priority replaces the whole element, as a new achievement does."""
    display = value.priority.replace("-", " ").title()
    coding = {"system": _PRIORITY, "code": value.priority, "display": display}
    put(resource, "priority", {"coding": [coding]} if value.priority else None)


def _write_acceptances(resource: Json, value: Goal) -> None:
    write_entries(
        resource,
        "extension",
        value.accepted_by,
        read=lambda part: _acceptance(part) if part.get("url") == GOAL_ACCEPTANCE else None,
        make=lambda new: _accepting({"url": GOAL_ACCEPTANCE}, new),
        change=_accepting,
        likeness=lambda one, other: int(
            one.person.to == other.person.to if one.person.to else one.person.name == other.person.name
        ),
    )


def _accepting(part: Json, new: Acceptance) -> Json:
    """Writes what the person says into the extension, beside the parts that we do not know (how urgent it is)."""
    before = _acceptance(part) or Acceptance(NOBODY, "")
    written: dict[str, Json | None] = {}
    if before.person.to != new.person.to or new.person.name not in ("", before.person.name):
        written["individual"] = {"valueReference": named(new.person)}
    if before.status != new.status:
        written["status"] = {"valueCode": new.status} if new.status else None
    if before.words != new.words:
        words = without_control_characters(new.words)
        written[ACCEPTANCE_WORDS] = {"valueString": words} if words else None
    write_parts(part, written)
    return part


def _write_related(resource: Json, value: Goal) -> None:
    write_entries(
        resource,
        "extension",
        value.related,
        read=lambda part: _related(part) if part.get("url") == GOAL_RELATIONSHIP else None,
        make=lambda new: _relating({"url": GOAL_RELATIONSHIP}, new),
        change=_relating,
        likeness=lambda one, other: int(one.goal == other.goal),
    )


def _relating(part: Json, new: RelatedGoal) -> Json:
    """Writes the relation into the extension. Raises NotWritable without a kind: FHIR asks for it."""
    if not new.kind:
        raise NotWritable("a relation of two goals has a kind")
    coding = {"system": _RELATION, "code": new.kind, "display": new.kind.capitalize()}
    kind: Json = {"coding": [coding]}
    if new.kind == CONFLICTS_WITH:
        words = CONFLICTS_WITH.replace("-", " ").capitalize()
        own = {"system": GOAL_RELATION, "code": CONFLICTS_WITH, "display": words}
        kind = {"coding": [{"system": _RELATION, "code": "other", "display": "Other"}, own], "text": words}
    written: dict[str, Json | None] = {"type": {"valueCodeableConcept": kind}}
    if _related(part) is None:
        written["target"] = {"valueReference": reference_to(new.goal)}
    write_parts(part, written)
    return part


_WRITERS: Final[dict[str, Writer]] = {
    "text": _write_text,
    "lifecycle_status": lambda resource, value: put(resource, "lifecycleStatus", value.lifecycle_status),
    "achievement_status": _write_achievement,
    "description": lambda resource, value: put(
        resource, "description.coding", written_codings(value.description.codings) or None
    ),
    "start": _write_start,
    "status_date": lambda resource, value: put(resource, "statusDate", written_date(value.status_date)),
    "status_reason": lambda resource, value: put(resource, "statusReason", value.status_reason),
    "expressed_by": lambda resource, value: put(resource, "expressedBy", named(value.expressed_by)),
    "addresses": lambda resource, value: write_references(resource, "addresses", value.addresses),
    "patient": lambda resource, value: put(resource, "subject", reference_to(value.patient) if value.patient else None),
    "priority": _write_priority,
    "accepted_by": _write_acceptances,
    "related": _write_related,
    "notes": lambda resource, value: write_comments(resource, value.notes),
    # These follow from others, and from the Conditions that are addressed.
    "by_patient": derived,
    "conditions": derived,
    "measured": derived,
}
"""How each field is written; the others are only read. `to_fhir` adds the targets, which need the terminology."""
