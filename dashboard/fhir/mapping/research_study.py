"""Study: a ResearchStudy with its arms, and in an extension of ours its sites and their targets, read and written.

https://hl7.org/fhir/R4/researchstudy.html
"""

from typing import Final

from dashboard.domain.pilot.study import Study, StudyArm, StudySite, Target
from dashboard.domain.values.code_systems import TRIAL_NUMBER
from dashboard.fhir.mapping.dates import partial_date, period
from dashboard.fhir.mapping.elements import CannotRead, Json, many, named_reference, text
from dashboard.fhir.mapping.extensions import STUDY_SITE, extensions, part_of
from dashboard.fhir.mapping.identifiers import identifier_of, write_identifier
from dashboard.fhir.mapping.reading import origin, version
from dashboard.fhir.mapping.writing import (
    Writer,
    named,
    new_resource,
    put,
    source_of,
    write_changes,
    write_entries,
    written_date,
)


def from_fhir(resource: Json) -> Study:
    """Returns the study with the resource it was read from. Raises CannotRead for a malformed date or target."""
    start, end = period(resource.get("period"))
    return Study(
        origin=origin(resource),
        version=version(resource),
        title=text(resource.get("title")),
        status=text(resource.get("status")),
        registration=identifier_of(resource, TRIAL_NUMBER),
        start=start,
        end=end,
        arms=tuple(_arm(each) for each in many(resource.get("arm"))),
        sites=tuple(_site(each) for each in extensions(resource, STUDY_SITE)),
        source=resource,
    )


def _arm(element: Json) -> StudyArm:
    return StudyArm(text(element.get("name")), text(element.get("description")))


def _site(extension: Json) -> StudySite:
    targets = tuple(_target(each) for each in extensions(extension, "target"))
    site = named_reference(part_of(extension, "site").get("valueReference"))
    return StudySite(site, tuple(sorted(targets, key=lambda target: target.day)))


def _target(extension: Json) -> Target:
    day = partial_date(part_of(extension, "day").get("valueDate"))
    people = part_of(extension, "people").get("valueUnsignedInt")
    if day is None or not isinstance(people, int) or isinstance(people, bool) or people < 0:
        raise CannotRead("malformed")
    return Target(day, people)


def to_fhir(value: Study) -> Json:
    """Returns the resource of the study, with the elements of changed fields written over what was read; of a new one
    (`source` {}) a resource without id. Raises NotWritable.
    """
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, _WRITERS)
    return new_resource({}, from_fhir, value, _WRITERS)


def _write_arms(resource: Json, value: Study) -> None:
    def make(new: StudyArm) -> Json:
        return {"name": new.name, **({"description": new.description} if new.description else {})}

    def change(element: Json, new: StudyArm) -> None:
        put(element, "description", new.description)

    write_entries(
        resource, "arm", value.arms, read=_arm, make=make, change=change,
        likeness=lambda one, other: int(one.name == other.name),
    )  # fmt: skip


def _write_sites(resource: Json, value: Study) -> None:
    write_entries(
        resource,
        "extension",
        value.sites,
        read=lambda part: _site(part) if part.get("url") == STUDY_SITE else None,
        make=lambda new: _written({"url": STUDY_SITE}, new),
        change=_written,
        likeness=lambda one, other: int(one.site.to == other.site.to),
    )


def _written(extension: Json, new: StudySite) -> Json:
    """Writes site and targets; other parts of the extension stay."""
    others = [each for each in many(extension.get("extension")) if each.get("url") not in ("site", "target")]
    targets = [
        {
            "url": "target",
            "extension": [
                {"url": "day", "valueDate": each.day.text},
                {"url": "people", "valueUnsignedInt": each.people},
            ],
        }
        for each in new.targets
    ]
    put(extension, "extension", [{"url": "site", "valueReference": named(new.site) or {}}, *targets, *others])
    return extension


_WRITERS: Final[dict[str, Writer]] = {
    "title": lambda resource, value: put(resource, "title", value.title),
    "status": lambda resource, value: put(resource, "status", value.status),
    "registration": lambda resource, value: write_identifier(resource, TRIAL_NUMBER, value.registration),
    "start": lambda resource, value: put(resource, "period.start", written_date(value.start)),
    "end": lambda resource, value: put(resource, "period.end", written_date(value.end)),
    "arms": _write_arms,
    "sites": _write_sites,
}
"""How each field is written; the others are only read."""
