"""Real servers with as many patients as the pilot has show what the embedded server shows, by every query of a page.
HAPI on H2 has a fifth of them.

Each server was loaded, stopped, and started again on a copy of what it had on disk (`tests/servers/cohorts.py`).
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from dashboard.cache.patient_cache import PatientCache, PlanCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.care_plan.shared_plan import items_of
from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.guidelines.recommendations import Recommendations
from dashboard.domain.record.views import Worklist
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.guidelines.library import FOLDER, read_library
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_care_plan import get_care_plan
from dashboard.queries.get_counts import get_counts
from dashboard.queries.get_enrolment import get_enrolment
from dashboard.queries.get_my_tasks import get_my_tasks
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_recommendations import get_recommendations
from dashboard.queries.get_timeline import get_timeline
from dashboard.queries.get_worklist import get_worklist

# Which lines run is measured by other tests, without so many records.
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]
USER = User(Reference("Practitioner", "prac-sw-gp-1"), "Dr Sarah Whitfield")
MANAGER = User(None, "Manager", roles=(Role.PILOT_MANAGER,), subject="id|manager")
PATIENT = "pat-mary-aldous"
MOST_PLANS = 12
# Of the smallest of the cohorts.
LEAST_ROWS = 40
T = load_terminology()
LIBRARY = read_library(T, FOLDER)
# When the server took a record in, and how it had to be asked.
OWN = {"updated", "notices", "source", "version"}
Read = Callable[[HttpFhirServer, datetime], Any]


def worklist(fhir: HttpFhirServer, as_of: datetime) -> Worklist:
    return get_worklist(fhir, USER, _scope(fhir), T, as_of, team_cache=TeamCache())


def patient(fhir: HttpFhirServer, as_of: datetime) -> Any:
    return get_patient(fhir, USER, _scope(fhir), T, PATIENT, as_of, patient_cache=PatientCache())


def care_plan(fhir: HttpFhirServer, as_of: datetime, patient_id: str) -> Any:
    teams = TeamCache()
    return get_care_plan(fhir, USER, _scope(fhir), T, patient_id, as_of, team_cache=teams, patient_cache=PlanCache())


def timeline(fhir: HttpFhirServer, as_of: datetime) -> Any:
    return get_timeline(fhir, USER, _scope(fhir), T, PATIENT, as_of, patient_cache=PatientCache())


def recommendations(fhir: HttpFhirServer, as_of: datetime, patient_id: str) -> Recommendations:
    return get_recommendations(
        fhir, USER, _scope(fhir), T, LIBRARY, patient_id, as_of, team_cache=TeamCache(), patient_cache=PatientCache()
    )


def tasks(fhir: HttpFhirServer, as_of: datetime) -> Any:
    return get_my_tasks(fhir, USER, _scope(fhir), as_of, terminology=T, team_cache=TeamCache()).tasks


def counts(fhir: HttpFhirServer, as_of: datetime) -> Any:
    found = get_counts(fhir, MANAGER, T, "k" * 32, as_of)
    return found.areas, found.rows


def enrolment(fhir: HttpFhirServer, as_of: datetime) -> Any:
    return replace(get_enrolment(fhir, MANAGER, T, as_of), notices=())


def _scope(fhir: HttpFhirServer) -> AccessScope:
    return AccessScope(fhir.base_url, str(USER.practitioner))


@pytest.fixture(
    params=[
        pytest.param(
            ("hapi_postgresql_602", "embedded_602"),
            id="hapi-postgresql",
            marks=[pytest.mark.java, pytest.mark.postgresql, pytest.mark.xdist_group("hapi_postgresql_602")],
        ),
        pytest.param(
            ("hapi_h2_120", "embedded_120"),
            id="hapi-h2",
            marks=[pytest.mark.java, pytest.mark.xdist_group("hapi_h2_120")],
        ),
        pytest.param(
            ("helios_602", "embedded_602"),
            id="helios",
            marks=[pytest.mark.helios, pytest.mark.xdist_group("helios_602")],
        ),
    ]
)
def both(request: pytest.FixtureRequest) -> Iterator[tuple[HttpFhirServer, HttpFhirServer]]:
    """A real server and the embedded one with the same cohort."""
    real, embedded = (HttpFhirServer(request.getfixturevalue(name).base_url) for name in request.param)
    yield real, embedded
    real.close()
    embedded.close()


def test_the_worklist_has_the_same_rows(both: tuple[HttpFhirServer, HttpFhirServer], as_of: datetime) -> None:
    found, expected = (worklist(fhir, as_of) for fhir in both)
    assert len(expected.rows) >= LEAST_ROWS
    assert not [notice for notice in found.notices if notice.kind.startswith("section-")]
    columns = [name for name in expected.rows if name not in OWN]
    different = [name for name in columns if not found.rows[name].equals(expected.rows[name])]
    assert not different, _first_difference(found.rows, expected.rows, different[0])


@pytest.mark.parametrize("read", [patient, timeline])
def test_a_patients_pages_have_the_same_facts(
    both: tuple[HttpFhirServer, HttpFhirServer], as_of: datetime, read: Read
) -> None:
    found, expected = (read(fhir, as_of) for fhir in both)
    for field in fields(expected):
        if field.name not in OWN:
            assert getattr(found, field.name) == getattr(expected, field.name), field.name


def test_shared_plans_have_the_same_facts(both: tuple[HttpFhirServer, HttpFhirServer], as_of: datetime) -> None:
    """Of the patient whom other tests read, and of those of the user's who come first."""
    real, embedded = both
    ours = worklist(embedded, as_of).rows["patient_id"]
    for patient_id in dict.fromkeys([PATIENT, *ours[:MOST_PLANS]]):
        found, expected = (care_plan(fhir, as_of, patient_id) for fhir in (real, embedded))
        assert not found.failed, patient_id
        assert facts(found) == facts(expected), patient_id


