"""The small inputs after public bug reports (`shared/data/cases`): loaded with the documented command, every page says
what is right of them.

What is right stands in the README of these files. Each fact is looked for in the words of the pages, so that a page
that words it otherwise fails; the same facts are tried with own variants in the other modules of this folder.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.demo.__main__ import main as load_demo
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.record.observation import Measure
from dashboard.domain.record.people import Person
from dashboard.domain.record.views import PatientSummary, Worklist
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.client.capabilities import EMBEDDED_SERVER
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.find_patients import find_patients
from dashboard.queries.get_care_plan import get_care_plan
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_timeline import get_timeline
from dashboard.queries.get_worklist import get_worklist
from dashboard.ui.patient.banner_html import banner_html
from dashboard.ui.patient.html import summary_html
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.timeline.words import event_words, show_when, state_words
from dashboard.ui.worklist.row import WorklistRow
from tests.contract.every_page import plain, plan_words
from tests.contract.test_bundles_synthea import GP, ROOT, TEAM
from tests.patience import PATIENCE
from tests.servers.start import Server, start_embedded, start_hapi

# Which lines run is measured by other tests, without so many records.
pytestmark = pytest.mark.no_cover

T = load_terminology()
ZONE = ZoneInfo("Europe/Madrid")
AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
JUST_AFTER_MIDNIGHT = datetime(2026, 11, 24, 23, 45, tzinfo=UTC)
USER = User(Reference("Practitioner", GP.partition("/")[2]), "GP")


@dataclass
class Cases:
    """A server with the cases in it, and what its pages say of a patient."""

    fhir: HttpFhirServer
    printed: str
    teams: TeamCache = field(default_factory=TeamCache)

    @property
    def scope(self) -> AccessScope:
        return AccessScope(self.fhir.base_url, GP)

    def summary(self, patient: str, at: datetime = AT) -> PatientSummary:
        return get_patient(self.fhir, USER, self.scope, T, patient, at, False, self.teams, PatientCache())

    def page(self, patient: str, at: datetime = AT) -> str:
        summary, moment = self.summary(patient, at), ViewTime(at, ZONE)
        return f"{plain(banner_html(summary, moment))} {plain(summary_html(summary, moment))}"

    def plan(self, patient: str, at: datetime = AT) -> str:
        """What the page of the care plan says under its banner."""
        view = get_care_plan(self.fhir, USER, self.scope, T, patient, at, False, self.teams, PatientCache())
        return plan_words(view, self.summary(patient, at), ViewTime(at, ZONE))

    def timeline(self, patient: str, at: datetime = AT) -> list[str]:
        found = get_timeline(self.fhir, USER, self.scope, T, patient, at, False, self.teams, PatientCache())
        return [" | ".join((event_words(each), show_when(each, ZONE), state_words(each))) for each in found.events]

    def rows(self, at: datetime = AT) -> dict[str, dict[str, Any]]:
        frame = get_worklist(self.fhir, USER, self.scope, T, at, False, self.teams).rows
        return {row["patient_id"]: row for row in frame.to_dict("records")}

    def ids(self, family: str) -> list[str]:
        return [ident for ident, row in self.rows().items() if row["person"].name.family == family]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("embedded", marks=pytest.mark.slow),
        pytest.param("hapi", marks=[pytest.mark.slow, pytest.mark.java]),
    ],
)
def cases(request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cases]:
    folder = shared / "data" / "cases"
    if not folder.exists():
        pytest.skip("the shared cases are not here")
    empty = start_hapi() if request.param == "hapi" else start_embedded(tmp_path_factory.mktemp("cases") / "f.sqlite")
    with empty as server:
        command = [
            sys.executable, "-m", "dashboard.demo", "--fhir-url", server.base_url, "--patients", "0",
            "--bundles", str(folder), "--team", TEAM,
        ]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))
        printed = done.stdout + done.stderr
        fhir = HttpFhirServer(server.base_url, timeout=(PATIENCE, PATIENCE))
        yield Cases(fhir, printed)
        fhir.close()


def test_a_record_of_another_server_is_named_where_it_is_left_out(cases: Cases) -> None:
    """By the page; or by the loader, where the server takes no such reference, as HAPI does not."""
    on_page = "1 record is left out (about a patient of another server)" in cases.page("b13a")
    assert on_page != ("reference-to-another-server.json entry 2: Observation not loaded" in cases.printed)


# patient -> what the page of the patient says, and what it must not say
PAGE = {
    "b13a": (["Potassium 5.6 mmol/L o outside usual range"], ["6.4"]),
    "b01a": (
        [
            "Other results HbA1c 107 mmol/mol o outside usual range", "212/124 mmHg ! urgent o outside usual range",
            "mmol/L ! urgent",
        ],
        ["Type 2 diabetes"],
    ),
    "b01b": (["Other results LVEF 22 % o outside usual range", "6.9 mmol/L", "eGFR 19 mL/min/1.73 m² o outside"], []),
    "b01c": (["Other results PHQ-9 24 o outside usual range"], ["Depression"]),
    "b14": (
        [
            "Type 2 diabetes suspected, differential diagnosis", "3 past problems", "Heart failure until 01-Mar-2019",
            "Chronic kidney disease until 60 years", "Major depressive disorder resolved",
        ],
        ["overdue"],
    ),
    "b14b": (
        ["Type 2 diabetes suspected, provisional diagnosis", "Heart failure suspected, unconfirmed"],
        ["overdue", "past"],
    ),
    "b02a": (["Allergies not recorded", "rules out allergies of one kind only"], ["Known allergies", "latex"]),
    "b02b": (["No known allergies"], ["Known allergies", "not recorded Known"]),
    "b02e": (["Allergies not recorded", "rules out allergies of one kind only"], ["Known allergies"]),
    "b02h": (["No known problems", "No known medicines"], []),
    "b03": (
        [
            "MRA Spironolactone 25 mg tablets", "Anticoagulant warfarin", "Insulin glargine 100 units/mL",
            "Methotrexate 2.5 mg, weekly", "Digoxin 62.5 mcg", "1 record could not be read (no code)",
        ],
        [],
    ),
    "b04": (
        [
            "15 mg once a week on Monday, oral, at most 15 mg per week",
            "1 tablet, every 4 hours, as needed, Do not take with alcohol",
            "3 to 5 mg once a day with the evening meal",
        ],
        [],
    ),
    "b05": (
        [
            "Not to be done: Stop ibuprofen", "Retinal screening Book with the eye clinic", "01-Dec-2026 - 15-Dec-2026",
            "Walking group", "twice a week", "Lost 4 kg", "Walks 30 minutes a day", "Prefers telephone contact",
            "HbA1c under 53 within six months HbA1c below 53 mmol/mol", "by 24-Dec-2026",
        ],
        [],
    ),
    "b24": (
        [
            "Systolic BP below 130 mmHg", "noted: In progress", "Weight 70 to 75 kg", "noted: Worsening",
            "Fasting glucose 4 to 7 mmol/L", "3 goals, 0 on track",
        ],
        ["1 on track"],
    ),
    "b23": (["PHQ-9 24 o outside usual range"], ["could not be read"]),
    "b23b": (["PHQ-9 23 o outside usual range"], ["could not be read"]),
    "b23c": (["PHQ-9 22 o outside usual range"], ["could not be read"]),
    "b11": (
        [
            "HbA1c 56 mmol/mol", "eGFR 64 mL/min/1.73 m²", "converted from 37 ug/mg", "Sodium 139 mmol/L",
            "Creatinine 142 µmol/L", "Weight 82 kg", "31 kg/m²", "592 ng/L", "LDL cholesterol 2.8 mmol/L", "14",
        ],
        ["could not be read"],
    ),
    "b21": (
        [
            "Prednisolone 30 mg until 07-Jan-2026: its time is over, and the record still says that it goes on dose "
            "not recorded Since 01-Jan-2026",
            "Amoxicillin 500 mg until 09-May-2026: its time is over",
            "one three times daily Since 02-May-2026",
            "may be dispensed until 16-May-2026: its time is over",
            "Dalteparin until 20-Dec-2026 5000 units daily Since 20-Nov-2026",
        ],
        [],
    ),
    "b20": (["Record not in use", "replaced by another one", "Open the record that replaces it"], []),
    "b20n": (["replaces another one", "Open the replaced record"], ["Record not in use"]),
    "b20x": (["Record not in use"], ["replaced by"]),
    "b16": (
        ["Recent contacts 3 in the list Inpatient stay", "in hospital now, since: not recorded"], ["could not be read"]
    ),
}  # fmt: skip

TIMELINE = {
    "b13a": ["Potassium 5.6 mmol/L | 25-Nov-2026 10:00 | "],
    "b14": ["Heart failure | 2016 to 01-Mar-2019 | ", "Type 2 diabetes mellitus | date not recorded | suspected"],
    "b02h": [],
    "b05": [
        "Diabetes plan Retinal screening; not to be done: Stop ibuprofen; Walking group"
        " | 10-Jan-2026 to 10-Jan-2027 | ",
        "HbA1c under 53 within six months | until 24-Dec-2026 | ",
    ],
    "b21": ["Prednisolone 30 mg | 01-Jan-2026 to 07-Jan-2026 | ", "Colchicine 500 mcg | since 02-May-2026 | "],
    "b16": ["inpatient encounter | now, since: not recorded | ", "Inpatient stay | since 26-Nov-2026 | "],
    "b24": ["Systolic blood pressure (in progress) | until 01-Feb-2027 | "],
    "b23b": ["PHQ-9 23 | 25-Nov-2026 10:00 | "],
}


PLAN = {
    "b05": (
        [
            "Diabetes plan", "review due 10-Jan-2027", "Written in the plan itself 4",
            "HbA1c under 53 within six months HbA1c below 53 mmol/mol no result yet", "by 24-Dec-2026",
            "Not to be done: Stop ibuprofen", "Retinal screening Book with the eye clinic",
            "Walking group Lost 4 kg; 02-Oct-2026: Walks 30 minutes a day", "Prefers telephone contact",
        ],
        ["No shared plan yet", "No goal is agreed yet", "could not be read"],
    ),
    "b24": (["No shared plan yet"], ["could not be read"]),
}  # fmt: skip


@pytest.mark.parametrize("patient", PAGE)
def test_the_page_of_the_patient_says_what_is_right(cases: Cases, patient: str) -> None:
    page, (says, not_says) = cases.page(patient), PAGE[patient]
    missing = [words for words in says if words not in page]
    assert not missing, page
    assert not [words for words in not_says if words in page], page


@pytest.mark.parametrize("patient", PLAN)
def test_the_care_plan_says_what_is_right(cases: Cases, patient: str) -> None:
    page, (says, not_says) = cases.plan(patient), PLAN[patient]
    assert [words for words in says if words not in page] == [], page
    assert not [words for words in not_says if words in page], page


@pytest.mark.parametrize("patient", TIMELINE)
def test_the_timeline_says_what_is_right(cases: Cases, patient: str) -> None:
    lines = cases.timeline(patient)
    assert [line for line in TIMELINE[patient] if line not in lines] == [], lines


def test_nothing_that_says_none_is_an_event(cases: Cases) -> None:
    assert [cases.timeline(patient) for patient in ("b02a", "b02b", "b02e", "b02h")] == [[], [], [], []]


def test_every_result_of_the_worklist_is_on_the_page_of_the_patient(cases: Cases) -> None:
    rows = cases.rows()
    assert len(rows) == 26
    for patient, row in rows.items():
        shown = {
            key.measure: key.latest for keys in (cases.summary(patient).results.value or {}).values() for key in keys
        }
        assert {measure: key.latest for measure, key in row["results"].items()}.items() <= shown.items(), patient


def test_half_past_midnight_in_bilbao_is_in_time(cases: Cases) -> None:
    row = cases.rows(JUST_AFTER_MIDNIGHT)["b19v"]
    assert WorklistRow(row, JUST_AFTER_MIDNIGHT, ZONE).urgent
    assert "Potassium 6.8 mmol/L ! urgent o outside usual range" in cases.page("b19v", JUST_AFTER_MIDNIGHT)
    assert "Potassium 6.8 mmol/L | 25-Nov-2026 00:30 | " in cases.timeline("b19v", JUST_AFTER_MIDNIGHT)


def test_two_people_with_one_id_are_two(cases: Cases) -> None:
    [first], [second] = cases.ids("Eighteenfirst"), cases.ids("Eighteensecond")
    pages = cases.page(first), cases.page(second)
    assert ["Allergen 4" in page for page in pages] == ["4.4 mmol/L" in page for page in pages] == [True, False]
    assert ["Allergen 5" in page for page in pages] == ["6.6 mmol/L" in page for page in pages] == [False, True]
    assert "Patient has the id of another record, Patient/b18, and gets the id" in cases.printed


# The odd rows, equal ids and merged records on every server, and what find-a-patient offers of them


@dataclass
class Pages:
    """What a GP of the team sees, of the cases of odd rows, equal ids and merged records."""

    fhir: HttpFhirServer
    teams: TeamCache

    @property
    def asker(self) -> tuple[HttpFhirServer, User, AccessScope]:
        return self.fhir, USER, AccessScope(self.fhir.base_url, GP)

    def worklist(self) -> Worklist:
        return get_worklist(*self.asker, T, AT, team_cache=self.teams)

    def people(self) -> dict[str, Person]:
        return {person.id: person for person in self.worklist().rows["person"]}

    def patient(self, ident: str) -> PatientSummary:
        return get_patient(*self.asker, T, ident, AT, team_cache=self.teams, patient_cache=PatientCache())

    def plan(self, ident: str) -> CarePlanView:
        return get_care_plan(*self.asker, T, ident, AT, team_cache=self.teams, patient_cache=PatientCache())

    def timeline(self, ident: str) -> Timeline:
        return get_timeline(*self.asker, T, ident, AT, team_cache=self.teams, patient_cache=PatientCache())

    def found(self, text: str) -> list[str]:
        matches = find_patients(*self.asker, text, AT, T, self.teams)
        return [match.person.id for match in matches]


@pytest.fixture(scope="module")
def pages(fhir_server: Server, shared: Path) -> Iterator[Pages]:
    names = ("reference-to-another-server", "same-id-two-people-1", "same-id-two-people-2", "merged-patient")
    for name in names:
        path = shared / "data" / "cases" / f"{name}.json"
        arguments = ["--fhir-url", fhir_server.base_url, "--patients", "0", "--team", "team-sw-warwick"]
        load_demo([*arguments, "--bundles", str(path)])
    fhir = HttpFhirServer(fhir_server.base_url)
    yield Pages(fhir, TeamCache())
    fhir.close()


def test_the_good_result_is_shown_and_the_odd_one_is_named(pages: Pages) -> None:
    rows = pages.worklist().rows.set_index("patient_id")
    shown = [rows.loc["b13a", "results"][Measure.POTASSIUM].latest, *pages.timeline("b13a").series[Measure.POTASSIUM]]
    assert [float(each.value.value) for each in shown] == [5.6, 5.6]
    if pages.fhir.capabilities.software == EMBEDDED_SERVER:  # another one refuses to store it, or does not find it
        for page in (pages.worklist(), pages.patient("b13a"), pages.timeline("b13a")):
            assert ("Observation/b13a1", "other-server") in {(str(each.origin), each.why) for each in page.unreadable}


def test_two_people_with_one_id_are_two_with_an_allergy_each(pages: Pages) -> None:
    people = {person.name.family: ident for ident, person in pages.people().items() if "Eighteen" in person.name.family}
    allergies = {family: pages.patient(ident).allergies.value or () for family, ident in people.items()}
    assert {family: [each.text for each in found] for family, found in allergies.items()} == {
        "Eighteenfirst": ["Allergen 4"],
        "Eighteensecond": ["Allergen 5"],
    }


def test_replaced_and_unused_records_are_marked_and_not_offered(pages: Pages) -> None:
    people = pages.people()
    assert (people["b20"].replaced, people["b20"].survivors) == (True, ("b20n",))
    assert (people["b20x"].active, people["b20x"].replaced) == (False, False)
    assert people["b20n"].in_use
    for ident in ("b20", "b20n", "b20x"):
        assert pages.patient(ident).person == pages.timeline(ident).person == people[ident]
        assert pages.plan(ident).patient == Reference("Patient", ident)
    assert pages.found("twenty") == ["b20n"]
    assert pages.found("inactive only") == []
