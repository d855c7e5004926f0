"""The pilot as a ResearchStudy: its arms, the demo's sites, and synthetic targets for each."""

from datetime import date
from typing import Any, Final

from dashboard.demo.fhir import Json, day, labelled
from dashboard.demo.files import words
from dashboard.demo.places import ROUND, teams_for, weight_of
from dashboard.domain.pilot.study import Study, StudyArm, StudySite, Target
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.fhir.mapping.writable import to_fhir

_FEWEST: Final = 1


def study(patients: int, as_of: date) -> Json:
    """The study of a cohort of this size. Without a cohort nothing is invented: no targets and no days."""
    given, today = words("enrolment")["study"], as_of.toordinal()
    made = to_fhir(
        Study(
            origin=Reference("ResearchStudy", given["id"]),
            version="",
            title=given["title"] if patients else given["planned_title"],
            status="active",
            registration=given["registration"],
            start=PartialDate(day(today - given["began"])) if patients else None,
            end=PartialDate(day(today + given["ends"])) if patients else None,
            arms=tuple(StudyArm(name, text) for name, text in given["arms"].items()),
            sites=tuple(_sites(given, patients, today)),
            source={},
        )
    )
    if patients:
        made["description"] = given["description"]
    return labelled(made, given["id"])


def _sites(given: dict[str, Any], patients: int, today: int) -> list[StudySite]:
    """Each site once, with what its share of the patients makes of the targets."""
    share: dict[str, float] = {}
    names: dict[str, str] = {}
    for team in teams_for(0):
        for site in team.sites:
            names[site.id] = site.name
            share[site.id] = share.get(site.id, 0) + patients * weight_of(team) / ROUND / len(team.sites)
    return [
        StudySite(NamedReference(Reference("Organization", id_), name), _targets(given, share[id_], today))
        for id_, name in names.items()
    ]


def _targets(given: dict[str, Any], patients: float, today: int) -> tuple[Target, ...]:
    if not patients:
        return ()
    return tuple(
        Target(PartialDate(day(today - ago)), max(_FEWEST, round(share * patients))) for ago, share in given["targets"]
    )
