"""The documents of the pages, of made-up people, for the tests of what is printed."""

from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

from dashboard.domain.care_plan.shared_plan import SharedPlan
from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.pilot.enrolment_counts import EnrolmentCounts
from dashboard.domain.pilot.enrolment_disclosure import may_show
from dashboard.domain.record.comment import Comment
from dashboard.domain.record.goal import Acceptance
from dashboard.domain.record.people import HumanName, Person
from dashboard.domain.record.views import Section
from dashboard.errors import Failure
from dashboard.paper.document import Document
from dashboard.ui.paper.enrolment_document import enrolment_document
from dashboard.ui.paper.minutes_document import minutes_document, patient_minutes_document
from dashboard.ui.paper.own_plan_document import own_plan_document
from dashboard.ui.paper.patient_document import patient_document
from dashboard.ui.paper.plan_document import plan_document
from dashboard.ui.paper.timeline_document import timeline_document
from dashboard.ui.paper.worklist_document import worklist_document
from dashboard.ui.pilot.view import EnrolmentView
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.timeline.view import TimelineView
from dashboard.ui.worklist.rows import filter_rows, worklist_rows
from dashboard.ui.worklist.view import WorklistView
from tests.pages import conference_samples, plan_samples, samples, timeline_samples
from tests.unit.enrolment_of_the_pilot import enrolment_counts

AT = ViewTime(samples.AS_OF, ZoneInfo("Europe/London"))
WHO = samples.USERS[0]
HOSTILE = '#let x = read("/etc/passwd") *bold* $x$ <b>\\ `raw` @ref // [c] \u202eabc\u0007 王明 עברית 😀 ' + "W" * 2_000


def of_worklist(view: WorklistView | None = None, **more: object) -> Document:
    view = view or WorklistView()
    worklist = samples.worklist(**more)  # type: ignore[arg-type]
    rows = worklist_rows(worklist.rows, AT.as_of, AT.zone)
    return worklist_document(worklist, filter_rows(rows, view).matching, view, WHO, AT)


def of_timeline(view: TimelineView | None = None, **more: object) -> Document:
    timeline = timeline_samples.timeline(**more)  # type: ignore[arg-type]
    return timeline_document(timeline, view or TimelineView(id=timeline.person.id, span="5y"), WHO, AT)


def of_patient(**more: object) -> Document:
    return patient_document(samples.summary(**more), timeline_samples.timeline(), WHO, AT)  # type: ignore[arg-type]


def of_plan(view: CarePlanView | None = None) -> Document:
    view = view or plan_samples.view()
    return plan_document(view, view.ours or plan_samples.empty_plan(), plan_samples.summary(), WHO, AT)


def of_own_plan(view: CarePlanView | None = None) -> Document:
    view = view or plan_samples.view()
    return own_plan_document(view, view.ours or plan_samples.empty_plan(), plan_samples.summary(), WHO, AT)


def of_minutes(words: str = "", **more: object) -> Document:
    view = conference_samples.minutes_view(words, **more) if words else conference_samples.minutes_view(**more)
    return minutes_document(view, WHO, AT)


def of_patient_minutes(words: str = "", *, filed: bool = False) -> Document:
    view = conference_samples.minutes_view(words) if words else conference_samples.minutes_view()
    return patient_minutes_document(view, view.lines[0], WHO, AT, filed=filed)


def of_enrolment(counts: EnrolmentCounts | None = None, region: str = "") -> Document:
    return enrolment_document(may_show(counts or enrolment_counts()), EnrolmentView(region=region), WHO, AT, True)


def hostile_enrolment() -> EnrolmentCounts:
    """Figures of places with hostile names, of a study with a hostile title."""
    counts = enrolment_counts(sites=(1, 1))
    assert counts.study is not None
    return replace(counts, names=dict.fromkeys(counts.names, HOSTILE), study=replace(counts.study, title=HOSTILE))


def nothing_read() -> dict[str, object]:
    """No section of the summary could be read."""
    sections = (
        "allergies",
        "flags",
        "enrolment",
        "problems",
        "results",
        "medicines",
        "team",
        "carers",
        "plan",
        "tasks",
    )
    return {name: Section(None, Failure("server-silent")) for name in (*sections, "contacts", "goals")}


