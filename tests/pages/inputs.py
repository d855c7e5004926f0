"""Everything a browser can send: parameters of addresses, form fields, presses. `test_fuzz.py` sends all of it.

A new page, field or handler of presses fails `tests/pages/test_inputs.py` until it has a line here, and is fuzzed then.
"""

from dataclasses import dataclass
from typing import Any

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
        ("q", "team", "region", "site", "owner", "condition", "reason", "urgent", "sort", "order", "page", "tab", "id"),
    ),
    Address("patient", "gp", "asked_patient", ("id",)),
    Address("my_record", PATIENT_USER, "asked_patient", ("id",)),
    Address("pilot", MANAGER, "pilot_page", ("page",)),
    Address(
        "timeline",
        "gp",
        "timeline_view",
        ("id", "span", "from", "to", "off", "m", "at", "since", "large", "view", "page"),
    ),
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


WORKLIST, TASKS = Place(), Place(params=(("tab", "tasks"),))
PATIENT = Place("patient", params=(("id", "p1"),))
AUDIT = Place("audit", ADMINISTRATOR)
PILOT, MY_RECORD = Place("pilot", MANAGER), Place("my_record", PATIENT_USER)
TIMELINE = Place("timeline", params=(("id", "p1"),))
TIMELINE_TABLE = Place("timeline", params=(("id", "p1"), ("view", "table"), ("at", "Observation/o1")))
# AppTest runs whole scripts, and in the app a dialog lives in a run of its own.
FIND = Place(script="from dashboard.ui.find_patient.widget import find_dialog\nfind_dialog()")
NOBODY = Place(script=FIND.script, state=(("find_text", "999 888 7777"),))  # offers the broken glass
_TASK = """from dashboard.ui.session import reads
from dashboard.ui.tasks import widget as my_tasks
my_tasks._{do}_dialog(next(task for task in reads.read_tasks().tasks if task.origin.id == "t1"))
"""
COMMENT, REASSIGN, CHASE = (Place(script=_TASK.format(do=do)) for do in ("comment", "reassign", "chase"))


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
_CONTROLS, _AUDIT, _TASKS = "worklist.widget_controls", "audit.widget", "tasks.widget"
_TIMELINE = "timeline.widget_controls"
FIELDS = (
    Field("w_q", f"{_CONTROLS}._search", WORKLIST),
    *(Field(f"w_{name}", f"{_CONTROLS}._select", WORKLIST) for name in ("team", "region", "site", "owner")),
    Field("w_reason", f"{_CONTROLS}._reasons", WORKLIST),
    Field("w_view_name", f"{_CONTROLS}._views", WORKLIST, press="w_save"),
    Field("user_choice", "navigation.widget_topbar.choose_user_sidebar", WORKLIST),
    Field("find_text", "find_patient.widget.find_dialog", FIND),
    Field("glass_identifier", "emergency_access.widget.emergency_access_form", NOBODY, "glass_break", (_REASON,)),
    Field("glass_reason", "emergency_access.widget.emergency_access_form", NOBODY, "glass_break"),
    Field("glass_words", "emergency_access.widget.emergency_access_form", NOBODY, "glass_break", (_REASON,)),
    Field("To whom", f"{_TASKS}._reassign", REASSIGN, press="Hand on"),
    Field("Why (the team sees it)", f"{_TASKS}._reassign", REASSIGN, "Hand on", (_COLLEAGUE,)),
    Field("Comment (the team sees it)", f"{_TASKS}._comment", COMMENT, press="Add comment"),
    Field("Reminder (the team sees it with the task)", f"{_TASKS}._chase", CHASE, press="Send the reminder"),
    *(Field(f"a_{name}", f"{_AUDIT}._one", AUDIT) for name in ("kind", "outcome", "who")),
    Field("a_patient", f"{_AUDIT}._patient", AUDIT),
    *(Field(f"a_{name}", f"{_AUDIT}._day", AUDIT) for name in ("since", "until")),
    *(Field(f"tl_{name}", f"{_TIMELINE}._days", TIMELINE) for name in ("from", "to")),
    Field("tl_measures", f"{_TIMELINE}._measures", TIMELINE),
    Field("tl-figure-p1", "timeline.widget._figure", TIMELINE),
)


@dataclass(frozen=True)
class Panel:
    """A panel whose presses a handler takes: its key on the page, the handler, and what it understands as `do`."""

    key: str
    handler: str
    place: Place
    does: tuple[str, ...]


_STORY = ("summary", "span", "kind", "since", "table", "large", "pick", "page")
_TIMELINE_PARTS = (("switches", TIMELINE), ("table", TIMELINE_TABLE), ("detail", TIMELINE_TABLE))
_ROWS = ("open", "toggle", "clear", "sort", "page", "tab")
PANELS = (
    *(
        Panel(f"worklist-{part}", "worklist.widget.on_press", WORKLIST, _ROWS)
        for part in ("heading", "totals", "table")
    ),
    Panel(
        "tasks", "tasks.widget.on_press", TASKS, ("open", "more", "complete", "reopen", "reassign", "comment", "chase")
    ),
    Panel("find-results", "find_patient.widget._on_press", FIND, ("open",)),
    Panel("about-p1", "patient.widget._on_press", PATIENT, ("timeline",)),
    *(Panel(f"tl-{part}-p1", f"{_TIMELINE}.on_press", place, _STORY) for part, place in _TIMELINE_PARTS),
    Panel("pilot-rows", "pilot.widget.on_press", PILOT, ("page",)),
    Panel("nav", "navigation.widget_topbar._on_press", WORKLIST, ("worklist", "audit", "pilot", "my_record")),
    *(
        Panel(f"audit-{part}", "audit.widget.on_press", AUDIT, ("who", "patient", "page", "clear", "emergency"))
        for part in ("heading", "table")
    ),
)
