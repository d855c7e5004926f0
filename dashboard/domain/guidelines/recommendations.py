"""What the guideline rules in force come to for one patient: the findings, and what could not be read for them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple

from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.contradiction import Contradiction, contradictions
from dashboard.domain.guidelines.evaluate import Finding, Outcome, evaluate
from dashboard.domain.guidelines.fact import Fact, FactKind, FactValue
from dashboard.domain.guidelines.guidance import Guidance, Stance, in_force
from dashboard.domain.guidelines.matter import KnownEffects
from dashboard.domain.guidelines.reconciliation import Reconciliation
from dashboard.domain.guidelines.reconciliation import in_force as decision_on
from dashboard.domain.guidelines.rule import Indicator, Rule
from dashboard.domain.pilot.patient_enrolment import PatientEnrolment
from dashboard.domain.pilot.screened import Screened
from dashboard.domain.record.allergy import Allergy, AllergyState
from dashboard.domain.record.flag import Flag
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.patient_record import PatientRecord
from dashboard.domain.record.people import Person
from dashboard.domain.record.task import Task
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice, Old, Section
from dashboard.domain.risk.score import RiskScore
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import Failure


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """The rules that are evaluated, the facts that they ask for, and by what they are compared. `left_out` is how many
    files have a problem, `more` the facts that no rule asks for: they are named of one person. `of_programmes` are the
    rules that are no care, as who may take part in the pilot, with their facts: they are asked of one person, and
    neither counted nor compared with the others.
    """

    rules: tuple[Rule, ...] = ()
    facts: tuple[Fact, ...] = ()
    left_out: int = 0
    effects: KnownEffects = field(default_factory=KnownEffects)
    more: tuple[Fact, ...] = ()
    of_programmes: tuple[Rule, ...] = ()
    facts_of_programmes: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class MissingFact:
    """A fact that is not known, or not exactly, and the cards that wait for it, the most urgent first."""

    value: FactValue
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class PatientCount:
    """How many cards apply to a patient and are not answered, how urgent the most urgent of them is, and of how many
    nobody can say.
    """

    applies: int = 0
    cannot_say: int = 0
    worst: Indicator | None = None

    @property
    def grave(self) -> bool:
        """Whether one of them is critical or a warning."""
        return self.worst in (Indicator.CRITICAL, Indicator.WARNING)


class ScreenCounts(NamedTuple):
    """The counts of a patient on a screen of one's own, and on one that others see (`rests_on_single_answer`)."""

    alone: PatientCount
    shared: PatientCount

    def on(self, *, shared: bool) -> PatientCount:
        return self.shared if shared else self.alone


