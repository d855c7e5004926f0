"""What decides from day to day who sees a patient: membership in a team, the patient's consent, a broken glass.

Rules about state; what each relation then allows is the table in `dashboard.domain.access.permissions`. Where a rule
cannot be read or decided, the answer is no.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from dashboard.domain.access.permissions import Relation
from dashboard.domain.record.care_team import CareTeam, covers
from dashboard.domain.record.people import Parts
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import PartialDate, Reference

LONGEST_EMERGENCY_ACCESS: Final = timedelta(hours=24)
"""No grant is believed to last longer, whatever its record says."""


@dataclass(frozen=True, slots=True)
class Provision:
    """A rule of a Consent. Without actors it is about everybody; `certain` is False where an actor cannot be told.

    A deny for some kinds of data only is taken for the whole record: parts of a record are not hidden here yet.
    """

    denies: bool
    actors: frozenset[Reference] = frozenset()
    certain: bool = True
    since: PartialDate | None = None
    until: PartialDate | None = None

    def names(self, viewers: Set[Reference], on: date) -> bool:
        """True when it holds on the day and names one of these, or everybody. An actor who cannot be told is anybody
        in a deny, and nobody in a permit.
        """
        if not covers(self.since, self.until, on):
            return False
        if not self.certain and self.denies:
            return True
        return (not self.actors and self.certain) or not self.actors.isdisjoint(viewers)

    @property
    def everybody(self) -> bool:
        return not self.actors and self.certain


@dataclass(frozen=True, slots=True)
class Consent:
    """A privacy Consent of a patient. `ended` is one that was given and taken back, or refused, and no longer in force.

    The first provision is the base rule, the others its exceptions, nested ones flattened in their order.
    """

    origin: Reference
    patient: Reference
    ended: bool
    provisions: tuple[Provision, ...] = ()

    @property
    def shares(self) -> bool:
        """True for a consent to sharing as such: no base rule, or a permit that names nobody in particular."""
        return not self.provisions or (not self.provisions[0].denies and self.provisions[0].everybody)

    @property
    def limits(self) -> bool:
        """True when it may keep somebody from the record."""
        return self.ended or any(rule.denies for rule in self.provisions)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever looks: the person, and the organisations the person works for."""

    me: Reference
    organisations: tuple[Reference, ...] = ()

    def named(self, above: Parts) -> set[Reference]:
        """Everything whose naming in a consent means this viewer."""
        return {self.me, *_with_above(self.organisations, above)}


class EmergencyReason(StrEnum):
    """Why somebody looks beyond their teams; the codes that the record of it carries."""

    EMERGENCY = "emergency"
    ON_CALL = "on-call"
    TRANSFER = "transfer"
    PATIENT_ASKED = "patient-asked"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class EmergencyAccess:
    """A grant to look at one patient beyond one's teams: for whom, why, from when, and (exclusive) until when.

    `informed` is who reviews it: the coordinator, the team or the organisation. `source` is the Task it was read from;
    {} of a new grant, None in caches.
    """

    origin: Reference
    patient: Reference
    who: Reference
    reason: str
    text: str
    since: datetime
    until: datetime
    who_name: str = ""
    informed: Reference | None = None
    informed_name: str = ""
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    def holds(self, patient_id: str, who: Reference, at: datetime) -> bool:
        """True within its time, for that patient and that person only; never for longer than
        `LONGEST_EMERGENCY_ACCESS`.
        """
        return (
            self.patient == Reference("Patient", patient_id)
            and self.who == who
            and self.since <= at < min(self.until, self.since + LONGEST_EMERGENCY_ACCESS)
        )


@dataclass(frozen=True, slots=True)
class Relationship:
    """How somebody stands to a patient, and through what: the teams, or the glass that was broken."""

    relation: Relation
    teams: tuple[CareTeam, ...] = ()
    emergency_access: EmergencyAccess | None = None


def withheld(consents: Iterable[Consent | Unreadable], viewers: Set[Reference], on: date) -> bool:
    """True when the patient has withdrawn sharing, or denied it to one of these. A consent that cannot be read denies.

    A consent to sharing that ended has been withdrawn, unless another is in force. A deny wins over a permit, save a
    permit that names one of these by an exception to a deny that names nobody ("nobody but my own practice").
    """
    known: list[Consent] = []
    for consent in consents:
        if isinstance(consent, Unreadable):
            return True
        known.append(consent)
    relationship = [consent for consent in known if not consent.ended]
    if any(consent.ended and consent.shares for consent in known) and not any(
        consent.shares or any(rule.denies for rule in consent.provisions) for consent in relationship
    ):
        return True
    return any(_denies(consent.provisions, viewers, on) for consent in relationship)


def _denies(provisions: tuple[Provision, ...], viewers: Set[Reference], on: date) -> bool:
    denying = [rule for rule in provisions if rule.denies and rule.names(viewers, on)]
    if not denying:
        return False
    if not all(rule.everybody for rule in denying):
        return True
    return not any(not rule.denies and not rule.everybody and rule.names(viewers, on) for rule in provisions)


def teams_through(
    viewer: Viewer,
    teams: Iterable[CareTeam],
    consents: Iterable[Consent | Unreadable],
    on: date,
    above: Parts | None = None,
) -> list[CareTeam]:
    """The teams through which the viewer may see the patient on a day; empty: the patient is not the viewer's to see.

    Membership first (team and participation active that day), then consent: for the person, the person's organisations,
    the CareTeam and the organisation that manages it, with all above it.
    """
    rules = list(consents)
    parts = above or {}
    mine = [team for team in teams if team.has_member(viewer.me, on)]
    if not any(isinstance(rule, Unreadable) or rule.limits for rule in rules):
        return mine
    person = viewer.named(parts)
    return [team for team in mine if not withheld(rules, person | _of_team(team, parts), on)]


def keeps_out(
    viewer: Viewer,
    teams: Iterable[CareTeam],
    consents: Iterable[Consent | Unreadable],
    on: date,
    above: Parts,
) -> bool:
    """True when the patient's consent names the viewer in any capacity, a team of the patient's among them: then a
    glass opens nothing either.
    """
    named = viewer.named(above)
    for team in teams:
        if team.has_member(viewer.me, on):
            named |= _of_team(team, above)
    return withheld(consents, named, on)


def may_act_as_carer(consents: Iterable[Consent | Unreadable], carer: Reference, on: date) -> bool:
    """True only with a Consent in force that names the carer in a permit, and none that denies the carer."""
    rules = list(consents)
    named = any(
        not rule.denies and not rule.everybody and rule.names({carer}, on)
        for consent in rules
        if isinstance(consent, Consent) and not consent.ended
        for rule in consent.provisions
    )
    return named and not withheld(
        [rule for rule in rules if isinstance(rule, Unreadable) or not rule.ended], {carer}, on
    )


def denied_organisations(consents: Iterable[Consent | Unreadable]) -> frozenset[Reference]:
    """The organisations that a consent in force denies something: whose parts must be known to tell whom it means."""
    return frozenset(
        actor
        for consent in consents
        if isinstance(consent, Consent) and not consent.ended
        for rule in consent.provisions
        if rule.denies
        for actor in rule.actors
        if actor.type == "Organization"
    )


def _of_team(team: CareTeam, above: Parts) -> set[Reference]:
    managing = (team.team,) if team.team is not None else ()
    return {team.origin, *_with_above(managing, above)}


def _with_above(own: Iterable[Reference], above: Parts) -> set[Reference]:
    found: set[Reference] = set()
    waiting = list(own)
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += [Reference.parse(name) for name in above.get(str(each), ())]
    return found