def test_recommendations_are_the_same(both: tuple[HttpFhirServer, HttpFhirServer], as_of: datetime) -> None:
    """Cards with what they rest on, contradictions and scores; of the same patients as the plans."""
    real, embedded = both
    ours = worklist(embedded, as_of).rows["patient_id"]
    some = 0
    for patient_id in dict.fromkeys([PATIENT, *ours[:MOST_PLANS]]):
        found, expected = (recommendations(fhir, as_of, patient_id) for fhir in (real, embedded))
        for name in ("findings", "facts", "contradictions", "risks", "unread", "not_read", "unreadable", "enrolment"):
            assert getattr(found, name) == getattr(expected, name), (patient_id, name)
        some += len(expected.open(shared=False))
    assert some >= LEAST_ROWS


def facts(view: CarePlanView) -> dict[str, Any]:
    """What the view says of the patient: each item field by field, and who changed it last and why, whatever the server
    says of its own storing.
    """
    ours = [view.ours] if view.ours is not None else []
    plans = {"ours": ours, "also": view.also_active, "others": view.others}
    changes = {
        origin: (last.change.who, last.change.when, last.change.reason)
        for origin, last in view.changes.items()
        if last.change is not None
    }
    more = (view.linked.keys(), view.missing, view.contained.keys(), [each.origin for each in view.teams], view.names)
    items = {name: [items_of(each) for each in shared] for name, shared in plans.items()}
    return {**items, "changes": changes, "more": more, "unreadable": len(view.unreadable), "old": view.old}


@pytest.mark.parametrize("read", [tasks, counts, enrolment])
def test_lists_have_the_same_lines(both: tuple[HttpFhirServer, HttpFhirServer], as_of: datetime, read: Read) -> None:
    found, expected = (read(fhir, as_of) for fhir in both)
    assert expected and found == expected


def _first_difference(found: pd.DataFrame, expected: pd.DataFrame, column: str) -> str:
    pairs = zip(found["patient_id"], found[column], expected[column], strict=True)
    differing = [(patient, ours, theirs) for patient, ours, theirs in pairs if ours != theirs]
    patient, ours, theirs = differing[0]
    return f"{column} of {len(differing)} patients, the first {patient}: {ours!r} instead of {theirs!r}"[:2000]
