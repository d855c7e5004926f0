"""A FHIR server that answers with hostile rows: every resource type that a page reads, by every way to be hostile.

What comes is shown harmlessly or refused in a sentence; no page dies of it, shows a stranger, or grows without bound.
The server is the embedded one, with another before it that tampers with rows of one type (`tests/pages/real.py`).
"""

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.ui.session import session
from tests.pages import real
from tests.pages.inputs import (
    AUDIT,
    CARE,
    CONFERENCE,
    CONFERENCE_LIVE,
    CONFERENCES,
    ENROLMENT,
    FIND,
    HISTORY,
    HISTORY_OF_ONE,
    MINUTES,
    MY_RECORD,
    PATIENT,
    PLAN,
    RECOMMENDATIONS,
    RULE_USE,
    SCREENING,
    TASKS,
    TIMELINE,
    TIMELINE_TABLE,
    WORKLIST,
    Place,
)
from tests.pages.real import HIDDEN, Json, Tamper, rewrite
from tests.pages.test_fuzz import again, at_place
from tests.pages.test_hostile import check
from tests.servers.start import Server

# Which lines run is measured by the other tests of the pages; here it would take half as long again.
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

SCRIPT = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>"
MARKDOWN = "![x](https://evil.example/p.png) [y](javascript:hacked) :material/home: **b** $x$"
EVIL = f"{SCRIPT} {MARKDOWN}"
MILLION = 2**20
# The largest page of the cohort has 70 kB. With long texts in every place it may have ten times that, not a million.
MOST_BYTES = 700_000
STRANGER = "p4"
# Without these the row is another row, or nobody's.
SUMMARY_CACHE = frozenset({"resourceType", "id", "reference", "versionId", "lastUpdated"})


def free(row: Json, text: str) -> list[Json]:
    """Every text that people write."""
    return [rewrite(row, lambda name, value: text if name in real.FREE else value)]


def every(row: Json, text: str) -> list[Json]:
    """Every string but what makes it this patient's row: codes, dates, systems, statuses too."""
    return [rewrite(row, lambda name, value: value if name in SUMMARY_CACHE else text)]


def wrong(row: Json, value: Any) -> list[Json]:
    """Every element is of a type it cannot have, but who it is and whom it is about."""
    about = {"subject", "patient", "for", "participant", "meta", *SUMMARY_CACHE}
    return [{name: each if name in about else value for name, each in row.items()}]


def in_turn(row: Json) -> list[Json]:
    """One element after the other is of a wrong type, each in a row of its own."""
    odd: list[Any] = [None, 7, "x", [], {}, [[]], [None], True, {"coding": 7}, [{"coding": [None]}]]
    names = [name for name in row if name not in ("resourceType", "id")]
    made = [{**row, name: value} for name in names for value in odd]
    return [row, *({**each, "id": f"{row['id']}-{n}"} for n, each in enumerate(made))]


def deep(row: Json) -> list[Json]:
    """As deep as JSON is read at all, in every element."""
    nest: Any = {"text": "end"}
    for _ in range(450):
        nest = {"extension": [nest], "coding": [nest]} if _ < 3 else {"extension": [nest]}
    return [{**{name: value if name in ("subject", "patient", "for") else nest for name, value in row.items()}}
            | {name: row[name] for name in SUMMARY_CACHE if name in row}, {**row, "extension": [nest]}]  # fmt: skip


def too_deep(row: Json) -> bytes:
    return b'{"resourceType":"Bundle","type":"searchset","entry":' + b"[" * 200_000 + b"]" * 200_000 + b"}"


def strangers(row: Json) -> list[Json]:
    """The row beside one of a patient who is not the user's, and of a team that is not."""
    text = re.sub(
        r"Patient/p[123]", f"Patient/{STRANGER}", json.dumps(row).replace("Practitioner/gp", "Practitioner/x")
    )
    other = json.loads(text)
    if row["resourceType"] == "AuditEvent":
        # The administrator may see whose record it was by its id, and who looked; the patient's name is nobody's here.
        named = rewrite(other["entity"], lambda name, value: HIDDEN if name in ("display", "name") else value)
        return [row, {**other, "id": f"{row['id']}-x", "entity": named}]
    if row["resourceType"] != "ResearchStudy":  # a study is nobody's record: its title may be shown
        other = free(other, HIDDEN)[0]
    return [row, {**other, "id": STRANGER if row["resourceType"] == "Patient" else f"{row['id']}-x"}]


