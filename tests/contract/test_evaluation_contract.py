"""The evaluation gives the same files from each server, by searches and by its export, as from NDJSON files."""

import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from dashboard.evaluation.__main__ import main
from dashboard.fhir.client import bulk_export
from dashboard.fhir.client.capabilities import Capabilities
from dashboard.fhir.client.http_server import HttpFhirServer
from tests.contract.test_enrolment_counts_contract import store
from tests.servers.start import Server
from tests.unit.evaluation.test_command import KEY, a_study, written


def test_searches_and_an_export_give_what_files_give(
    fhir_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DASHBOARD_PSEUDONYM_KEY", KEY)
    _do_not_wait_long(monkeypatch)
    mine = f"t{uuid.uuid4().hex[:8]}-"
    rows = _renamed(a_study(12), mine)
    fhir = HttpFhirServer(fhir_server.base_url)
    store(fhir, rows)
    exports = fhir.capabilities.exports
    fhir.close()
    assert exports == (fhir_server.name == "hapi")

    def evaluated(name: str, *source: str) -> list[bytes]:
        out = tmp_path / name
        assert main([*source, "--study", f"{mine}pilot", "--output", str(out)]) == 0
        said = capsys.readouterr().out
        assert "12 people are enrolled" in said and ("The server exports" in said) == (name == "exported")
        return [(out / each).read_bytes() for each in ("patients.csv", "summary.csv")]

    files = evaluated("files", "--ndjson", str(written(tmp_path / "rows", rows)))
    if exports:
        assert evaluated("exported", "--fhir-url", fhir_server.base_url) == files
        monkeypatch.setattr(Capabilities, "exports", False)
    assert evaluated("searched", "--fhir-url", fhir_server.base_url) == files


def _do_not_wait_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """HAPI asks for two minutes between two questions."""
    sleep = time.sleep
    monkeypatch.setattr(bulk_export.time, "sleep", lambda seconds: sleep(min(seconds, 0.2)))


def _renamed(value: Any, mine: str) -> Any:
    """The same records under ids of this test alone: its servers are shared."""
    if isinstance(value, list):
        return [_renamed(each, mine) for each in value]
    if not isinstance(value, dict):
        return value
    renamed = {name: _renamed(each, mine) for name, each in value.items()}
    if "resourceType" in value:
        renamed["id"] = f"{mine}{value['id']}"
    if isinstance(value.get("reference"), str):
        kind, _, ident = value["reference"].partition("/")
        renamed["reference"] = f"{kind}/{mine}{ident}"
    return renamed