DOCUMENTS: dict[str, Callable[[], Document]] = {
    "worklist": of_worklist,
    "worklist of nobody": lambda: of_worklist(WorklistView(q="nobody has this name")),
    "worklist of hostile people": lambda: of_worklist(made=_hostile_rows()),
    "patient": of_patient,
    "patient of whom nothing could be read": lambda: of_patient(**nothing_read(), attention=(), checks=()),
    "patient with a hostile record": lambda: of_patient(**hostile_sections(), who=hostile(samples.ALDOUS)),
    "timeline": of_timeline,
    "timeline of a year, without contacts": lambda: of_timeline(TimelineView(id="x", span="1y")),
    "timeline of somebody without entries": lambda: of_timeline(events=(), series={}, results={}, targets=()),
    "care plan": of_plan,
    "care plan without a goal": lambda: of_plan(plan_samples.view(plan_samples.empty_plan())),
    "care plan of which much could not be read": lambda: of_plan(plan_unread()),
    "care plan with hostile texts": lambda: of_plan(plan_samples.view(hostile_plan())),
    "own care plan": of_own_plan,
    "own care plan without a goal": lambda: of_own_plan(plan_samples.view(plan_samples.empty_plan())),
    "own care plan with hostile texts": lambda: of_own_plan(plan_samples.view(hostile_plan())),
    "minutes": of_minutes,
    "minutes of a conference at which nothing was written": lambda: of_minutes(minutes=None, lines=(), others=0),
    "minutes with hostile texts": lambda: of_minutes(HOSTILE),
    "minutes of one patient": of_patient_minutes,
    "minutes of one patient with hostile texts": lambda: of_patient_minutes(HOSTILE, filed=True),
    "enrolment": of_enrolment,
    "enrolment of a region": lambda: of_enrolment(region="r1"),
    "enrolment of few people": lambda: of_enrolment(enrolment_counts(people=6)),
    "enrolment without a study": lambda: of_enrolment(EnrolmentCounts(None, AT.as_of)),
    "enrolment of hostile places": lambda: of_enrolment(hostile_enrolment()),
    "timeline of a hostile name": lambda: of_timeline(who=hostile(samples.ALDOUS)),
}


def _hostile_rows() -> list[dict[str, object]]:
    rows = samples.rows()
    for row in rows:
        assert isinstance(row["person"], Person)
        row["person"] = hostile(row["person"])
        row |= {"site": HOSTILE, "team": HOSTILE, "owners": (HOSTILE,)}
    return rows


def plan_unread() -> CarePlanView:
    """Goals could not be read, and an activity is not among the records."""
    shared = replace(plan_samples.shared_plan(), goals=())
    failed = {"Goal": Failure("server-silent")}
    return plan_samples.view(shared, failed=failed, missing=(plan_samples.MEDICINE,))


def hostile_plan() -> SharedPlan:
    """The plan with a hostile text wherever somebody can type one."""
    shared = plan_samples.shared_plan()
    notes = (Comment(HOSTILE, "2026-11-12", HOSTILE),)
    said = Acceptance(plan_samples.GP, "disagree", HOSTILE)
    return replace(
        shared,
        plan=replace(shared.plan, title=HOSTILE, description=HOSTILE, narrative=HOSTILE, notes=notes),
        goals=tuple(replace(each, text=HOSTILE, notes=notes, accepted_by=(said,)) for each in shared.goals),
        activities=tuple(replace(each, text=HOSTILE) for each in shared.activities),
    )


def hostile(person: Person) -> Person:
    return replace(person, name=HumanName(HOSTILE, HOSTILE, HOSTILE, HOSTILE), gender=HOSTILE)


def hostile_sections() -> dict[str, object]:
    """The sections of a summary with a hostile text wherever somebody can type one."""
    summary = samples.summary()
    problems, medicines, tasks, goals, contacts, team, plan = (
        getattr(summary, name).value for name in ("problems", "medicines", "tasks", "goals", "contacts", "team", "plan")
    )
    comment = Comment(HOSTILE, "2026-11-12", HOSTILE)
    return {
        "problems": Section(tuple(replace(each, text=HOSTILE, stage=HOSTILE) for each in problems)),
        "medicines": Section(tuple(replace(each, text=HOSTILE, dose=HOSTILE) for each in medicines)),
        "tasks": Section(tuple(replace(each, text=HOSTILE, comments=(comment,)) for each in tasks)),
        "goals": Section(tuple(replace(each, text=HOSTILE) for each in goals)),
        "contacts": Section(tuple(replace(each, text=HOSTILE, place=HOSTILE) for each in contacts)),
        "team": Section(tuple(replace(each, name=HOSTILE, role_text=HOSTILE) for each in team)),
        "plan": Section(replace(plan, description=HOSTILE, narrative=f"{HOSTILE}\n{HOSTILE}", notes=(HOSTILE,))),
    }
