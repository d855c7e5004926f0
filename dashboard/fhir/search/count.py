"""Counts on the server, `_summary=count`: nothing is sent back but the number.

Many counts go together as FHIR batches of GETs (https://hl7.org/fhir/R4/http.html#transaction), all batches at the same
time; a server without batches is asked for each count by itself. What a server does not count is read by pages and
counted here, with a notice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlencode

from dashboard.domain.record.views import Notice
from dashboard.errors import DashboardError, ServerRefused, UnexpectedAnswer, Unsupported
from dashboard.fhir.client.answers import Answer, error_of
from dashboard.fhir.client.capabilities import Capabilities
from dashboard.fhir.client.json_text import written
from dashboard.fhir.client.parallel import Lane
from dashboard.fhir.client.transport import FhirClient
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.pages import STRICT
from dashboard.fhir.search.plan import is_long, make_plan, patient_value
from dashboard.fhir.search.request import CountResult, SearchRequest, SearchResult
from dashboard.fhir.search.runner import SearchRunner

AT_ONCE: Final = 50
"""Counts in one batch. HAPI FHIR 8.8 answers with up to one header for each entry, and Python reads 100 at most."""

Params = list[tuple[str, str]]
Total = int | None | DashboardError
"""The number; None where the server answered without one."""


class CountRunner:
    def __init__(self, client: FhirClient, lane: Lane, searches: SearchRunner) -> None:
        self._client, self._lane, self._searches = client, lane, searches
        self._takes_batches = True

    def run(self, requests: Sequence[SearchRequest], can: Capabilities) -> list[CountResult | DashboardError]:
        """Counts what each search finds, all at the same time. An error stands in the place of its count."""
        answers: dict[int, CountResult | DashboardError] = {}
        asked: dict[int, Params] = {}
        for number, request in enumerate(requests):
            try:
                params = self._params(request, can)
            except DashboardError as error:
                answers[number] = error
            else:
                if params is not None:
                    asked[number] = params
        for number, total in self._totals(requests, asked, can).items():
            if isinstance(total, int):
                answers[number] = CountResult(total)
            elif isinstance(total, DashboardError) and not isinstance(total, ServerRefused | Unsupported):
                answers[number] = total
        for number, request in enumerate(requests):
            if number not in answers and any(is_chained(name) for name, _ in request.params):
                answers[number] = Unsupported("search-parameter-not-supported", what=request.type, name="_has")
        left = [number for number in range(len(requests)) if number not in answers]
        answers |= dict(zip(left, self._read([requests[number] for number in left], can), strict=True))
        return [answers[number] for number in range(len(requests))]

    def _params(self, request: SearchRequest, can: Capabilities) -> Params | None:
        """The parameters that count the search's rows on the server; None where rows have to be looked at here, or
        several searches are needed. Raises what `make_plan` does.
        """
        plain = tuple(pair for pair in request.params if not is_chained(pair[0]))
        bare = replace(request, params=plain, include=(), revinclude=(), sort="")
        plan = make_plan(bare, can, self._client.addresses)
        if plan.filters or len(plan.chunks) != 1:
            return None
        shape = ("_count", "_elements")
        wanted = [pair for pair in plan.params if pair[0] not in shape]
        chained = [pair for pair in request.params if is_chained(pair[0])]
        return [*wanted, *chained, *patient_value(plan, plan.chunks[0]), ("_summary", "count")]

    def _totals(
        self, requests: Sequence[SearchRequest], asked: Mapping[int, Params], can: Capabilities
    ) -> dict[int, Total]:
        numbers = list(asked)
        groups = [numbers[start : start + AT_ONCE] for start in range(0, len(numbers), AT_ONCE)]
        batches = self._takes_batches and len(numbers) > 1
        totals: dict[int, Total] = {}
        if batches:
            jobs = [partial(self._batch, [(requests[n], asked[n]) for n in group]) for group in groups]
            for group, future in zip(groups, self._lane.run(jobs), strict=True):
                error = future.exception()
                if error is None:
                    totals |= dict(zip(group, future.result(), strict=True))
                elif isinstance(error, Unsupported | ServerRefused | UnexpectedAnswer):
                    self._takes_batches = False
                elif isinstance(error, DashboardError):
                    totals |= dict.fromkeys(group, error)
                else:
                    raise error
        alone = [number for number in numbers if number not in totals]
        singles = self._lane.run([partial(self._single, requests[n], asked[n]) for n in alone]) if alone else []
        for number, single in zip(alone, singles, strict=True):
            error = single.exception()
            if error is not None and not isinstance(error, DashboardError):
                raise error
            totals[number] = error if error is not None else single.result()
        return totals

    def _batch(self, counts: Sequence[tuple[SearchRequest, Params]]) -> list[Total]:
        """The totals of several searches from one request. Raises where the server takes no batch."""
        entries = [{"request": {"method": "GET", "url": _address(request.type, params)}} for request, params in counts]
        body = written({"resourceType": "Bundle", "type": "batch", "entry": entries})
        fresh = any(request.fresh for request, _ in counts)
        answer = self._client.send("POST", "", body=body, headers=STRICT, fresh=fresh, asks=True)
        if not answer.ok:
            raise error_of(answer, "GET", searching=True)
        bundle = self._client.json_of(answer)
        found = bundle.get("entry") if isinstance(bundle, dict) else None
        if not isinstance(found, list) or len(found) != len(counts):
            raise UnexpectedAnswer("search-without-list", reference=answer.reference)
        return [_total_of_entry(entry, request.type, answer) for entry, (request, _) in zip(found, counts, strict=True)]

    def _single(self, request: SearchRequest, params: Params) -> int | None:
        if is_long(params):
            path = f"{request.type}/_search"
            answer = self._client.send("POST", path, form=params, headers=STRICT, fresh=request.fresh)
        else:
            answer = self._client.send("GET", request.type, params=params, headers=STRICT, fresh=request.fresh)
        if not answer.ok:
            raise error_of(answer, "GET", request.type, searching=True)
        return _total(self._client.json_of(answer))

    def _read(self, requests: Sequence[SearchRequest], can: Capabilities) -> list[CountResult | DashboardError]:
        """Counts by reading: the way out where a server does not count."""
        return [
            answer if isinstance(answer, DashboardError) else counted_here(answer)
            for answer in (self._searches.run(requests, can) if requests else ())
        ]


def is_chained(name: str) -> bool:
    """Whether a parameter goes through other records (`patient.name`, `_has:...`), which only a server can do."""
    return "." in name or name.startswith("_has:")


def counted_here(result: SearchResult) -> CountResult:
    """The count of rows that were read because the server does not count; the notices say so."""
    return CountResult(len(result.rows), (Notice(NoticeKind.NO_COUNT, result.request.type), *result.notices))


def _address(resource_type: str, params: Params) -> str:
    return f"{resource_type}?{urlencode(params, quote_via=quote, safe=':,/')}"


def _total_of_entry(entry: Any, resource_type: str, answer: Answer) -> Total:
    response = entry.get("response") if isinstance(entry, dict) else None
    status = str(response.get("status") or "")[:3] if isinstance(response, dict) else ""
    if status.startswith("2"):
        return _total(entry.get("resource"))
    outcome = response.get("outcome") if isinstance(response, dict) else None
    refused = Answer(int(status) if status.isdigit() else 500, {}, written(outcome or {}), answer.reference)
    return error_of(refused, "GET", resource_type, searching=True)


def _total(bundle: Any) -> int | None:
    """The total of a Bundle, None where it has none that is a number of rows."""
    total = bundle.get("total") if isinstance(bundle, dict) else None
    return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None
