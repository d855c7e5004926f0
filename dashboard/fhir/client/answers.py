"""From an HTTP answer to JSON, or to the error it means, told in a sentence.

A server's own words (diagnostics, HTML, details.text) may hold patient data and are never repeated: of an
OperationOutcome only the issue codes are told, which come from a fixed list
(https://hl7.org/fhir/R4/valueset-issue-type.html). `reference` is the X-Request-Id, for the administrator.
"""

import gc
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.errors import (
    DashboardError,
    NotFound,
    NotPermitted,
    ServerRefused,
    ServerUnavailable,
    UnexpectedAnswer,
    Unsupported,
    VersionConflict,
)
from dashboard.fhir.client.json_text import parse

LARGE = 50_000  # bytes of JSON from which the collector is worth stopping

_CODE = re.compile(r"[a-z][a-z-]{1,30}\Z")

# A 409 with one of these is no version conflict but a rule of the server or a duplicate. "processing" is not one:
# HAPI FHIR puts it on every error, version conflicts too.
_NOT_A_CONFLICT = frozenset({"business-rule", "duplicate", "multiple-matches", "not-supported", "invalid"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `doubtful`: an earlier try of the same write may have been carried out without our
    hearing of it.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    reference: str = ""
    doubtful: bool = False

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def json_of(answer: Answer) -> Any:
    """The JSON of a successful answer, None for an empty body.
    Raises UnexpectedAnswer for HTML, broken JSON, no object.
    """
    if not answer.body:
        return None
    try:
        value = _loads(answer.body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        raise UnexpectedAnswer(
            "The address answered with something that is not FHIR JSON. Check the FHIR address, or the proxy before it"
            f" (reference {answer.reference})."
        )
    return value


def _loads(body: bytes) -> Any:
    """JSON without garbage collections meanwhile: it makes no cycles, and they take two thirds of the time.

    Measured: a page of 1,000 Observations, 0.7 MB, takes 5 ms, and 14 ms with the collector looking at each new object.
    Threads may overlap here: the worst that happens is a collection more.
    """
    collecting = gc.isenabled() and len(body) > LARGE
    if collecting:
        gc.disable()
    try:
        return parse(body)
    finally:
        if collecting:
            gc.enable()


def issue_codes(outcome: object) -> tuple[str, ...]:
    """The distinct issue codes of an OperationOutcome, errors before warnings; anything else gives ()."""
    if not isinstance(outcome, dict) or outcome.get("resourceType") != "OperationOutcome":
        return ()
    issues = (
        [i for i in outcome.get("issue") or () if isinstance(i, dict)] if isinstance(outcome.get("issue"), list) else []
    )
    issues.sort(key=lambda issue: issue.get("severity") not in ("fatal", "error"))
    return tuple(dict.fromkeys(c for i in issues if isinstance(c := i.get("code"), str) and _CODE.match(c)))


def _outcome(answer: Answer) -> object:
    try:
        return parse(answer.body)
    except (ValueError, RecursionError):
        return None


def error_of(answer: Answer, method: str, resource_type: str = "", *, searching: bool = False) -> DashboardError:
    """The error that an answer outside 2xx means.

    409 and 412 are both version conflicts (servers differ), but where the server's issue code says otherwise.
    `resource_type` is for the sentence and may be "".
    """
    codes = issue_codes(_outcome(answer))
    what, where = resource_type or "record", f"(reference {answer.reference})."
    status, writing = answer.status, not searching and method.upper() in ("PUT", "POST")
    if status in (405, 501):
        return Unsupported(f"The FHIR server cannot do this with {what} records {where}")
    if status in (404, 410):
        if searching:
            return Unsupported(f"The FHIR server does not keep {what} records {where}")
        return NotFound(f"This {what} does not exist, or is not yours to see {where}")
    if status == 401:
        return NotPermitted(f"The FHIR server did not accept your sign-in. Sign in again {where}")
    if status == 403:
        return NotPermitted(f"The FHIR server does not let you do this {where}")
    if status in (409, 412) and writing and _is_conflict(status, codes):
        return VersionConflict(
            f"Somebody else saved a newer version of this {what}. Load it again, then repeat your change {where}"
        )
    if status in (429, 502, 503, 504):
        return ServerUnavailable(f"The FHIR server is too busy or is being restarted. Try again in a minute {where}")
    if status >= 500:
        return ServerUnavailable(
            f"The FHIR server failed at this. Try again; if it stays so, tell the administrator {where}"
        )
    if 300 <= status < 400:
        return UnexpectedAnswer(f"The FHIR address sends us elsewhere. Put the final address into the settings {where}")
    if 400 <= status < 500:
        said = f" and says: {', '.join(codes[:3])}" if codes else ""
        if writing:
            return ServerRefused(
                f"The FHIR server did not accept this {what} (HTTP {status}){said}. Nothing was saved {where}"
            )
        return ServerRefused(f"The FHIR server did not accept the question for {what} (HTTP {status}){said} {where}")
    return UnexpectedAnswer(f"The FHIR server answered with HTTP {status}, which is not FHIR {where}")


def _is_conflict(status: int, codes: tuple[str, ...]) -> bool:
    if "conflict" in codes:
        return True
    others = {"multiple-matches", "duplicate"} if status == 412 else _NOT_A_CONFLICT
    return not others & set(codes)
