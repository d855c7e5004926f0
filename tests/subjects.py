"""A random pilot as resources, for tests that count it: with everything that makes counting hard."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from dashboard.domain.pilot.enrolment import STATE_OF_STATUS, STATES, EnrolmentAction
from dashboard.domain.pilot.enrolment_reasons import REASONS
from dashboard.domain.pilot.study import Study, StudySite, Target
from dashboard.domain.pilot.subject import Details, Subject, changed, new_subject, taken_back
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.fhir.mapping.writable import from_fhir, to_fhir

Json = dict[str, Any]
ME = NamedReference(Reference("Practitioner", "gp"), "Dr M")
FIRST = date(2026, 6, 1)
AS_OF = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_ORGANISATION_TYPE = "http://terminology.hl7.org/CodeSystem/organization-type"
_FORWARDS = frozenset(
    {
        EnrolmentAction.FIND_ELIGIBLE, EnrolmentAction.APPROACH, EnrolmentAction.CONSENT, EnrolmentAction.ENROL,
        EnrolmentAction.START, EnrolmentAction.COMPLETE,
    }
)  # fmt: skip
_ZONES = (UTC, timezone(timedelta(hours=9)), timezone(timedelta(hours=-8)))


class RandomPilot:
    """A study with `people` subjects at four sites of two regions, one of them in none; ids begin with `name`.

    `regions` leads from site and team to region, `survivors` from a merged Patient to the one in use.
    """

    def __init__(self, name: str, seed: int, people: int, *, odd: bool = True) -> None:
        self.name, self.chance, self.odd = name, random.Random(seed), odd
        self.sites = [self._named(f"site-{n}") for n in range(1, 5)]
        self.teams = [self._named(f"team-{n}") for n in range(1, 5)]
        north, south = f"{name}-north", f"{name}-south"
        self.regions = {
            f"{name}-{kind}-{n}": region
            for kind in ("site", "team")
            for n, region in ((1, north), (2, north), (3, south))
        }
        self.study = Study(
            Reference("ResearchStudy", f"{name}-study"), "", "Pilot", "active", "NCT03834207", PartialDate(str(FIRST)),
            sites=tuple(StudySite(site, (Target(PartialDate("2026-12-31"), 20),)) for site in self.sites), source={},
        )  # fmt: skip
        self.survivors: dict[str, str] = {}
        self.patients = [self._patient(n) for n in range(people)]
        self.subjects = [self._subject(n) for n in range(people)]
        if odd:
            self._merge()
            self._strangers()

    @property
    def places(self) -> list[Json]:
        """The study and its organisations."""
        rows = [_organisation(f"{self.name}-{region}", "govt") for region in ("north", "south")]
        for kind, code in (("site", "prov"), ("team", "team")):
            for n in range(1, 5):
                ident = f"{self.name}-{kind}-{n}"
                above = self.regions.get(ident, "") if kind == "site" else f"{self.name}-site-{n}"
                rows.append(_organisation(ident, code, above))
        return [*rows, to_fhir(self.study) | {"id": self.study.origin.id}]

    @property
    def rows(self) -> list[Json]:
        return [*self.places, *self.patients, *self.subjects]

    def read(self) -> list[Subject]:
        """Every subject, read from its resource."""
        return [from_fhir(Subject, row) for row in self.subjects]

    def _named(self, ident: str) -> NamedReference:
        return NamedReference(Reference("Organization", f"{self.name}-{ident}"), ident)

    def _patient(self, number: int) -> Json:
        return {"resourceType": "Patient", "id": f"{self.name}-p{number}", "name": [{"family": f"P{number}"}]}

    def _subject(self, number: int) -> Json:
        """One that was saved after each change, as the program does, or once at the end, as the demo is made."""
        chance = self.chance
        day = FIRST + timedelta(days=chance.randrange(60))
        at = datetime.combine(date(2026, 11, 20), time(0, 30), chance.choice(_ZONES))
        subject = new_subject(
            Reference("ResearchSubject", f"{self.name}-s{number}"), Reference("Patient", f"{self.name}-p{number}"),
            self.study.origin, chance.choice(self.sites), by=ME, why="On the list", day=day, at=at, team=self._team(),
        )  # fmt: skip
        step_by_step = chance.random() < 0.7
        row = _stored(subject) if step_by_step else {}
        for minute in range(chance.randrange(10)):
            now = at + timedelta(minutes=minute + 1)
            day += timedelta(days=chance.choice((0, 0, 1, 5, 20)))
            if chance.random() < 0.1 and self.odd and len(subject.valid_changes) > 1:
                subject = taken_back(subject, by=ME, why="A slip", at=now)
            elif (allowed := sorted(STATES[subject.state])) and day <= date(2026, 11, 18):
                subject = changed(subject, *self._change(subject, allowed, day), by=ME, why="Asked", at=now)
            if step_by_step:
                row = to_fhir(subject) | {"id": row["id"]}
                subject = replace(from_fhir(Subject, row))
        return row if step_by_step else _stored(subject)

    def _change(self, subject: Subject, allowed: list[EnrolmentAction], day: date) -> tuple[EnrolmentAction, Details]:
        forwards = [each for each in allowed if each in _FORWARDS]
        action = self.chance.choice(forwards if forwards and self.chance.random() < 0.7 else allowed)
        elsewhere = [site for site in self.sites if site.to != subject.site.to]
        enrols, moves = action is EnrolmentAction.ENROL, action is EnrolmentAction.MOVE
        return action, Details(
            max(day, subject.valid_changes[-1].day.start),
            reason=self.chance.choice(REASONS.get(action, ("",))),
            consent=Reference("Consent", f"c-{subject.origin.id}") if action is EnrolmentAction.CONSENT else None,
            arm=self.chance.choice(("intervention", "comparison")) if enrols else "",
            layer=self.chance.choice((3, 4)) if enrols else None,
            site=self.chance.choice(elsewhere) if moves else NamedReference(None),
            team=self._team(),
        )

    def _team(self) -> NamedReference:
        return self.chance.choice([*self.teams, NamedReference(None)])

    def _merge(self) -> None:
        """Some have two records, which one of both says, and one is merged twice."""
        for number in range(2, len(self.patients) - 1, 9):
            old, new = self.patients[number], self.patients[number + 1]
            says, of, kind = (old, new, "replaced-by") if number % 2 else (new, old, "replaces")
            says.setdefault("link", []).append({"other": {"reference": f"Patient/{of['id']}"}, "type": kind})
            self.survivors[old["id"]] = new["id"]

    def _strangers(self) -> None:
        """Another system puts people in the study, and gives others another status."""
        for number in range(4, len(self.subjects), 11):
            self.subjects[number]["status"] = self.chance.choice(sorted(STATE_OF_STATUS))
        for number in range(6, len(self.subjects), 12):
            row = self.subjects[number]
            row.pop("extension", None)
            row.pop("meta", None)
            row["status"] = self.chance.choice(sorted(STATE_OF_STATUS))


def _stored(subject: Subject) -> Json:
    return to_fhir(subject) | {"id": subject.origin.id}


def _organisation(ident: str, kind: str, above: str = "") -> Json:
    made = {
        "resourceType": "Organization", "id": ident, "name": f"Name of {ident}",
        "type": [{"coding": [{"system": _ORGANISATION_TYPE, "code": kind}]}],
    }  # fmt: skip
    return made | ({"partOf": {"reference": f"Organization/{above}"}} if above else {})
