"""What the page of a care plan shows, put together from what was read: pure, and the same for screen and paper."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.domain.care_plan.arrange import PlanInOrder, in_reading_order, is_offered
from dashboard.domain.care_plan.shared_plan import LINKED_HERE, SharedPlan, items_of
from dashboard.domain.care_plan.views import CarePlanView, LastChange
from dashboard.domain.record.appointment import BOOKED, Appointment
from dashboard.domain.record.condition import Condition, ConditionKey
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import KeyResult, Measure
from dashboard.domain.record.order import Order
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.care_plan.words import Names
from dashboard.ui.record.medicines import show_dose, show_end, show_status
from dashboard.ui.record.names import condition_short, word
from dashboard.ui.record.people import show_name_as_spoken
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t


@dataclass(frozen=True, slots=True)
class PlanPage:
    """A plan of a patient as one run of the page shows it. `tags` are the short words of problems. `may_change`: the
    buttons that change something are shown.
    """

    view: CarePlanView
    shared: SharedPlan
    order: PlanInOrder
    summary: PatientSummary
    names: Names
    tags: Mapping[Reference, str]
    at: ViewTime
    may_change: bool = False
    large: bool = False

    @property
    def patient(self) -> Reference:
        return self.view.patient

    @property
    def people(self) -> tuple[Reference, ...]:
        """Whose agreement to a goal is asked for: the patient, then the carers."""
        return (self.patient, *(carer.origin for carer in self.summary.carers.value or ()))

    def state_of(self, activity: Reference) -> str:
        """What is to be known of the state of a medicine or an appointment of the plan (`linked_state`)."""
        record = self.view.linked.get(activity)
        return linked_state(record, self.at) if record is not None else ""

    @property
    def offered(self) -> list[Reference]:
        """The current medicines and coming appointments that are not in the plan, by name and by date."""
        known = {**self.view.unlinked, **self.view.linked}
        there = set(self.shared.plan.activities)
        free = [each for origin, each in known.items() if origin not in there and is_offered(each, self.at.today)]
        return [each.origin for each in sorted(free, key=_place)]

    @property
    def linked(self) -> list[Reference]:
        """The medicines and appointments that are in the plan, those among them that cannot be read too."""
        return [each for each in self.shared.plan.activities if each.type in LINKED_HERE]

    def not_to_do(self, activity: Reference) -> bool:
        """Whether it is an order not to do something."""
        return any(
            each.origin == activity and isinstance(each, Order) and each.do_not_perform
            for each in self.shared.activities
        )

    @property
    def last(self) -> LastChange | None:
        """The newest change of any part of the plan that somebody signed; of a plan that nobody has, the newest."""
        known = [each for each in self.view.changes.values() if each.when is not None]
        signed = [each for each in known if each.signed]
        return max(signed or known, key=lambda each: each.when or self.at.as_of, default=None)


def _place(record: Medicine | Appointment) -> tuple[bool, float, str]:
    """Medicines by name, then appointments, the next one first."""
    if isinstance(record, Medicine):
        return False, 0.0, record.text.casefold()
    return True, record.when.moment.timestamp() if record.when is not None else 0.0, str(record.origin)


def plan_page(
    view: CarePlanView,
    shared: SharedPlan,
    summary: PatientSummary,
    at: ViewTime,
    *,
    may_change: bool = False,
    large: bool = False,
) -> PlanPage:
    """The page of this one of the patient's plans."""
    return PlanPage(
        view=view,
        shared=shared,
        order=in_reading_order(shared, latest_results(summary), at.today, view.linked),
        summary=summary,
        names=Names(names_of(view, shared, summary)),
        tags=problem_tags(summary),
        at=at,
        may_change=may_change,
        large=large,
    )


def latest_results(summary: PatientSummary) -> dict[Measure, KeyResult]:
    """The latest result of each measure, as the patient's page has it."""
    return {key.measure: key for keys in (summary.results.value or {}).values() for key in keys}


def names_of(view: CarePlanView, shared: SharedPlan, summary: PatientSummary) -> dict[Reference, str]:
    """What the page knows the name of: patient, carers, professionals, problems, and what stands in the plan."""
    found = dict(view.names)
    found[view.patient] = show_name_as_spoken(summary.person.name)
    found |= {carer.origin: carer.name for carer in summary.carers.value or ()}
    for member in (*(summary.team.value or ()), *(shared.team.members if shared.team else ())):
        if member.member is not None and member.name:
            found[member.member] = member.name
    found |= {problem.origin: problem.text for problem in summary.problems.value or ()}
    # Also those that the plan does not refer to: they may be put in, and the history has some that were taken out.
    found |= {origin: linked_name(each) for origin, each in {**view.unlinked, **view.linked}.items()}
    for origin, item in items_of(shared).items():
        if item["title"]:
            found[origin] = str(item["title"])
    return found


def linked_name(record: Medicine | Appointment) -> str:
    """What a medicine or an appointment is called: its words with the dose, or when the appointment is; and that the
    medicine is not to be given.
    """
    if isinstance(record, Medicine):
        name = ", ".join(filter(None, (record.text, show_dose(record))))
        return t("Not to be given: {medicine}", medicine=name) if record.do_not_perform else name
    what = record.description or record.service_type.text or record.type.text
    return ", ".join(filter(None, (what, show_date(record.when) if record.when else "")))


def linked_state(record: Medicine | Appointment, at: ViewTime) -> str:
    """What is to be known of its state: `on hold`, `stopped`, `until 20-Dec-2026`, `cancelled`; "" where it is as
    planned.
    """
    if isinstance(record, Medicine):
        status = show_status(record) or ("" if record.status == "active" else word(_STATES, clean(record.status, 40)))
        return ", ".join(filter(None, (status, show_end(record, at.today))))
    if record.status == BOOKED:
        return t("over") if record.when is not None and record.when.end < at.today else ""
    return word(_STATES, clean(record.status, 40))


# Of medicines and appointments: https://hl7.org/fhir/R4/valueset-medicationrequest-status.html
# and valueset-appointmentstatus.html
_STATES = {
    "stopped": mark("stopped"),
    "completed": mark("ended"),
    "cancelled": mark("cancelled"),
    "draft": mark("a draft, not yet prescribed"),
    "proposed": mark("proposed, not booked"),
    "pending": mark("not confirmed by all"),
    "waitlist": mark("on a waiting list"),
    "arrived": mark("there now"),
    "checked-in": mark("there now"),
    "fulfilled": mark("took place"),
    "noshow": mark("nobody came"),
    "": mark("status not recorded"),
}


def problem_tags(summary: PatientSummary) -> dict[Reference, str]:
    """`HF` for a problem of the programme, else the problem's own words; what nobody has confirmed, and what is over,
    says so.
    """
    found = {}
    for problem in summary.problems.value or ():
        keys = [key for key in problem.keys if key is not ConditionKey.OTHER]
        name = ", ".join(map(condition_short, keys)) or clean(problem.text, 60)
        found[problem.origin] = ", ".join(filter(None, (name, _doubt(problem))))
    return found


def _doubt(problem: Condition) -> str:
    if problem.refuted:
        return t("refuted")
    if not problem.active:
        return t("past")
    return t("suspected") if problem.suspected else ""