def others(row: Json) -> list[Any]:
    """Of types that were not asked for."""
    return [
        row,
        {"resourceType": "Basic", "id": "b1", "subject": {"reference": f"Patient/{STRANGER}"}, "text": HIDDEN},
        {"resourceType": "Patient", "id": STRANGER, "name": [{"family": HIDDEN}], "birthDate": "1948-02-03"},
    ]


def no_rows(row: Json) -> list[Any]:
    """What is no resource at all."""
    nameless = {name: value for name, value in row.items() if name != "id"}
    return [row, None, 7, "x", [], {}, nameless, {**row, "id": "../../x"}, {**row, "id": {"x": 1}}]


def numbers(row: Json) -> list[Json]:
    """Numbers that no measurement has."""

    def huge(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: huge(each) for name, each in value.items()}
        if isinstance(value, list):
            return [huge(each) for each in value]
        return 1e308 if isinstance(value, int | float) and not isinstance(value, bool) else value

    return [huge(row), {**huge(row), "id": row["id"]}]


CONTROLS = "a\x00b\x1b[31mc\u202etxet\u2066\u200b\x9b\r\n\u2028"
HOSTILITIES: dict[str, Tamper] = {
    "scripts in texts": lambda row: free(row, EVIL),
    "scripts everywhere": lambda row: every(row, EVIL),
    "control characters": lambda row: free(row, CONTROLS),
    "control characters everywhere": lambda row: every(row, CONTROLS),
    "a million letters": lambda row: free(row, "N" * MILLION),
    "a million letters everywhere": lambda row: every(row, "N" * MILLION),
    "numbers for elements": lambda row: wrong(row, 7),
    "texts for elements": lambda row: wrong(row, "x"),
    "lists for elements": lambda row: wrong(row, [[]]),
    "wrong types in turn": in_turn,
    "huge numbers": numbers,
    "deep nesting": deep,
    "nesting without end": too_deep,
    "other people's rows": strangers,
    "other types": others,
    "no resources": no_rows,
}
PLACES = {
    "worklist": WORKLIST,
    "tasks": TASKS,
    "patient": PATIENT,
    "timeline": TIMELINE,
    "table": TIMELINE_TABLE,
    "care plan": PLAN,
    "recommendations": RECOMMENDATIONS,
    "my record": MY_RECORD,
    "enrolment": ENROLMENT,
    "patients in care": CARE,
    "audit": AUDIT,
    "rule use": RULE_USE,
    "find": FIND,
    "conferences": CONFERENCES,
    "conference": CONFERENCE,
    "running conference": CONFERENCE_LIVE,
    "minutes": MINUTES,
    "history": HISTORY,
    "history of one": HISTORY_OF_ONE,
    "screening": SCREENING,
}
TYPES = (
    "AllergyIntolerance", "Appointment", "AuditEvent", "CarePlan", "CareTeam", "CommunicationRequest", "Composition",
    "Condition", "Consent", "DetectedIssue", "DiagnosticReport", "DocumentReference", "Encounter", "Goal",
    "GuidanceResponse", "ImagingStudy", "Immunization", "List", "Medication", "MedicationRequest",
    "MedicationStatement", "Observation", "Organization", "Patient", "Practitioner", "PractitionerRole", "Procedure",
    "Provenance", "QuestionnaireResponse", "RelatedPerson", "ResearchStudy", "ResearchSubject", "ServiceRequest",
    "Task",
)  # fmt: skip
# These read a team as the worklist does, or a patient as the summary or the figure does, and show only this much of it:
# enough to look at them for that.
SHOW_LESS = {
    "tasks": {"Task", "CareTeam", "Patient", "Consent", "PractitionerRole", "Practitioner"},
    "find": {"CareTeam", "Patient", "Consent"},
    "table": {"Observation", "Procedure", "Patient"},
    "recommendations": {
        "AllergyIntolerance",
        "Condition",
        "DetectedIssue",
        "Encounter",
        "Goal",
        "GuidanceResponse",
        "MedicationRequest",
        "MedicationStatement",
        "Observation",
        "Patient",
        "Procedure",
    },
    "rule use": {"GuidanceResponse"},
    "my record": {
        "Patient",
        "Condition",
        "MedicationRequest",
        "CarePlan",
        "Goal",
        "RelatedPerson",
        "Consent",
    },
    "enrolment": {"ResearchStudy", "ResearchSubject", "Organization"},
    "patients in care": {"CareTeam", "Patient", "Condition", "Consent", "Organization"},
    "conferences": {"Appointment", "CareTeam", "Patient", "Consent"},
    "conference": {
        "Appointment",
        "CareTeam",
        "Composition",
        "Consent",
        "Encounter",
        "List",
        "Observation",
        "Patient",
        "QuestionnaireResponse",
        "Task",
    },
    "running conference": {"Appointment", "CareTeam", "Composition", "Consent", "Encounter", "List", "Patient"},
    "screening": {"CareTeam", "Condition", "Consent", "Observation", "Patient", "ResearchStudy", "ResearchSubject"},
    "history": {"Appointment", "CareTeam", "CommunicationRequest", "Consent", "Encounter", "Patient", "Task"},
    "history of one": {"Appointment", "CommunicationRequest", "Composition", "Encounter", "Patient", "Task"},
    "minutes": {
        "Appointment",
        "CareTeam",
        "Composition",
        "Consent",
        "DocumentReference",
        "Encounter",
        "List",
        "Patient",
        "Task",
    },
}


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with real.loaded_server(tmp_path_factory.mktemp("behind")) as server:
        yield server


