"""Two files with the same ids, loaded with the documented command on every server, are two people on every page."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.demo.__main__ import main as load_demo
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.record.observation import Measure
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_care_plan import get_care_plan
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_timeline import get_timeline
from dashboard.queries.get_worklist import get_worklist
from tests.servers.start import Server

Json = dict[str, Any]
T = load_terminology()
AS_OF = datetime(2026, 11, 26, 12, tzinfo=UTC)
ME = Reference("Practitioner", "prac-sw-gp-1")


@dataclass
class Loaded:
    """Two people whose files use the same ids; `families` are unique to the test."""

    fhir: HttpFhirServer
    said: list[str]
    families: tuple[str, str]
    teams: TeamCache

    @property
    def asker(self) -> tuple[HttpFhirServer, User, AccessScope]:
        return self.fhir, User(ME, "GP"), AccessScope(self.fhir.base_url, str(ME))

    def rows(self) -> dict[str, Json]:
        found = get_worklist(*self.asker, T, AS_OF, team_cache=self.teams).rows.to_dict("records")
        return {row["person"].name.family: row for row in found if row["person"].name.family in self.families}

    def summary(self, patient: str) -> PatientSummary:
        return get_patient(*self.asker, T, patient, AS_OF, team_cache=self.teams, patient_cache=PatientCache())


def file_of(path: Path, tag: str, family: str, allergen: str, potassium: float) -> Path:
    urls = {name: f"urn:uuid:{uuid.uuid4()}" for name in ("patient", "allergy", "result")}
    status = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]
    }
    rows: dict[str, Json] = {
        "patient": {
            "resourceType": "Patient", "id": f"p{tag}", "name": [{"family": family}], "birthDate": "1950-01-01",
        },
        "allergy": {
            "resourceType": "AllergyIntolerance", "id": f"a{tag}", "patient": {"reference": urls["patient"]},
            "clinicalStatus": status, "code": {"text": allergen},
        },
        "result": {
            "resourceType": "Observation", "id": f"o{tag}", "status": "final",
            "subject": {"reference": f"Patient/p{tag}"},
            "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]},
            "effectiveDateTime": "2026-11-25T09:00:00+00:00",
            "valueQuantity": {"value": potassium, "system": "http://unitsofmeasure.org", "code": "mmol/L"},
        },
    }  # fmt: skip
    entries = [{"fullUrl": urls[name], "resource": row} for name, row in rows.items()]
    path.write_bytes(orjson.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    return path


@pytest.fixture(params=[True, False], ids=["together", "one after the other"])
def loaded(
    fhir_server: Server, tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> Iterator[Loaded]:
    tag = uuid.uuid4().hex[:12]
    families = (f"First{tag}", f"Second{tag}")
    files = [file_of(tmp_path / f"{n}.json", tag, families[n], f"Allergen {n}", 4.5 + n) for n in range(2)]
    for paths in [files] if request.param else [[each] for each in files]:
        arguments = ["--fhir-url", fhir_server.base_url, "--patients", "0", "--team", "team-sw-warwick", "--bundles"]
        assert load_demo([*arguments, *map(str, paths)]) == 0
    fhir = HttpFhirServer(fhir_server.base_url)
    yield Loaded(fhir, capsys.readouterr().out.splitlines(), families, TeamCache())
    fhir.close()


def test_two_people_with_the_same_ids_are_two_on_every_page(loaded: Loaded) -> None:
    rows = loaded.rows()
    assert set(rows) == set(loaded.families)
    for number, family in enumerate(loaded.families):
        row = rows[family]
        assert float(row["results"][Measure.POTASSIUM].latest.value.value) == 4.5 + number
        summary = loaded.summary(row["patient_id"])
        assert [each.text for each in summary.allergies.value or ()] == [f"Allergen {number}"]
        timeline = get_timeline(
            *loaded.asker, T, row["patient_id"], AS_OF, team_cache=loaded.teams, patient_cache=PatientCache()
        )
        assert [float(each.value.value) for each in timeline.series[Measure.POTASSIUM]] == [4.5 + number]
        assert timeline.allergies == summary.allergies
        plan = get_care_plan(
            *loaded.asker, T, row["patient_id"], AS_OF, team_cache=loaded.teams, patient_cache=PatientCache()
        )
        assert (plan.patient.id, plan.ours, plan.others, plan.unreadable) == (row["patient_id"], None, (), ())
    moved = [line for line in loaded.said if "has the id of another record" in line]
    assert sorted(line.split(": ")[1].split()[0] for line in moved) == ["AllergyIntolerance", "Observation", "Patient"]
