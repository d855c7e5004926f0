"""Bulk Data export: a server writes files of whole resource types, which are fetched one after the other.

https://hl7.org/fhir/uv/bulkdata/export.html, system level. The server is asked to begin, then asked every few seconds
(`Retry-After`) whether it has ended; what it wrote is deleted there at the end. Nothing is kept here.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import orjson

from dashboard.errors import DashboardError, ServerUnavailable, UnexpectedAnswer
from dashboard.fhir.client.answers import error_of
from dashboard.fhir.client.transport import FhirClient

LONGEST: Final = 3600.0
"""Seconds: a server that has not ended by then is given up."""
PAUSE: Final = 2.0
"""Seconds between two questions, where the server does not say."""
_ACCEPTED: Final = 202
_NDJSON: Final = "application/fhir+ndjson"


class BulkExport:
    """One export of these types, ended when this is made. Raises ServerUnavailable, UnexpectedAnswer, NotPermitted.

    wait: takes the seconds until the server is asked again; `time.sleep` where there is none.
    """

    def __init__(self, client: FhirClient, types: Iterable[str], wait: Callable[[float], None] | None = None) -> None:
        self._client, self._wait = client, wait or time.sleep
        params = [("_type", ",".join(types)), ("_outputFormat", _NDJSON)]
        answer = client.send("GET", "$export", params=params, headers={"Prefer": "respond-async"})
        if answer.status != _ACCEPTED:
            raise error_of(answer, "GET", "bundle") if not answer.ok else UnexpectedAnswer("export-not-begun")
        self._status = self._below_base(answer.headers.get("Content-Location", ""))
        self._files: dict[str, list[str]] = {}
        try:
            self._read_manifest(self._wait_for_end())
        except DashboardError:
            self.close()
            raise

    def _wait_for_end(self) -> Any:
        waited = 0.0
        while True:
            answer = self._client.send("GET", self._status)
            if answer.status != _ACCEPTED:
                if not answer.ok:
                    raise error_of(answer, "GET", "bundle")
                try:
                    return orjson.loads(answer.body)  # a manifest is no resource
                except orjson.JSONDecodeError:
                    raise UnexpectedAnswer("export-incomplete") from None
            said = answer.headers.get("Retry-After", "").strip()
            pause = min(float(said), 60.0) if said.isdigit() and said != "0" else PAUSE
            waited += pause
            if waited > LONGEST:
                raise ServerUnavailable("export-slow", minutes=int(LONGEST // 60))
            self._wait(pause)

    def _read_manifest(self, manifest: Any) -> None:
        if not isinstance(manifest, dict) or not isinstance(manifest.get("output"), list):
            raise UnexpectedAnswer("export-incomplete")
        if manifest.get("error"):
            raise UnexpectedAnswer("export-incomplete")
        for each in manifest["output"]:
            if not isinstance(each, dict):
                raise UnexpectedAnswer("export-incomplete")
            self._files.setdefault(str(each.get("type")), []).append(self._below_base(str(each.get("url", ""))))

    def resources(self, resource_type: str) -> Iterator[Any]:
        """The resources of one type, file by file. Raises UnexpectedAnswer for what is no NDJSON."""
        for path in self._files.get(resource_type, ()):
            answer = self._client.send("GET", path, headers={"Accept": _NDJSON})
            if not answer.ok:
                raise error_of(answer, "GET", resource_type)
            for line in answer.body.splitlines():
                if not line or line.isspace():
                    continue
                try:
                    row = orjson.loads(line)
                except orjson.JSONDecodeError:
                    raise UnexpectedAnswer("export-incomplete") from None
                self._client.addresses.make_relative(row)
                yield row

    def close(self) -> None:
        """Has the server delete what it wrote. One that cannot keeps it until it expires."""
        try:
            self._client.send("DELETE", self._status)
        except DashboardError:
            return

    def _below_base(self, address: str) -> str:
        """The path below the server's address. Raises UnexpectedAnswer for an address elsewhere: the token is not for
        it.
        """
        path = self._client.addresses.below_base(address)
        if not path or ":" in path.split("?")[0].split("/")[0]:
            raise UnexpectedAnswer("export-elsewhere")
        return path