# What was read of another server; the queries keep theirs by its address.
KEPT_IN_SESSION = {
    "page_patient", "page_tasks", "worklist_rows", "arranged_scene", "page_timeline", "page_event",
    "page_pilot", "page_enrolment", "page_enrolment-list",
    "page_own", "page_conference", "page_conferences", "page_minutes", "page_care-plan", "plan_shown",
    "page_conference-history", "page_patient-conferences", "page_screening",
    "page_recommendations", "recommendations_shown", "recommendations_noted",
    "page_rule-use",
    "patient_shown", "timeline_shown", "live_shown", "live_drawn", "live_joined", "live_discussed",
}  # fmt: skip
_opened: dict[Place, AppTest] = {}
_answers: real.Known = {}


def open_at(place: Place) -> AppTest:
    """The page as it is when the server of this moment is asked, in one session for all tests of a place."""
    if place in _opened:
        at = _opened[place]
        for name in KEPT_IN_SESSION & set(at.session_state):
            del at.session_state[name]
        at = again(at, place)
    else:
        at = _opened[place] = at_place(place)
    return real.send(at, "find_text", "ald") if place is FIND else at


@pytest.fixture(scope="module")
def read_by(behind: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The types of which a page is sent rows, for each place: no other row can do anything to it."""
    reads = {}
    for name, place in PLACES.items():
        with (
            real.between(behind) as server,
            real.pages_on(server.hostile.base_url, tmp_path_factory.mktemp("read")),
        ):
            harmless(open_at(place))
            reads[name] = server.answered
    return reads


def test_the_table_has_every_type_that_a_page_reads(read_by: dict[str, set[str]]) -> None:
    """And no other. A page to come reads something, and is in the table then."""
    assert {place.page for place in PLACES.values()} == real.page_names()
    # A batch of counts is answered with Bundles, which hold no row.
    assert set.union(*read_by.values()) - {"Bundle"} == set(TYPES)
    for name, kinds in SHOW_LESS.items():
        assert kinds <= read_by[name], name


@pytest.mark.parametrize("hostility", HOSTILITIES)
@pytest.mark.parametrize("kind", TYPES)
def test_a_page_neither_dies_nor_lies(
    kind: str, hostility: str, behind: Server, read_by: dict[str, set[str]], tmp_path: Path
) -> None:
    with (
        real.between(behind, kind, HOSTILITIES[hostility], _answers) as server,
        real.pages_on(server.hostile.base_url, tmp_path),
    ):
        looked = 0
        for name, place in PLACES.items():
            if kind in SHOW_LESS.get(name, read_by[name]):
                harmless(open_at(place))
                looked += kind in server.answered
        assert looked, "no page has met it"


def harmless(at: AppTest) -> None:
    """Nothing died, nothing foreign, no markup but ours, and no more of it than a person can read."""
    assert not at.exception, at.exception
    sent, server = real.everything(at), session.process().fhir.base_url
    assert real.DEFECT.encode() not in sent
    for name in (HIDDEN, real.FOREIGN):
        assert name.encode() not in sent, sent[max(0, sent.index(name.encode()) - 200) :][:300].decode(errors="replace")
    assert len(sent) < MOST_BYTES
    for each in at:
        if panel := getattr(getattr(each, "proto", None), "json", ""):
            # A picked record is a link to itself on the server of the settings.
            check_once(json.loads(panel).get("html", "").replace(f'href="{server}/', 'href="#'))
        elif type(each).__name__ in MARKDOWN_ELEMENTS:
            assert "](" not in each.proto.SerializeToString().decode(errors="replace").replace("\\]\\(", "")


# Many panels are the same in all tests; what raises is not remembered.
check_once = functools.lru_cache(maxsize=500)(check)
MARKDOWN_ELEMENTS = frozenset({"Markdown", "Caption", "Toast", "Error", "Warning", "Info", "Success", "Expander"})
