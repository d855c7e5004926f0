"""A client of our CDS Hooks service for tests: its keys, its tokens, its calls, and the service run in this process."""

import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from starlette.applications import Starlette

from dashboard.cds.service import CdsHooks
from dashboard.cds_settings import CdsCaller, CdsSettings
from dashboard.fhir.guidelines.case_files import AS_OF
from dashboard.fhir.guidelines.library import GuidelineFiles
from dashboard.fhir.terminology_files import load_terminology

Json = dict[str, Any]
KEY = ECKey.generate_key("P-384", {"kid": "k1", "use": "sig"}, private=True)
RSA_KEY = RSAKey.generate_key(2048, {"kid": "k2", "use": "sig"}, private=True)
STRANGER = ECKey.generate_key("P-384", {"kid": "k1", "use": "sig"}, private=True)
ISSUER = "https://ehr.example.org"
BASE = "https://c3.example.org"
CALLER = CdsCaller("ehr", ISSUER, {"keys": [KEY.as_dict(private=False), RSA_KEY.as_dict(private=False)]})
NOON = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 12, tzinfo=UTC)


def token(endpoint: str, key: Any = KEY, alg: str = "ES384", header: Json | None = None, **claims: Any) -> str:
    """A signed token for an endpoint; a claim that is None is left out."""
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": endpoint, "iat": now, "exp": now + 60, "jti": uuid.uuid4().hex}
    content = {name: value for name, value in (usual | claims).items() if value is not None}
    return jwt.encode({"alg": alg, "typ": "JWT", "kid": key.kid, **(header or {})}, content, key, algorithms=[alg])


def service(data_dir: Path, now: Callable[[], datetime] = lambda: NOON, **settings: Any) -> CdsHooks:
    """The service with the project's rules; without settings it answers this machine."""
    given = CdsSettings(**(settings or {"demo": True}))
    return CdsHooks(given, GuidelineFiles(load_terminology()), load_terminology(), data_dir, now)


@contextmanager
def served(hooks: CdsHooks) -> Iterator[str]:
    """Serves it on a free port of this machine; yields its base address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=hooks.routes()), log_level="critical", lifespan="off", proxy_headers=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def bundle(*rows: Json, **more: Any) -> Json:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": row} for row in rows], **more}


def prefetch(*rows: Json) -> Json:
    """What a client sends that has read everything: a Bundle for each type, null where there is nothing."""
    from dashboard.fhir.cds_hooks.request import PATIENT, TYPES

    of_type = {key: [row for row in rows if row["resourceType"] == kind] for key, kind in TYPES.items()}
    [person] = of_type.pop(PATIENT)
    return {PATIENT: person, **{key: bundle(*found) if found else None for key, found in of_type.items()}}


def call(*rows: Json, hook: str = "patient-view", drafts: tuple[Json, ...] = (), **changes: Any) -> Json:
    """The body of a call about the person of these rows, whose id is p1."""
    context: Json = {"userId": "Practitioner/who", "patientId": "p1"}
    if hook == "order-select":
        context |= {"selections": [], "draftOrders": bundle(*drafts, type="collection")}
    body = {"hook": hook, "hookInstance": str(uuid.uuid4()), "context": context, "prefetch": prefetch(*rows)}
    return {**body, **changes}
