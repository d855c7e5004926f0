"""The shared plan of a patient as it was read: the team's, other plans, and who changed each part last."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.care_plan.history import ItemVersion
from dashboard.domain.care_plan.shared_plan import SharedPlan
from dashboard.domain.record.appointment import Appointment
from dashboard.domain.record.care_plan import CarePlan, rank
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.provenance import Provenance
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice, Old
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import Failure


@dataclass(frozen=True, slots=True)
class LastChange:
    """Who changed an item last. `stored` is when the server stored its present version, `change` the newest change of
    it that somebody signed; `signed` is whether that change made the present version. Where it did not, somebody
    changed the item elsewhere without saying who.
    """

    stored: datetime | None
    change: Provenance | None = None
    signed: bool = False

    @property
    def who(self) -> str:
        """The name of whoever made the present version, "" where nobody signed it."""
        return self.change.who if self.change is not None and self.signed else ""

    @property
    def when(self) -> datetime | None:
        """When the present version was made."""
        return self.change.when if self.change is not None and self.signed else self.stored


@dataclass(frozen=True, slots=True)
class BrokenSave:
    """A save that broke off on a server without transactions: `written` are the records that it had written, of `all`
    that it was to write, by `who`. What they are now is in the plan, what they were is in their history.
    """

    ident: str
    written: tuple[Reference, ...]
    all: int
    who: str = ""


@dataclass(frozen=True, slots=True)
class CarePlanView:
    """The plans of one patient. `ours` is the plan of the user's team, None where there is none yet, or where the plans
    could not be read: then `failed` has CarePlan, or `unread_plans` names those that are there. `also_active` are other
    active plans of the same team, `others` those of other custodians and ended ones, the one that counts most first.

    `failed` names the resource types that could not be read, and why: what is of them is never "none". `linked` is what
    plans refer to and is changed elsewhere (medicines, appointments), `unlinked` are the patient's others of these.
    `missing` is what `ours` refers to and is not among
    the patient's records. `contained` are the goals that are inside plans, only to be read. `changes` says who changed
    an item last, `broken` which saves broke off. `names` are those of the team's professionals.
    """

    patient: Reference
    fetched: datetime
    ours: SharedPlan | None = None
    also_active: tuple[SharedPlan, ...] = ()
    others: tuple[SharedPlan, ...] = ()
    teams: tuple[CareTeam, ...] = ()
    linked: Mapping[Reference, Medicine | Appointment] = field(default_factory=dict)
    unlinked: Mapping[Reference, Medicine | Appointment] = field(default_factory=dict)
    missing: tuple[Reference, ...] = ()
    unread_plans: tuple[Reference, ...] = ()
    contained: Mapping[Reference, tuple[Goal, ...]] = field(default_factory=dict)
    changes: Mapping[Reference, LastChange] = field(default_factory=dict)
    broken: tuple[BrokenSave, ...] = ()
    names: Mapping[Reference, str] = field(default_factory=dict)
    failed: Mapping[str, Failure] = field(default_factory=dict)
    unreadable: tuple[Unreadable, ...] = ()
    notices: tuple[Notice, ...] = ()
    stale: str = ""
    old: Mapping[str, Old] = field(default_factory=dict)
    emergency_access: EmergencyAccess | None = None

    def plan(self, origin: Reference) -> SharedPlan | None:
        """Any of the plans by its reference, None for one that is not the patient's."""
        every = (*([self.ours] if self.ours else []), *self.also_active, *self.others)
        return next((each for each in every if each.plan.origin == origin), None)


@dataclass(frozen=True, slots=True)
class PlanHistory:
    """Every version of some items of a patient, newest first. `complete` is whether the server gave all versions: where
    it keeps none, there are the present one and those that somebody signed, without what they said.
    """

    versions: Mapping[Reference, tuple[ItemVersion, ...]]
    complete: bool = True
    failed: Mapping[Reference, Failure] = field(default_factory=dict)
    emergency_access: EmergencyAccess | None = None


@dataclass(frozen=True, slots=True)
class ChosenPlans:
    """Of a patient's plans the one of a team, other active ones of that team, and all others."""

    ours: CarePlan | None
    also_active: tuple[CarePlan, ...]
    others: tuple[CarePlan, ...]


CURRENT = frozenset({"active", "on-hold", "draft", "unknown"})
"""Statuses of a plan that a team may still work with."""


def choose_plans(plans: Iterable[CarePlan], teams: Iterable[CareTeam]) -> ChosenPlans:
    """Chooses the plan of these teams: one that names one of them, or the organisation that manages it, as its team or
    custodian, before one that names nobody. Plans of others are never chosen, nor ended ones, drafts only where there
    is no other.
    """
    known = _names_of(teams)
    ordered = sorted((plan for plan in plans if plan.status != "entered-in-error"), key=rank, reverse=True)
    named = [plan for plan in ordered if _keepers(plan) & known and plan.status in CURRENT]
    unnamed = [plan for plan in ordered if not _keepers(plan) and plan.status in CURRENT and plan.intent == "plan"]
    candidates = named or unnamed
    if not candidates:
        return ChosenPlans(None, (), tuple(ordered))
    ours = candidates[0]
    also = tuple(plan for plan in candidates if plan != ours and plan.status == ours.status == "active")
    return ChosenPlans(ours, also, tuple(plan for plan in ordered if plan != ours and plan not in also))


def plan_that_counts(plans: Iterable[CarePlan], teams: Iterable[CareTeam]) -> CarePlan | None:
    """The plan that lists and the patient's page name: that of these teams, as the page of the plan has it; where they
    have none, the one of others that counts most. None where there is no plan.
    """
    known = list(plans)
    return choose_plans(known, teams).ours or max(known, key=rank, default=None)


def may_be_changed_by(plan: CarePlan, teams: Iterable[CareTeam]) -> bool:
    """Whether the plan is one of these teams', or nobody's; what others keep is theirs to change."""
    return not _keepers(plan) or is_plan_of(plan, teams)


def is_plan_of(plan: CarePlan, teams: Iterable[CareTeam]) -> bool:
    """Whether the plan names one of these teams, or the organisation that manages it, as whose it is."""
    return bool(_keepers(plan) & _names_of(teams))


def _names_of(teams: Iterable[CareTeam]) -> set[Reference]:
    """By what a plan may name these teams."""
    return {reference for team in teams for reference in (team.origin, team.team) if reference is not None}


def _keepers(plan: CarePlan) -> frozenset[Reference]:
    """Whose plan it is: its care teams and its custodian."""
    return frozenset(each for each in (*plan.care_teams, plan.custodian.to) if each is not None)
