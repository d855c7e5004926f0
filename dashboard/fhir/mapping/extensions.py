"""The extensions that are read and written, each with where it is defined, and how one is found in an element.

One of our own is under `https://c3-cloud.example/`, and is never made to look official.
"""

from typing import Final

from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping.elements import Json, many, reference, text

_OWN: Final = "https://c3-cloud.example/fhir/StructureDefinition/"

GOAL_ACCEPTANCE: Final = "http://hl7.org/fhir/StructureDefinition/goal-acceptance"
"""Who agrees to a goal, with `individual` (Patient, Practitioner or RelatedPerson), `status` and `priority`:
https://hl7.org/fhir/R4/extension-goal-acceptance.html
"""
ACCEPTANCE_WORDS: Final = _OWN + "goal-acceptance-words"
"""Within `GOAL_ACCEPTANCE`: what the person said to it (a string). HL7 has no place for that; our own."""
GOAL_RELATIONSHIP: Final = "http://hl7.org/fhir/StructureDefinition/goal-relationship"
"""Another goal and how it is related, with `type` and `target`:
https://hl7.org/fhir/R4/extension-goal-relationship.html
"""
PERTAINS_TO_GOAL: Final = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal"
"""A goal that something is to help reach (a Reference): https://hl7.org/fhir/R4/extension-resource-pertainstogoal.html"""
CUSTODIAN: Final = "http://hl7.org/fhir/us/mcc/StructureDefinition/custodian"
"""Who keeps a CarePlan (a Reference), which R4 has no element for: MCC eCare Plan 1.0.0,
https://hl7.org/fhir/us/mcc/STU1/StructureDefinition-custodian.html
"""
CUSTODIAN_OF_R5: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-CarePlan.custodian"
"""The same as R5's element is written in R4, by the rule for extensions between versions:
https://hl7.org/fhir/R5/versions.html#extensions
"""
STATUS_REASON: Final = "http://hl7.org/fhir/StructureDefinition/request-statusReason"
"""Why a ServiceRequest has its status (a CodeableConcept): https://hl7.org/fhir/R4/extension-request-statusreason.html"""
SECTION_TIME: Final = _OWN + "section-time"
"""When a section of a Composition was written (a dateTime): R4 has who wrote it, and not when; our own."""
ATTENDANCE: Final = _OWN + "attendance"
"""How somebody took part in a conference (a code, `room` or `remote`): R4 has nothing for it; our own."""
AGENDA_MINUTES: Final = _OWN + "agenda-minutes"
"""How many minutes an entry of an agenda is given (a positiveInt): R4 has nothing for it; our own."""
AGENDA_PREPARER: Final = _OWN + "agenda-preparer"
"""Who is asked to prepare an entry of an agenda (a Reference): R4 has nothing for it; our own."""
STUDY_SITE: Final = _OWN + "research-study-site"
"""A site of a ResearchStudy, with `site` (a Reference to an Organization) and, for each target, a part `target` with
`day` (a date) and `people` (an unsignedInt). R4's own `site` refers to Locations alone, and has no target; our own."""
SUBJECT_SITE: Final = _OWN + "research-subject-site"
"""The present site of a ResearchSubject (a Reference to an Organization): R4 has nothing for it; our own."""
EVALUATION_LAYER: Final = _OWN + "evaluation-layer"
"""The layer of C3-Cloud's evaluation that a ResearchSubject is in (a positiveInt, 3 or 4). The address of C3-Cloud's
own extension was not found; our own."""
ENROLMENT_CHANGE: Final = _OWN + "enrolment-change"
"""One change of a ResearchSubject, with `action` and `state` (codes), `day` (a date), `recorded` (a dateTime), `by`,
`site` and `team` (References), `reason` (a Coding), `why` (a string) and `takenBack` (a boolean): R4 has one status and
no history of it; our own.
"""
GUIDANCE_CARD: Final = _OWN + "guidance-card"
"""Which card of a rule a GuidanceResponse is about (an id: that of the PlanDefinition's action): `module` names the
PlanDefinition alone; our own."""
OVERRIDE_REASON_OF_CARD: Final = _OWN + "guideline-override-reason"
"""A reason of a card's own why it is not for somebody, in an action of a PlanDefinition, with `reason` (a Coding) and
`label` (a code: how its source was read): R4 has nothing for it; our own."""
GUIDANCE_SEEN_BY: Final = _OWN + "guidance-seen-by"
"""Who saw a GuidanceResponse first (a Reference): R4's `performer` is the device that evaluated it; our own."""
GUIDANCE_REPLY: Final = _OWN + "guidance-reply"
"""One answer of the team to a GuidanceResponse, with `kind` (a code: accepted, not-now, not-for-this-person or
taken-back), `by` (a Reference), `at` (a dateTime), `until` (a date), `reason` (a Coding), `words` (a string) and `made`
(References to what was added to the plan): R4 has no element for it; our own.
"""
GUIDELINE_EFFECT: Final = _OWN + "guideline-effect"
"""What a card of a guideline rule would change, on an action of a PlanDefinition, with `direction` and `what` (codes)
and `aim` (a decimal): R4's PlanDefinition has goals for people, and no way to say what an action raises or lowers; our
own.
"""
CONTRADICTION_FACTS: Final = _OWN + "contradiction-facts"
"""The facts on which a contradiction of guidelines was decided, as a digest (a string) on its DetectedIssue: R4 has
nothing for it; our own.
"""
MITIGATION_DECISION: Final = _OWN + "mitigation-decision"
"""Why it was decided so, on a mitigation of a DetectedIssue, with `reason` (a string) and `goal` (References to the
goals that were marked as in conflict by it): R4 has what was done, and not why; our own.
"""
CONFLICT_CHOICE: Final = _OWN + "provenance-conflict-choice"
"""How a conflict of two changes was settled, with `item`, `field`, `was`, `mine`, `theirs`, `theirsBy` and `chosen`: R4
has nothing for it; our own.
"""


def extensions(element: Json, *urls: str) -> list[Json]:
    """Returns the extensions of an element that have one of these addresses, in their order."""
    return [each for each in many(element.get("extension")) if each.get("url") in urls]


def part_of(element: Json, url: str) -> Json:
    """Returns the first extension of an element with this address, an empty one where there is none."""
    return next(iter(extensions(element, url)), {})


def extension_references(element: Json, url: str) -> tuple[Reference, ...]:
    """Returns the literal references that the extensions with this address hold."""
    found = (reference(each.get("valueReference")) for each in extensions(element, url))
    return tuple(to for to in found if to is not None)


def extension_text(element: Json, url: str) -> str:
    """Returns the string or code of the first extension with this address, "" where there is none."""
    part = part_of(element, url)
    return text(part.get("valueString")) or text(part.get("valueCode"))
