"""Everything a browser can send: parameters of addresses, form fields, presses. `test_fuzz.py` sends all of it.

A new page, field or handler of presses fails `tests/pages/test_inputs.py` until it has a line here, and is fuzzed then.
"""

from dataclasses import dataclass, replace
from typing import Any

from dashboard.domain.pilot.enrolment import EnrolmentAction
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.screening.chosen import Asked, Done, Recorded

ADMINISTRATOR, MANAGER, PATIENT_USER = "demo-administrator", "demo-pilot-manager", "demo-patient"


@dataclass(frozen=True)
class Address:
    """A page's address: who opens it, the function of `ui/navigation/pages.py` that reads it, the parameters it
    asks for.
    """

    page: str
    who: str
    reader: str
    params: tuple[str, ...]


ADDRESSES = (
    Address(
        "worklist", "gp", "worklist_view",
        (
            "q", "team", "region", "site", "owner", "advice", "score", "level", "condition", "reason", "urgent", "sort",
            "order", "page", "tab", "large", "id",
        ),
    ),
    Address("patient", "gp", "asked_patient", ("id",)),
    Address("my_record", PATIENT_USER, "asked_patient", ("id",)),
    Address(
        "enrolment", MANAGER, "enrolment_view",
        (
            "study", "region", "list", "site", "team", "since", "until", "after", "lost", "reason", "datum", "work",
            "view", "page",
        ),
    ),
    Address(
        "screening", "gp", "screening_view",
        ("state", "step", "rule", "mark", "missing", "site", "last", "reason", "waiting", "q", "page"),
    ),
    Address(
        "timeline",
        "gp",
        "timeline_view",
        ("id", "span", "from", "to", "off", "m", "at", "since", "large", "view", "page", "condition"),
    ),
    Address("conference", "gp", "conference_id", ("id",)),
    Address("conference_live", "gp", "conference_id", ("id",)),
    Address("conference_history", "gp", "history_of", ("id", "team")),
    Address("conference_minutes", "gp", "conference_id", ("id",)),
    Address("care_plan", "gp", "plan_view", ("id", "plan", "item", "view", "first", "second", "large")),
    Address("recommendations", "gp", "asked_patient", ("id",)),
    Address("rule_use", ADMINISTRATOR, "asked_patient", ("id",)),
    Address(
        "audit", ADMINISTRATOR, "audit_view", ("patient", "who", "kind", "outcome", "since", "until", "page"),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where fields and panels are: a page with its address and what must be on its mind, or a script of its own."""

    page: str = "worklist"
    who: str = "gp"
    params: tuple[tuple[str, str], ...] = ()
    state: tuple[tuple[str, Any], ...] = ()
    script: str = ""


SCORED = Place(params=(("score", "charlson"),))
WORKLIST, TASKS = Place(), Place(params=(("tab", "tasks"),))
PATIENT = Place("patient", params=(("id", "p1"),))
AUDIT = Place("audit", ADMINISTRATOR)
RULE_USE = Place("rule_use", ADMINISTRATOR)
ENROLMENT, MY_RECORD = Place("enrolment", MANAGER), Place("my_record", PATIENT_USER)
CARE = Place("enrolment", MANAGER, (("view", "care"),))
ENROLMENT_LIST = Place("enrolment", MANAGER, (("list", "enrolled"),))
SCREENING = Place("screening")


def changing(action: str, *patients: str) -> Place:
    """The form of a change of these people."""
    return Place("screening", state=(("screening_asked", Asked(EnrolmentAction(action), patients)),))


ANSWERS = Place("screening", state=(("screening_answering", "p2"),))
TIMELINE = Place("timeline", params=(("id", "p1"),))
TIMELINE_TABLE = Place("timeline", params=(("id", "p1"), ("view", "table"), ("at", "Observation/o1")))
TIMELINE_NARROW = Place("timeline", params=(("id", "p1"),), state=(("timeline_narrow", True),))
TIMELINE_LARGE = Place("timeline", params=(("id", "p1"), ("large", "yes")))
# AppTest runs whole scripts, and in the app a dialog lives in a run of its own.
FIND = Place(script="from dashboard.ui.find_patient.widget import find_dialog\nfind_dialog()")
NOBODY = Place(script=FIND.script, state=(("find_text", "999 888 7777"),))  # offers the broken glass
_TASK = """from dashboard.ui.session import reads
from dashboard.ui.tasks import widget_dialogs
listed = reads.read_tasks()
task = next(task for task in listed.tasks if task.origin.id == "t1")
widget_dialogs.{do}_dialog(task, listed.people.get(task.patient.id))
"""
COMMENT, REASSIGN, CHASE, WITHDRAW = (
    Place(script=_TASK.format(do=do)) for do in ("comment", "reassign", "chase", "withdraw")
)
ADD = Place(
    script="""from dashboard.ui.session import reads
from dashboard.ui.tasks import widget_dialogs
new = widget_dialogs.NewTask(reads.read_patient("p1")[0].person, "Repeat potassium", "Potassium 5.9 mmol/L")
widget_dialogs.add_dialog(new, lambda task_id: None)
"""
)
_CLASH = "recommendations.contradiction_widget"
_CLASH_SCRIPT = """from tests.pages import recommendation_samples
from dashboard.ui.recommendations import contradiction_widget
contradiction_widget.{do}(*recommendation_samples.{page}())
"""
CLASH = Place(script=_CLASH_SCRIPT.format(do="decide_dialog", page="clash_page"))
CLASH_THIRD = replace(CLASH, state=(("clash_way", "third-way"),))
CLASH_BACK = Place(script=_CLASH_SCRIPT.format(do="back_dialog", page="decided_page"))
AIM = Place(script='from dashboard.ui.shared.draft_text import draft_text\ndraft_text("Aim", "Walk", key="aim")')


def asked(do: str, item: str = "") -> Place:
    """The care plan of p1 with the form that a press opens."""
    wanted = Reference.parse(item) if item else None
    return Place("care_plan", params=(("id", "p1"),), state=(("asked", ("care_plan", "p1", do, wanted, "")),))


PLAN = Place("care_plan", params=(("id", "p1"),))
PLAN_GOAL, PLAN_TEAM = asked("edit", "Goal/g1"), asked("edit", "CareTeam/ct-p1-team-1")
PLAN_JOINS = replace(PLAN_TEAM, state=(*PLAN_TEAM.state, ("plan_joins-CareTeam-ct-p1-team-1", "nurse")))
PLAN_NOTE = asked("note", "Goal/g1")
PLAN_SIGN = replace(asked("sign"), state=(*asked("sign").state, ("plan_why-CarePlan-cp1", "-")))
PLAN_LINK = replace(asked("link"), state=(*asked("link").state, ("plan_why-CarePlan-cp1", "-")))
PLAN_SAVES = Place("care_plan", params=(("id", "p1"), ("view", "history")))
PLAN_HISTORY = Place(
    script="""from tests.pages.plan_samples import history_page
from dashboard.ui.care_plan.widget_history import compare
compare(*history_page())
"""
)
PLAN_START = Place(
    script="""from tests.pages.plan_samples import start_page
from dashboard.ui.care_plan.widget_start import start_form
start_form(*start_page())
""",
    state=(("start_goals-p123456", ("CKD-pressure",)),),
)
PLAN_CONFLICT = Place(
    script="""from tests.pages.plan_samples import conflict_page
from dashboard.ui.care_plan.widget_conflict import show_conflict
show_conflict(*conflict_page())
""",
    state=(("plan_choice-0", "other"), ("plan_choice-1", "other")),
)

RECOMMENDATIONS = Place("recommendations", params=(("id", "p1"),))
_CARD = """from tests.pages.recommendation_samples import ReplyKind, answered, card_page
from dashboard.ui.recommendations import widget_answers
widget_answers.{do}_dialog(*card_page({guidance}))
"""
NOT_NOW, NOT_FOR = (Place(script=_CARD.format(do=do, guidance="")) for do in ("not_now", "not_for"))
TAKE_BACK = Place(script=_CARD.format(do="take_back", guidance="answered(ReplyKind.ACCEPTED)"))
RECOMMENDATIONS_IF = replace(RECOMMENDATIONS, state=(("rec_if_measures-p1", ["EGFR"]),))

CONFERENCES, CONFERENCE = Place("conference"), Place("conference", params=(("id", "meet1"),))
CONFERENCE_PLAN = Place(
    script="""from tests.pages.conference_samples import plan_page
from dashboard.ui.conference.widget_dialogs import plan_dialog
plan_dialog(plan_page())
""",
    state=(("conference_count", 2),),
)
CONFERENCE_LIVE = Place("conference_live", params=(("id", "meet2"),))
PLAN_IN_CONFERENCE = Place(
    "care_plan", params=(("id", "p1"),), state=(("held_conference", ("Practitioner/gp", "meet2", "p1")),)
)
RECOMMENDATIONS_IN_CONFERENCE = replace(PLAN_IN_CONFERENCE, page="recommendations")
ATTENDANCE = Place(
    script="""from dashboard.ui.conference.widget_attendance import attendance_dialog
from dashboard.ui.session import meetings
attendance_dialog(meetings.read_meeting("meet2"))
"""
)
_OF_A_LINE = """from dashboard.ui.conference import widget_dialogs
from dashboard.ui.session import conferences
view = conferences.read_conference("meet1")[0]
widget_dialogs.{do}_dialog({arguments})
"""
HISTORY, HISTORY_OF_ONE = Place("conference_history"), Place("conference_history", params=(("id", "p1"),))
MINUTES = Place("conference_minutes", params=(("id", "meet1"),))
_OF_MINUTES = """from dashboard.domain.conference.note import EntryKind
from dashboard.ui.conference import widget_minutes_dialogs
from dashboard.ui.session import minutes
view = minutes.read_minutes("meet1")[0]
widget_minutes_dialogs.{do}_dialog({arguments})
"""
MINUTES_BACK = Place(script=_OF_MINUTES.format(do="send_back", arguments="view"))
MINUTES_WRITE = Place(script=_OF_MINUTES.format(do="write", arguments="view, view.lines[0], EntryKind.CORRECTION"))
CONFERENCE_CANCEL = Place(script=_OF_A_LINE.format(do="cancel", arguments="view"))
CONFERENCE_NOTE, CONFERENCE_ASK, CONFERENCE_TIME = (
    Place(script=_OF_A_LINE.format(do=do, arguments="view, view.lines[0]")) for do in ("note", "ask", "time")
)
CONFERENCE_DECIDE = Place(
    script="""from tests.pages.conference_samples import decide_pane
decide_pane()
""",
    state=(("decide_round", {}),),
)


@dataclass(frozen=True)
class Field:
    """A field: its key, or its label where it has none; `site` is the module and function that makes it.

    `press`: the button, by key or label, that goes with it. `first`: other fields that must be filled for that.
    """

    key: str
    site: str
    place: Place
    press: str = ""
    first: tuple[tuple[str, str], ...] = ()


_REASON = ("glass_reason", "I am on call for this patient's team")
# To herself: she still has it for the next input.
_COLLEAGUE = ("To whom", "Dr Jane Okafor, general practitioner, Castle Practice")
_CONTROLS, _AUDIT, _TASKS = "worklist.widget_controls", "audit.widget", "tasks.widget_dialogs"
_TIMELINE = "timeline.widget_controls"
_SCREENING = "screening.widget_change"
_START = ("title", "due", "why")
_LINK = ("put-in", "take-out")
_PLAN, _WHY = "care_plan.widget_fields", ("plan_why-Goal-g1", "New result or finding")
FIELDS = (
    Field("w_q", f"{_CONTROLS}._search", WORKLIST),
    *(
        Field(f"w_{name}", f"{_CONTROLS}._select", WORKLIST)
        for name in ("team", "region", "site", "owner", "advice", "score")
    ),
    Field("w_level", f"{_CONTROLS}._select", SCORED),
    Field("w_reason", f"{_CONTROLS}._reasons", WORKLIST),
    Field("w_view_name", f"{_CONTROLS}._views", WORKLIST, press="w_save"),
    Field("shared_screen_choice", "navigation.widget_topbar.screen_and_keys", WORKLIST),
    Field("user_choice", "navigation.widget_topbar._choose_user", WORKLIST),
    Field("find_text", "find_patient.widget.find_dialog", FIND),
    Field("glass_identifier", "emergency_access.widget.emergency_access_form", NOBODY, "glass_break", (_REASON,)),
    Field("glass_reason", "emergency_access.widget.emergency_access_form", NOBODY, "glass_break"),
    Field("glass_words", "emergency_access.widget.emergency_access_form", NOBODY, "glass_break", (_REASON,)),
    Field("To whom", f"{_TASKS}._reassign", REASSIGN, press="Hand on"),
    Field("Why (the team sees it)", f"{_TASKS}._reassign", REASSIGN, "Hand on", (_COLLEAGUE,)),
    Field("Comment (the team sees it)", f"{_TASKS}._comment", COMMENT, press="Add comment"),
    Field("Reminder (the team sees it with the task)", f"{_TASKS}._chase", CHASE, press="Send the reminder"),
    Field("Why it is taken back (the team sees it)", f"{_TASKS}._withdraw", WITHDRAW, press="Take back"),
    Field("What is to be done", f"{_TASKS}._add", ADD, press="Add task"),
    Field("Who does it", f"{_TASKS}._add", ADD, press="Add task"),
    Field("task_due", f"{_TASKS}._add", ADD, press="Add task"),
    Field("Why it is asked for (the team sees it)", f"{_TASKS}._add", ADD, press="Add task"),
    Field("clash_way", f"{_CLASH}._decide", CLASH, "clash_save"),
    Field("clash_words", f"{_CLASH}._decide", CLASH_THIRD, "clash_save"),
    Field("clash_reason", f"{_CLASH}._decide", CLASH_THIRD, "clash_save"),
    *(Field(f"clash_goal_{place}", f"{_CLASH}._goals", CLASH, "clash_save") for place in (0, 1)),
    Field("clash_back", f"{_CLASH}._back", CLASH_BACK, "clash_back_save"),
    *(Field(f"a_{name}", f"{_AUDIT}._one", AUDIT) for name in ("kind", "outcome", "who")),
    Field("a_patient", f"{_AUDIT}._patient", AUDIT),
    *(Field(f"a_{name}", f"{_AUDIT}._day", AUDIT) for name in ("since", "until")),
    *(Field(f"tl_{name}", f"{_TIMELINE}._days", TIMELINE) for name in ("from", "to")),
    Field("s_q", "screening.widget._controls", SCREENING),
    *(Field(f"s_{name}", "screening.widget._select", SCREENING) for name in ("site", "missing")),
    Field("screening_day", f"{_SCREENING}._day", changing("list", "p2"), "screening_save"),
    Field("screening_why", f"{_SCREENING}._fields", changing("list", "p2"), "screening_save"),
    *(
        Field(f"screening_{name}", f"{_SCREENING}.{site}", changing(action, patient), "screening_save")
        for name, site, action, patient in (
            ("reason", "_one_of", "find-ineligible", "p1"),
            ("site", "_one_of", "move", "p1"),
            ("form", "_text", "consent", "p3"),
            ("version", "_text", "consent", "p3"),
            ("arm", "_one_of", "enrol", "p3"),
            ("layer", "_one_of", "enrol", "p3"),
        )
    ),
    *(
        Field(f"screening_answer-{question}-p2", "screening.widget_answers._one_of", ANSWERS, "screening_answers_save")
        for question in ("living-situation", "ict-self-check", "nyha-class")
    ),
    Field(
        "screening_answer-ict-self-check-p2-RelatedPerson/rp2",
        "screening.widget_answers._one_of",
        ANSWERS,
        "screening_answers_save",
    ),
    Field("screening_answer_day", "screening.widget_answers._day", ANSWERS, "screening_answers_save"),
    Field("aim", "shared.draft_text.draft_text", AIM),
    Field("tl_measures", f"{_TIMELINE}._measures", TIMELINE),
    Field("tl-figure-p1", "timeline.widget._plot", TIMELINE),
    Field("plan_title-Goal-g1", f"{_PLAN}.ask_text", PLAN_GOAL, "plan_save", (_WHY,)),
    Field("plan_note-Goal-g1", "care_plan.widget_form._note", PLAN_NOTE, "plan_save"),
    *(
        Field(f"plan_{name}-Goal-g1", f"{_PLAN}.ask_choice", PLAN_GOAL, "plan_save", (_WHY,))
        for name in (
            "expressed_by",
            "achievement_status",
            "measure",
            "agreement-Patient-p1",
            "agreement-RelatedPerson-rp1",
            "status",
            "priority",
        )
    ),
    Field("plan_why-Goal-g1", f"{_PLAN}.ask_choice", PLAN_GOAL, "plan_save"),
    *(Field(f"plan_{name}-Goal-g1", f"{_PLAN}.ask_day", PLAN_GOAL, "plan_save", (_WHY,)) for name in ("due", "start")),
    *(
        # The other end stays: a target that was saved without any is gone, with its fields.
        Field(f"plan_{name}-0-Goal-g1", f"{_PLAN}._target_line", PLAN_GOAL, "plan_save", (_WHY, other))
        for name, other in (("low", ("plan_high-0-Goal-g1", "60")), ("high", ("plan_low-0-Goal-g1", "40")))
    ),
    Field("plan_addresses-Goal-g1", f"{_PLAN}.ask_several", PLAN_GOAL, "plan_save", (_WHY,)),
    Field("plan_leaving-CareTeam-ct-p1-team-1", f"{_PLAN}.ask_several", PLAN_TEAM),
    Field("plan_until-CareTeam-ct-p1-team-1", f"{_PLAN}.ask_day", PLAN_TEAM),
    *(Field(f"plan_{name}-CareTeam-ct-p1-team-1", f"{_PLAN}.ask_choice", PLAN_TEAM) for name in ("joins", "why")),
    Field("plan_role-nurse-CareTeam-ct-p1-team-1", f"{_PLAN}.ask_choice", PLAN_JOINS),
    Field("plan_status-CarePlan-cp1", f"{_PLAN}.ask_choice", PLAN_SIGN, "plan_sign"),
    Field("plan_due-CarePlan-cp1", f"{_PLAN}.ask_day", PLAN_SIGN, "plan_sign"),
    Field("plan_why-CarePlan-cp1", f"{_PLAN}.ask_choice", PLAN_SIGN, "plan_sign"),
    Field("plan_why-own-CarePlan-cp1", f"{_PLAN}.ask_own_words", PLAN_SIGN, "plan_sign"),
    *(Field(f"plan_{name}-CarePlan-cp1", f"{_PLAN}.ask_several", PLAN_LINK, "plan_save") for name in _LINK),
    *(Field(f"start_{name}-p123456", "care_plan.widget_start.start_form", PLAN_START, "start_plan") for name in _START),
    *(
        Field(f"start_{name}-p123456", "care_plan.widget_start._several", PLAN_START)
        for name in ("goals", "activities")
    ),
    Field("start_team-p123456", "care_plan.widget_start._team", PLAN_START, "start_plan"),
    *(
        Field(f"conference_{name}", f"conference.widget_dialogs.{site}", CONFERENCE_PLAN, "conference_plan")
        for name, site in (
            ("team", "_plan"),
            ("title", "_words"),
            ("place", "_words"),
            ("day", "_when"),
            ("people", "_people"),
            *((name, "_one_of") for name in ("time", "minutes", "count", "weeks")),
        )
    ),
    Field("attendance_asked", "conference.widget_attendance._add", ATTENDANCE, "attendance_save"),
    Field("attendance_other", "conference.widget_attendance._add", ATTENDANCE, "attendance_save"),
    Field("conference_why", "conference.widget_dialogs._cancel", CONFERENCE_CANCEL, "conference_off"),
    Field("note_kind", "conference.widget_dialogs._one_of", CONFERENCE_NOTE, "note_save"),
    Field("note_text", "conference.widget_dialogs._note", CONFERENCE_NOTE, "note_save"),
    Field("ask_whom", "conference.widget_dialogs._ask", CONFERENCE_ASK),
    Field("minutes_remark", "conference.widget_minutes_dialogs._send_back", MINUTES_BACK, "minutes_send_back"),
    Field("minutes_text", "conference.widget_minutes_dialogs._write", MINUTES_WRITE, "minutes_write"),
    Field("time_minutes", "conference.widget_dialogs._one_of", CONFERENCE_TIME, "time_save"),
    *(
        Field(f"decide_{name}-meet1-p1", f"conference.decide_form.{site}", CONFERENCE_DECIDE, "decide_save")
        for name, site in (("text", "_fields"), ("becomes", "_fields"), ("owner", "_owner"), ("due", "_due"))
    ),
    *(
        Field(f"rec_if_{name}-p1", f"recommendations.what_if.{site}", RECOMMENDATIONS)
        for name, site in (("measures", "_results"), ("begun", "_several"), ("stopped", "_several"))
    ),
    Field("rec_if_value-EGFR-p1", "recommendations.what_if._value", RECOMMENDATIONS_IF),
    Field("decide_discussion-meet1-p1", "conference.decide_form._discussion", CONFERENCE_DECIDE, "decide_write"),
    *(Field(f"plan_choice-{n}", "care_plan.widget_conflict._ask", PLAN_CONFLICT, "plan_decide") for n in (0, 1)),
    Field("plan_other-0", "shared.draft_text.draft_text", PLAN_CONFLICT, "plan_decide"),
    Field("plan_otherday-1", "care_plan.widget_conflict._written", PLAN_CONFLICT, "plan_decide"),
    *(
        Field(
            f"rec_{name}-03-metformin-kidney/stop", f"recommendations.widget_answers.{site}", place, "rec_save", first
        )
        for name, site, place, first in (
            ("until", "not_now_dialog", NOT_NOW, (("rec_why-03-metformin-kidney/stop", "After the holidays"),)),
            ("why", "not_now_dialog", NOT_NOW, ()),
            ("reason", "not_for_dialog", NOT_FOR, ()),
            ("words", "not_for_dialog", NOT_FOR, (("rec_reason-03-metformin-kidney/stop", "other"),)),
            ("back", "take_back_dialog", TAKE_BACK, ()),
        )
    ),
    *(Field(f"plan_{name}", "care_plan.widget_history._version", PLAN_HISTORY) for name in ("first", "second")),
)


@dataclass(frozen=True)
class Panel:
    """A panel whose presses a handler takes: its key on the page, the handler, and what it understands as `do`."""

    key: str
    handler: str
    place: Place
    does: tuple[str, ...]


_STORY = (
    "summary", "care_plan", "recommendations", "span", "condition", "kind", "since", "table", "large", "pick", "page",
)  # fmt: skip
_NARROW = ("complete", "reopen", "reassign", "comment", "pick")
_TIMELINE_PARTS = (
    ("switches", TIMELINE), ("table", TIMELINE_TABLE), ("detail", TIMELINE_TABLE), ("room", TIMELINE_LARGE),
)  # fmt: skip
_PATIENT_PARTS = ("about", "urgent", "since", "advice", "record")
_PATIENT = (
    "timeline", "care_plan", "recommendations", "event", "conferences", "since", "aside", "back", "complete", "reopen",
    "add", "reassign", "comment", "withdraw",
)  # fmt: skip
_EMERGENCY = ("open", "list", "over", "end-emergency")
_PLAN_PARTS = ("about", "large", "before", "after")
_CARE_PLAN = (
    "summary", "timeline", "recommendations", "large", "history", "plan", "edit", "note", "end", "reopen", "up", "down",
    "add-goal", "add-activity", "sign", "agree", "link", "go-on", "throw", "undo", "convert", "finish-save",
    "undo-save", "add-start",
)  # fmt: skip
_RECOMMENDATIONS = (
    "summary", "timeline", "care_plan", "event", "add", "order", "to-plan", "not-now", "not-for", "take-back",
    "reconcile", "unreconcile", "screening",
)  # fmt: skip
_PLAN_HISTORY = ("back", "history", "restore", "undo")
_ENROLMENT = ("enrolment", "care", "region", "list", "close", "screening", "page")
_HISTORY = ("team", "minutes", "conferences", "summary", "timeline", "care_plan", "recommendations")
_SCREENED = ("answer", "open", "toggle", "clear", "page", "pick", "do")
_ROWS = ("open", "toggle", "clear", "sort", "page", "tab", "large")
PANELS = (
    *(
        Panel(f"worklist-{part}", "worklist.widget.on_press", WORKLIST, _ROWS)
        for part in ("heading", "totals", "table")
    ),
    Panel(
        "tasks", "tasks.widget.on_press", TASKS, ("open", "more", "complete", "reopen", "reassign", "comment", "chase")
    ),
    Panel("find-results", "find_patient.widget._on_press", FIND, ("open",)),
    *(Panel(f"{part}-p1", "patient.widget.on_press", PATIENT, _PATIENT) for part in _PATIENT_PARTS),
    *(Panel(f"tl-{part}-p1", f"{_TIMELINE}.on_press", place, _STORY) for part, place in _TIMELINE_PARTS),
    *(
        Panel(f"tl-{part}-p1", "timeline.widget_narrow.on_narrow", TIMELINE_NARROW, _NARROW)
        for part in ("narrow", "narrowcontrols")
    ),
    Panel("tl-width-p1", "timeline.widget_layouts.on_width", TIMELINE, ("width",)),
    Panel("banner-p1", "emergency_access.widget.on_emergency_press", PATIENT, _EMERGENCY),
    Panel("tl-banner-p1", "emergency_access.widget.on_emergency_press", TIMELINE, _EMERGENCY),
    *(Panel(f"plan-{part}-p1", "care_plan.widget.on_press", PLAN_GOAL, _CARE_PLAN) for part in _PLAN_PARTS),
    Panel("plan-saves-p1", "care_plan.widget_history.on_history_press", PLAN_SAVES, _PLAN_HISTORY),
    Panel("plan-banner-p1", "emergency_access.widget.on_emergency_press", PLAN, _EMERGENCY),
    *(
        Panel(f"rec-{part}-p1", "recommendations.widget.on_press", RECOMMENDATIONS, _RECOMMENDATIONS)
        for part in ("about", "cards")
    ),
    Panel("rec-banner-p1", "emergency_access.widget.on_emergency_press", RECOMMENDATIONS, _EMERGENCY),
    Panel("own-record-p1", "my_record.widget._on_press", MY_RECORD, ("tick", "untick")),
    *(
        Panel("browser-print", "paper.widget_browser.on_browser_print", place, ("printed",))
        for place in (WORKLIST, TASKS, PATIENT, TIMELINE, PLAN, MY_RECORD, MINUTES, SCREENING, RECOMMENDATIONS)
    ),
    *(
        Panel(f"screening-{part}", "screening.widget.on_press", SCREENING, _SCREENED)
        for part in ("heading", "funnel", "list")
    ),
    Panel(
        "screening-done",
        "screening.widget.on_done_press",
        replace(SCREENING, state=(("screening_done", Done(EnrolmentAction.SCREEN, (), ("p1",))),)),
        ("undo", "again", "close"),
    ),
    Panel(
        "screening-recorded",
        "screening.widget.on_recorded_press",
        replace(SCREENING, state=(("screening_recorded", Recorded("p1", ("o1",))),)),
        ("undo", "close"),
    ),
    Panel("pilot-parts", "pilot.widget_care.on_press", CARE, ("page", "enrolment")),
    Panel("pilot-rows", "pilot.widget_care.on_press", CARE, ("page", "enrolment")),
    Panel("enrolment-heading", "pilot.widget.on_press", ENROLMENT, _ENROLMENT),
    Panel("enrolment-funnel", "pilot.widget.on_press", ENROLMENT, _ENROLMENT),
    Panel("enrolment-places", "pilot.widget.on_press", ENROLMENT, _ENROLMENT),
    Panel("enrolment-points", "pilot.widget.on_press", ENROLMENT, _ENROLMENT),
    Panel("enrolment-list", "pilot.widget.on_press", ENROLMENT_LIST, _ENROLMENT),
    Panel(
        "nav",
        "navigation.widget_topbar._on_press",
        WORKLIST,
        ("worklist", "conference", "screening", "audit", "rule_use", "enrolment", "my_record"),
    ),
    Panel("coming", "conference.widget_coming.on_coming_press", WORKLIST, ("open-conference", "join", "open")),
    Panel("conferences", "conference.widget.on_list_press", CONFERENCES, ("open-conference", "history")),
    *(
        Panel(
            f"conference-{part}",
            "conference.widget.on_press",
            CONFERENCE,
            (
                "conferences",
                "minutes",
                "open",
                "answer",
                "fill",
                "add",
                "remove",
                "earlier",
                "later",
                "note",
                "ask",
                "time",
            ),
        )
        for part in ("heading", "agenda")
    ),
    Panel("plan-conference", "conference.widget_back.on_press", PLAN_IN_CONFERENCE, ("back",)),
    Panel("live-changed-p1", "conference.widget_live.on_press", CONFERENCE_LIVE, ("recommendations",)),
    Panel("decided-list", "conference.decide.on_decide_press", CONFERENCE_DECIDE, ("take-back", "throw", "again")),
    *(
        Panel(name, "conference.widget_history.on_press", place, _HISTORY)
        for name, place in (
            ("history-heading", HISTORY),
            ("history", HISTORY),
            ("history-about-p1", HISTORY_OF_ONE),
            ("history-of-p1", HISTORY_OF_ONE),
        )
    ),
    *(
        Panel(
            f"minutes-{part}",
            "conference.widget_minutes.on_press",
            MINUTES,
            ("agenda", "open", "history", "sign", "file", "send-back", "write"),
        )
        for part in ("heading", "body")
    ),
    *(
        Panel(f"audit-{part}", "audit.widget.on_press", AUDIT, ("who", "patient", "page", "clear", "emergency"))
        for part in ("heading", "table")
    ),
)
