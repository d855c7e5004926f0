"""A server that exports gives what searches and files give; what it wrote is deleted there, and its faults are said."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dashboard.errors import DashboardError
from dashboard.evaluation.__main__ import main
from dashboard.fhir.client import bulk_export
from dashboard.fhir.client.bulk_export import BulkExport
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.client.transport import FhirClient
from tests.unit.evaluation.study_records import Json
from tests.unit.evaluation.test_command import KEY, a_study, written


class Exporting:
    """A server that exports: `polls` times it is not ready yet. `broken` says what it does wrong."""

    def __init__(self, rows: list[Json]) -> None:
        self.rows, self.asked, self.broken, self.polls = rows, list[str](), "", 2
        self.retry_after = "1"

    def answer(self, method: str, path: str, prefer: str) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(f"{method} {path.split('?')[0]}")
        if path == "/fhir/metadata":
            offered = {"rest": [{"mode": "server", "operation": [{"name": "export"}]}]}
            return (
                200,
                {},
                json.dumps({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"} | offered).encode(),
            )
        if path.startswith("/fhir/$export?"):
            assert prefer == "respond-async" and "ResearchSubject" in path
            where = "http://elsewhere.test/job" if self.broken == "elsewhere" else f"{self.base}/job/1"
            return {"not begun": 200, "refused": 403}.get(self.broken, 202), {"Content-Location": where}, b"{}"
        if path == "/fhir/job/1" and method == "DELETE":
            return 500 if self.broken == "delete" else 202, {}, b""
        if path == "/fhir/job/1":
            self.polls -= 1
            if self.polls >= 0:
                return 202, {"Retry-After": self.retry_after}, b""
            return (404 if self.broken == "gone" else 200), {}, json.dumps(self.manifest()).encode()
        kind = path.rsplit("/", 1)[1]
        lines = [json.dumps(row).encode() for row in self.rows if row["resourceType"] == kind]
        if self.broken == "lines":
            lines.append(b"{oh")
        return 404 if self.broken == "files" else 200, {}, b"\n".join(lines) + b"\n\n"

    def manifest(self) -> Any:
        output: list[Any] = [
            {"type": kind, "url": f"{self.base}/files/{kind}"}
            for kind in sorted({row["resourceType"] for row in self.rows})
        ]
        faults: dict[str, Any] = {
            "no list": {"output": "x"},
            "no object": {"output": ["x"]},
            "errors": {"output": output, "error": [{"type": "OperationOutcome", "url": "x"}]},
            "files elsewhere": {"output": [{"type": "Patient", "url": "https://elsewhere.test/p"}]},
        }
        return faults.get(self.broken, {"transactionTime": "2026-11-23T00:00:00Z", "output": output, "error": []})

    base = ""


@pytest.fixture
def exporting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Exporting]:
    monkeypatch.setenv("DASHBOARD_AS_OF", "2026-11-23")
    monkeypatch.setenv("DASHBOARD_PSEUDONYM_KEY", KEY)
    monkeypatch.setattr(bulk_export.time, "sleep", lambda seconds: None)
    server = Exporting(a_study())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = server.answer(self.command, self.path, self.headers.get("Prefer", ""))
            self.send_response(status)
            for name, value in ({"Content-Type": "application/fhir+json"} | headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_DELETE = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.base = f"http://127.0.0.1:{http.server_address[1]}/fhir"
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield server
    http.shutdown()
    http.server_close()
    thread.join()


def test_an_export_gives_what_files_give(tmp_path: Path, exporting: Exporting) -> None:
    export = written(tmp_path / "export", exporting.rows)
    assert main(["--fhir-url", exporting.base, "--output", str(tmp_path / "server")]) == 0
    assert main(["--ndjson", str(export), "--output", str(tmp_path / "files")]) == 0
    for name in ("patients.csv", "summary.csv"):
        assert (tmp_path / "server" / name).read_bytes() == (tmp_path / "files" / name).read_bytes()
    assert exporting.asked.count("GET /fhir/job/1") == 3 and exporting.asked[-1] == "DELETE /fhir/job/1"
    assert {path.name for path in tmp_path.iterdir()} == {"export", "server", "files"}


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ("not begun", "export-not-begun"),
        ("elsewhere", "export-elsewhere"),
        ("no list", "export-incomplete"),
        ("no object", "export-incomplete"),
        ("errors", "export-incomplete"),
        ("files elsewhere", "export-elsewhere"),
        ("lines", "export-incomplete"),
    ],
)
def test_what_goes_wrong_is_said(exporting: Exporting, broken: str, code: str) -> None:
    exporting.broken = broken
    with pytest.raises(DashboardError) as caught:
        read_export(exporting)
    assert caught.value.code == code


@pytest.mark.parametrize("broken", ["refused", "gone", "files"])
def test_an_error_of_the_server_is_its_own(exporting: Exporting, broken: str) -> None:
    exporting.broken = broken
    with pytest.raises(DashboardError):
        read_export(exporting)


def read_export(exporting: Exporting) -> list[Any]:
    server = HttpFhirServer(exporting.base)
    try:
        assert server.capabilities.exports
        export = server.export(["ResearchSubject", "Patient"])
        found = [*export.resources("ResearchSubject"), *export.resources("Patient")]
        export.close()
        return found
    finally:
        server.close()


def test_a_server_that_cannot_delete_and_says_no_time(exporting: Exporting) -> None:
    exporting.broken, exporting.retry_after = "delete", "soon"
    assert len(read_export(exporting)) == 60


def test_a_server_that_does_not_end_is_given_up(exporting: Exporting, monkeypatch: pytest.MonkeyPatch) -> None:
    exporting.polls, waits = 10_000, list[float]()
    client = FhirClient(exporting.base)
    exporting.retry_after = "3000"
    with pytest.raises(DashboardError) as caught:
        BulkExport(client, ["ResearchSubject"], waits.append)
    client.close()
    assert caught.value.code == "export-slow" and sum(waits) == 3600 and exporting.asked[-1] == "DELETE /fhir/job/1"
