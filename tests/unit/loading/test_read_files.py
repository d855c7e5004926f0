"""Bundles of any source become resources with stable ids and literal references; errors are reported with place."""

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from dashboard.loading.batch import Batch
from dashboard.loading.read_files import find_files, read_files

Json = dict[str, Any]
SYSTEM = "http://hl7.org/fhir/sid/us-npi"


def write(path: Path, content: Any) -> Path:
    data = content if isinstance(content, bytes) else orjson.dumps(content)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def bundle(*entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def entry(resource: Json, full_url: str = "") -> Json:
    made: Json = {"resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}}
    return made | {"fullUrl": full_url} if full_url else made


def load(*paths: Path) -> tuple[list[Batch], list[str]]:
    files = find_files(list(paths))
    return list(read_files(files)), files.problems


def test_urn_uuids_become_ids_and_references_point_to_them(tmp_path: Path) -> None:
    patient, condition = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
    path = write(
        tmp_path / "one.json",
        bundle(
            entry({"resourceType": "Patient"}, f"urn:uuid:{patient}"),
            entry(
                {"resourceType": "Condition", "subject": {"reference": f"urn:uuid:{patient}"}}, f"urn:uuid:{condition}"
            ),
        ),
    )
    (batch,), problems = load(path)
    assert not problems
    assert [one["id"] for one in batch.resources] == [patient, condition]
    assert batch.resources[1]["subject"]["reference"] == f"Patient/{patient}"


def test_full_addresses_become_references_and_contained_ones_do_not_change(tmp_path: Path) -> None:
    observation = {
        "resourceType": "Observation",
        "id": "o1",
        "subject": {"reference": "https://ehr.example/fhir/Patient/p1"},
        "performer": [{"reference": "#inside"}],
    }
    path = write(
        tmp_path / "two.json.gz",
        bundle(
            entry({"resourceType": "Patient", "id": "p1"}, "https://ehr.example/fhir/Patient/p1"), entry(observation)
        ),
    )
    (batch,), _ = load(path)
    assert batch.resources[1]["subject"] == {"reference": "Patient/p1"}
    assert batch.resources[1]["performer"] == [{"reference": "#inside"}]


def test_references_by_identifier_are_resolved_in_other_files(tmp_path: Path) -> None:
    encounter = {
        "resourceType": "Encounter",
        "id": "e1",
        "participant": [
            {"individual": {"reference": f"Practitioner?identifier={SYSTEM}|77", "display": "Dr Known"}},
            {"individual": {"reference": f"Practitioner?identifier={SYSTEM}|88"}},
        ],
    }
    first = write(tmp_path / "a-patient.json", bundle(entry({"resourceType": "Patient", "id": "p1"}), entry(encounter)))
    doctor = {"resourceType": "Practitioner", "id": "d1", "identifier": [{"system": SYSTEM, "value": "77"}]}
    second = write(tmp_path / "z-practitioners.json", bundle(entry(doctor)))
    files = find_files([first, second])
    batches = list(read_files(files))
    assert [batch.resources[0]["resourceType"] for batch in batches] == ["Practitioner", "Patient"]
    known, unknown = batches[1].resources[1]["participant"]
    assert known["individual"] == {"reference": "Practitioner/d1", "display": "Dr Known"}
    assert unknown["individual"] == {"type": "Practitioner", "identifier": {"system": SYSTEM, "value": "88"}}
    assert files.unresolved == 1


def test_a_resource_without_an_id_gets_the_same_one_each_time(tmp_path: Path) -> None:
    path = write(tmp_path / "one.json", {"resourceType": "Organization", "name": "Somewhere"})
    first, second = (load(path)[0][0].resources[0]["id"] for _ in range(2))
    assert first == second


def test_the_version_of_another_server_is_removed(tmp_path: Path) -> None:
    meta = {"versionId": "7", "lastUpdated": "2026-01-01T00:00:00Z", "profile": ["http://example.org/p"]}
    (batch,), _ = load(write(tmp_path / "one.json", {"resourceType": "Patient", "id": "p1", "meta": meta}))
    [stored] = batch.resources
    assert stored["meta"].keys() == {"profile", "tag"}
    assert stored["meta"]["profile"] == ["http://example.org/p"]


def test_lines_that_cannot_be_read_are_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    lines = b'{"resourceType":"Patient","id":"p1"}\n\nnot json\n{"id":"x"}\n{"resourceType":"Patient","id":"p2"}\n'
    path = write(tmp_path / "Patient.ndjson", lines)
    (batch,), problems = load(path)
    assert [one["id"] for one in batch.resources] == ["p1", "p2"]
    assert batch.where == [f"{path} line 1", f"{path} line 5"]
    assert problems == [f"{path} line 3: not JSON", f"{path} line 4: not a FHIR resource (no resourceType)"]


def test_a_bulk_export_is_loaded_in_the_order_of_its_references(tmp_path: Path) -> None:
    write(tmp_path / "Observation.ndjson.gz", b'{"resourceType":"Observation","id":"o1"}\n')
    write(tmp_path / "Patient.ndjson", b'{"resourceType":"Patient","id":"p1"}\n')
    write(tmp_path / "Organization.ndjson", b'{"resourceType":"Organization","id":"g1"}\n')
    batches, _ = load(tmp_path)
    assert [batch.resources[0]["resourceType"] for batch in batches] == ["Organization", "Patient", "Observation"]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.json", b"{\n oops", "not JSON at line 2, column 2"),
        ("b.json.gz", None, "cannot be read (BadGzipFile)"),
        ("c.json", [1, 2], "not a FHIR resource (no resourceType)"),
        ("d.json", bundle({"request": {"method": "DELETE", "url": "Patient/1"}}), "entry 1: no resource to load"),
        ("e.txt", b"hello", "only .json, .json.gz, .ndjson, .ndjson.gz files can be loaded"),
    ],
)
def test_a_file_that_cannot_be_read_is_reported_by_name(tmp_path: Path, name: str, content: Any, problem: str) -> None:
    path = tmp_path / name
    if content is None:
        path.write_bytes(b"not gzip at all")
    else:
        write(path, content)
    batches, problems = load(path)
    assert batches == []
    assert len(problems) == 1
    assert problems[0].startswith(str(path))
    assert problems[0].endswith(problem)


def test_missing_files_and_empty_folders_are_reported_by_name(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    _, problems = load(tmp_path / "empty", tmp_path / "none.json")
    assert [problem.rsplit(": ", 1)[1] for problem in problems] == [
        "no .json, .json.gz, .ndjson, .ndjson.gz file in this folder",
        "there is no such file",
    ]


@pytest.mark.slow
def test_every_reference_of_the_synthea_bundles_is_resolved(shared: Path) -> None:
    batches, problems = load(shared / "data" / "synthea-r4")
    assert not problems
    there = {f"{one['resourceType']}/{one['id']}" for batch in batches for one in batch.resources}
    open_ = [
        reference
        for batch in batches
        for one in batch.resources
        for reference in references(one)
        if not reference.startswith("#") and reference not in there
    ]
    assert open_ == []
    assert batches[0].resources[0]["resourceType"] == "Practitioner"


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return own + [found for inner in value.values() for found in references(inner)]
    return [found for inner in value for found in references(inner)] if isinstance(value, list) else []