@dataclass(frozen=True, slots=True)
class TeamCounts:
    """The counts of patients by their ids; `pending` are those of whom they are not known yet."""

    counts: Mapping[str, ScreenCounts] = field(default_factory=dict)
    pending: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recommendations:
    """One patient's recommendations as of `fetched`. `findings` has every card of every rule in force, the most urgent
    first; none of somebody who has died. `facts` are what they were found from, by name.

    `contradictions` are between what the cards, the medicines and `goals` would change; `reconciled` is what was
    decided of them.

    `record` is what was read, `versions` the version of each of its resources, `unread` the types that could not be
    read and were counted as not known, `not_read` why. `guidance` is what was seen and answered before, `tasks` the
    open ones, on the patient's own page. `old`, `stale` and `emergency_access` are as in PatientSummary.
    """

    person: Person
    fetched: datetime
    on: date
    record: PatientRecord
    in_force: RulesInForce = RulesInForce()
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    goals: Section[tuple[Goal, ...]] = field(default_factory=lambda: Section(()))
    reconciled: Section[tuple[Reconciliation, ...]] = field(default_factory=lambda: Section(()))
    unread: frozenset[str] = frozenset()
    not_read: Mapping[str, Failure] = field(default_factory=dict)
    versions: Mapping[Reference, str] = field(default_factory=dict)
    guidance: Section[tuple[Guidance, ...]] = field(default_factory=lambda: Section(()))
    allergies: Section[tuple[Allergy, ...]] = field(default_factory=lambda: Section(()))
    allergy_state: AllergyState = AllergyState.UNAVAILABLE
    tasks: Section[tuple[Task, ...]] = field(default_factory=lambda: Section(()))
    flags: Section[tuple[Flag, ...]] = field(default_factory=lambda: Section(()))
    enrolment: Section[PatientEnrolment] = field(default_factory=lambda: Section(PatientEnrolment()))
    unreadable: tuple[Unreadable, ...] = ()
    notices: tuple[Notice, ...] = ()
    stale: str = ""
    old: Mapping[str, Old] = field(default_factory=dict)
    emergency_access: EmergencyAccess | None = None
    risks: tuple[RiskScore, ...] = ()
    screened: Screened | None = None
    of_programmes: tuple[Finding, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether all that decides which cards are open was read: the facts, and what was answered before."""
        return not self.unread and self.guidance.ok

    def of(self, outcome: Outcome) -> tuple[Finding, ...]:
        """The findings with this outcome, the most urgent first."""
        return tuple(each for each in self.findings if each.outcome is outcome)

    def shown(self, outcome: Outcome, *, shared: bool) -> tuple[Finding, ...]:
        """Those of them that a screen may show, which others see where it is `shared`."""
        return tuple(each for each in self.of(outcome) if not (shared and rests_on_single_answer(each)))

    def stance(self, finding: Finding) -> Stance | None:
        """The answer of the team that is in force for a finding; None where it is open, or no answer is known."""
        return in_force(finding, self.guidance.value or (), self.on)

    def open(self, *, shared: bool) -> tuple[Finding, ...]:
        """Those that apply, that nobody has accepted or declined, and that a screen may show (`shown`)."""
        return tuple(each for each in self.shown(Outcome.APPLIES, shared=shared) if self.stance(each) is None)

    def shown_contradictions(self, *, shared: bool) -> tuple[Contradiction, ...]:
        """The contradictions that a screen may show, as `shown`."""
        return tuple(
            each
            for each in self.contradictions
            if not (shared and any(one.finding and rests_on_single_answer(one.finding) for one in each.pullers))
        )

    def open_contradictions(self, *, shared: bool) -> tuple[Contradiction, ...]:
        """Those that are sure, that the team has not decided, and that a screen may show."""
        known = self.reconciled.value or ()
        return tuple(
            each
            for each in self.shown_contradictions(shared=shared)
            if each.outcome is Outcome.APPLIES and decision_on(each, known) is None
        )


def with_rules(found: Recommendations, in_force: RulesInForce, terminology: Terminology) -> Recommendations:
    """Returns the recommendations of the same record by these rules."""
    if found.person.deceased:
        return replace(found, in_force=in_force, facts={}, findings=(), contradictions=(), of_programmes=())
    asked = (*in_force.facts, *in_force.more)
    facts = compute_facts(found.record, asked, terminology, found.on, found.unread)
    findings = evaluate(in_force.rules, facts)
    clashing = contradictions(findings, facts, in_force.effects, found.goals.value or ())
    of_programmes = _of_programmes(found, in_force, terminology)
    return replace(
        found,
        in_force=in_force,
        facts=facts,
        findings=findings,
        contradictions=clashing,
        of_programmes=of_programmes,
    )


def _of_programmes(found: Recommendations, in_force: RulesInForce, terminology: Terminology) -> tuple[Finding, ...]:
    """What the rules of a programme come to; nothing where what they ask was not read for this user."""
    if found.screened is None:
        return ()
    asked = in_force.facts_of_programmes
    facts = compute_facts(found.record, asked, terminology, found.on, found.unread, found.screened)
    return evaluate(in_force.of_programmes, facts)


def counted(findings: Iterable[Finding], guidance: Collection[Guidance], on: date, *, shared: bool) -> PatientCount:
    """Counts findings as the page of the patient shows them on a day, with these answers of the team (`open`)."""
    shown = [each for each in findings if not (shared and rests_on_single_answer(each))]
    applies = [
        each.advice.indicator
        for each in shown
        if each.outcome is Outcome.APPLIES and in_force(each, guidance, on) is None
    ]
    worst = min(applies, key=list(Indicator).index, default=None)
    return PatientCount(len(applies), sum(each.outcome is Outcome.CANNOT_SAY for each in shown), worst)


def by_missing_fact(findings: Iterable[Finding]) -> tuple[MissingFact, ...]:
    """Groups the findings that cannot say by what is missing: first what the most urgent cards wait for, of these what
    most wait for. A finding stands under each of its missing facts.
    """
    groups: dict[str, tuple[FactValue, list[Finding]]] = {}
    for finding in findings:
        for value in finding.missing:
            groups.setdefault(value.fact.name, (value, []))[1].append(finding)
    missing = [MissingFact(value, tuple(waiting)) for value, waiting in groups.values()]
    order = list(Indicator)
    return tuple(
        sorted(missing, key=lambda each: (order.index(each.findings[0].advice.indicator), -len(each.findings)))
    )


def rests_on_single_answer(finding: Finding) -> bool:
    """Whether a card rests on the answer to one question of a questionnaire, which no shared screen shows."""
    return any(value.fact.kind is FactKind.SCORE for value in finding.used)
