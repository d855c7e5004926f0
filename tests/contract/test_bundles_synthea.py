"""The 22 Synthea bundles, loaded with the documented command, show on Worklist and Patient with the right counts.

`charts` reads the expected values from the files without any code of the dashboard. The data of living patients end in
2019. The worklist shows two years, so that it is read as of 2019; the page of a patient shows all years.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.record.allergy import AllergyState
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import KeyResult
from dashboard.domain.record.views import PatientSummary, Worklist
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_worklist import get_worklist
from dashboard.queries.list_users import list_users
from tests.contract.charts import Bundles, Value, read_bundles
from tests.patience import PATIENCE
from tests.servers.start import Server, start_embedded

# 10,151 resources: seconds on our server, a minute and more on HAPI
# Which lines run is measured by other tests, without so many records.
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

ROOT = Path(__file__).resolve().parents[2]
IN_2019 = datetime(2019, 6, 1, 12, tzinfo=UTC)
WINDOW = timedelta(days=730)
TEAM = "team-sw-warwick"
GP = "Practitioner/prac-sw-gp-1"
OF_A_PATIENT = (
    "AllergyIntolerance", "CarePlan", "Claim", "Condition", "DiagnosticReport", "Encounter", "ExplanationOfBenefit",
    "Goal", "ImagingStudy", "Immunization", "MedicationRequest", "Observation", "Procedure",
)  # fmt: skip


@pytest.fixture(scope="module")
def bundles(shared: Path) -> Bundles:
    found = read_bundles(shared / "data" / "synthea-r4")
    assert len(found.charts) == 21
    assert sum(map(len, found.ids.values())) == 10_151
    return found


@pytest.fixture(
    scope="module", params=["embedded", pytest.param("hapi", marks=[pytest.mark.java, pytest.mark.xdist_group("hapi")])]
)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if request.param == "hapi":
        yield request.getfixturevalue("hapi_server")
        return
    with start_embedded(tmp_path_factory.mktemp("synthea") / "fhir.sqlite") as own:
        yield own


def load(server: Server, folder: Path) -> str:
    """Loads the bundles; returns what the loader printed."""
    command = [
        sys.executable, "-m", "dashboard.demo", "--fhir-url", server.base_url, "--patients", "0",
        "--bundles", str(folder), "--team", TEAM,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def loaded(server: Server, bundles: Bundles, shared: Path) -> HttpFhirServer:
    load(server, shared / "data" / "synthea-r4")
    return HttpFhirServer(server.base_url, timeout=(PATIENCE, PATIENCE))


@pytest.fixture(scope="module")
def gp(loaded: HttpFhirServer) -> User:
    return next(user for user in list_users(loaded) if str(user.practitioner) == GP)


def worklist_of(fhir: HttpFhirServer, user: User, as_of: datetime) -> Worklist:
    scope = AccessScope(fhir.base_url, GP)
    return get_worklist(fhir, user, scope, load_terminology(), as_of, team_cache=TeamCache())


@pytest.fixture(scope="module")
def worklist_of_2019(loaded: HttpFhirServer, gp: User) -> Worklist:
    return worklist_of(loaded, gp, IN_2019)


@pytest.fixture(scope="module")
def pages(loaded: HttpFhirServer, gp: User, bundles: Bundles, as_of: datetime) -> dict[str, PatientSummary]:
    scope, terms = AccessScope(loaded.base_url, GP), load_terminology()
    return {
        pid: get_patient(loaded, gp, scope, terms, pid, as_of, team_cache=TeamCache(), patient_cache=PatientCache())
        for pid in bundles.charts
    }


def test_the_server_has_as_many_resources_as_the_files(loaded: HttpFhirServer, bundles: Bundles) -> None:
    """The server counts the resources of each patient and type itself."""
    found = {
        pid: Counter({kind: count(loaded.base_url, kind, pid) for kind in OF_A_PATIENT if chart.rows[kind]})
        for pid, chart in bundles.charts.items()
    }
    wanted = {
        pid: Counter({kind: number for kind, number in chart.counts().items() if kind in OF_A_PATIENT and number})
        for pid, chart in bundles.charts.items()
    }
    assert found == wanted
    for kind in ("Practitioner", "Organization"):
        answer = requests.post(
            f"{loaded.base_url}/{kind}/_search",
            data={"_id": ",".join(sorted(bundles.ids[kind])), "_summary": "count", "_total": "accurate"},
            timeout=PATIENCE,
        )
        assert answer.json()["total"] == len(bundles.ids[kind])


def count(base: str, kind: str, patient: str) -> int:
    params = {"patient": f"Patient/{patient}", "_summary": "count"}
    answer = requests.get(f"{base}/{kind}", params=params, headers={"Cache-Control": "no-cache"}, timeout=PATIENCE)
    return int(answer.json()["total"])


def test_loading_again_changes_nothing(loaded: HttpFhirServer, server: Server, shared: Path, bundles: Bundles) -> None:
    output = load(server, shared / "data" / "synthea-r4")
    assert "\n0 records written" in f"\n{output}", output
    for pid in bundles.charts:
        assert loaded.read("Patient", pid)["meta"]["versionId"] == "1"


def test_the_worklist_shows_every_patient_once(worklist_of_2019: Worklist, bundles: Bundles) -> None:
    shown = Counter(worklist_of_2019.rows["patient_id"])
    assert {pid: shown[pid] for pid in bundles.charts} == dict.fromkeys(bundles.charts, 1)
    assert not worklist_of_2019.stale


def test_the_worklist_shows_conditions_and_stages_of_the_files(worklist_of_2019: Worklist, bundles: Bundles) -> None:
    rows = worklist_of_2019.rows.set_index("patient_id")
    for pid, chart in bundles.charts.items():
        assert set(rows.loc[pid, "conditions"]) == chart.conditions()
        stage = rows.loc[pid, "stages"].get(ConditionKey.CKD)
        assert stage in (chart.stages() or {None})


def test_the_worklist_shows_the_latest_results_of_the_files(worklist_of_2019: Worklist, bundles: Bundles) -> None:
    rows = worklist_of_2019.rows.set_index("patient_id")
    measured = 0
    for pid, chart in bundles.charts.items():
        wanted = chart.latest((IN_2019 - WINDOW).date(), IN_2019.date())
        measured += len(wanted)
        same_results(rows.loc[pid, "results"], wanted)
    assert measured > 100  # the two years have results of some patients


def test_the_worklist_shows_the_last_contacts_and_no_tasks(worklist_of_2019: Worklist, bundles: Bundles) -> None:
    rows = worklist_of_2019.rows.set_index("patient_id")
    for pid, chart in bundles.charts.items():
        last = rows.loc[pid, "last_contact"]
        assert moment(last.text if last else None) == moment(
            chart.last_contact((IN_2019 - WINDOW).date(), IN_2019.date())
        )
        assert rows.loc[pid, "open_tasks"] == 0


def test_the_worklist_of_today_has_no_result_older_than_two_years(
    loaded: HttpFhirServer, gp: User, bundles: Bundles, as_of: datetime
) -> None:
    rows = worklist_of(loaded, gp, as_of).rows.set_index("patient_id")
    for pid, chart in bundles.charts.items():
        same_results(rows.loc[pid, "results"], chart.latest((as_of - WINDOW).date(), as_of.date()))
        assert set(rows.loc[pid, "conditions"]) == chart.conditions()


def test_each_patient_s_page_is_complete(pages: dict[str, PatientSummary], bundles: Bundles) -> None:
    for pid, page in pages.items():
        sections = (page.allergies, page.problems, page.results, page.medicines, page.team, page.carers, page.plan,
                    page.tasks, page.contacts, page.goals)  # fmt: skip
        assert [section.failed for section in sections] == [None] * len(sections)
        assert {(part.origin.id, part.why) for part in page.unreadable} == {
            (ident, "unknown-unit") for ident in bundles.charts[pid].in_unknown_units()
        }
        patient = bundles.charts[pid].patient
        official = next(name for name in patient["name"] if name["use"] == "official")
        assert page.person.name.family == official["family"]
        assert page.person.birth is not None
        assert page.person.birth.text == patient["birthDate"]
        assert bool(page.person.deceased) == ("deceasedDateTime" in patient)
        assert page.team.value


def test_each_page_shows_the_patient_s_problems(pages: dict[str, PatientSummary], bundles: Bundles) -> None:
    for pid, page in pages.items():
        chart, problems = bundles.charts[pid], page.problems.value or ()
        assert len(problems) == len(chart.rows["Condition"])
        assert sum(problem.active for problem in problems) == len(chart.active_problems())
        assert {key for problem in problems if problem.active for key in problem.keys} == chart.conditions()


def test_each_page_shows_the_patient_s_medicines(pages: dict[str, PatientSummary], bundles: Bundles) -> None:
    for pid, page in pages.items():
        medicines = page.medicines.value or ()
        for status in ("active", "stopped"):
            found = Counter(medicine.code[0].code for medicine in medicines if medicine.status == status)
            assert found == bundles.charts[pid].medicines(status)


def test_each_page_shows_the_patient_s_allergies(pages: dict[str, PatientSummary], bundles: Bundles) -> None:
    for pid, page in pages.items():
        wanted = bundles.charts[pid].allergies()
        assert Counter(allergy.text for allergy in page.allergies.value or ()) == wanted
        assert page.allergy_state == (AllergyState.KNOWN if wanted else AllergyState.NOT_RECORDED)


def test_each_page_shows_the_patient_s_latest_results(
    pages: dict[str, PatientSummary], bundles: Bundles, as_of: datetime
) -> None:
    for pid, page in pages.items():
        shown = {result.measure: result for results in (page.results.value or {}).values() for result in results}
        same_results(shown, bundles.charts[pid].latest(until=as_of.date()))


def test_each_page_shows_the_patient_s_contacts_and_goals(pages: dict[str, PatientSummary], bundles: Bundles) -> None:
    for pid, page in pages.items():
        chart = bundles.charts[pid]
        starts = sorted((moment(row["period"]["start"]) for row in chart.rows["Encounter"]), reverse=True)
        assert [contact.when.moment for contact in page.contacts.value or ()] == starts[:20]
        assert len(page.goals.value or ()) == len(chart.rows["Goal"])
        assert (page.plan.value is not None) == bool(chart.rows["CarePlan"])


def same_results(shown: dict[str, KeyResult], wanted: dict[str, list[Value]]) -> None:
    """Asserts the same measures and, for each, the latest value as recorded, its time, and the converted value."""
    assert {str(measure) for measure in shown} == set(wanted)
    for measure, result in shown.items():
        latest, values = result.latest, wanted[str(measure)]
        assert latest.when.moment == moment(values[0].when)
        same = [v for v in values if float(latest.recorded.value) == pytest.approx(v.recorded, rel=1e-9)]
        assert same, (measure, latest.recorded, values)
        half = 0.51 * 10.0 ** int(latest.value.value.as_tuple().exponent)  # half of the last digit that is shown
        assert float(latest.value.value) == pytest.approx(same[0].shown, rel=0.002, abs=half)


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
