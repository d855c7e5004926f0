"""The pages of one search: rows and included records apart, each once, until there are no more or we must stop.

It never goes to an address that the server names: a next link is taken apart and asked of our own base URL. HAPI FHIR
writes its own idea of its address into links (behind a proxy another one), and puts later pages at the base itself
(`?_getpages=...`). A server without next links is asked for `_offset`, which some of them know.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from dashboard.domain.record.views import Notice
from dashboard.errors import ServerUnavailable, UnexpectedAnswer
from dashboard.fhir.client.answers import Answer, error_of, issue_codes, no_fhir
from dashboard.fhir.client.transport import FhirClient, Params
from dashboard.fhir.search.notices import NoticeKind

LONG_LINK = 1800  # characters: a longer next link of a POSTed search is POSTed too; it holds all patients again

# Below the base: Type, Type/_search, Type/id/_history, $operation; no dots that climb, no percent signs that hide them.
_BELOW = re.compile(r"(/[A-Za-z0-9$_-][A-Za-z0-9$_.-]*)*/?\Z")

Json = dict[str, Any]


@dataclass
class Pages:
    """What the pages of one search brought: `rows` and `included` by `Type/id`, in the server's order.

    patients: whom the search was for; empty where it was not limited to patients.
    total: the server's own count, from the last page that has one.
    truncated: rows are known to be missing.
    server_time: the server's clock at the first page.
    most_included: how many records the fullest page included.
    of_other_types: matches of another type than was asked for; they are not among the rows.
    seconds, longest: how long all requests took together, and the longest of them.
    """

    rows: dict[str, Json] = field(default_factory=dict)
    included: dict[str, Json] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    patients: tuple[str, ...] = ()
    number: int = 0
    total: int | None = None
    truncated: bool = False
    server_time: datetime | None = None
    most_included: int = 0
    of_other_types: list[Json] = field(default_factory=list)
    seconds: float = 0.0
    longest: float = 0.0

    def stop(self, kind: NoticeKind, detail: str) -> None:
        self.truncated = True
        self.notices.append(Notice(kind, detail))


class Paging:
    """One search at work.

    post: sends it as POST _search. fresh: asks past the server's caches. on_page: called after each page.
    """

    def __init__(
        self,
        client: FhirClient,
        resource_type: str,
        params: list[tuple[str, str]],
        *,
        max_rows: int,
        post: bool,
        fresh: bool,
        on_page: Callable[[Pages], None] = lambda pages: None,
    ) -> None:
        self.on_page = on_page
        self.client, self.type, self.params = client, resource_type, params
        self.max_rows, self.post, self.fresh = max_rows, post, fresh
        self.including = any(name.startswith(("_include", "_revinclude")) for name, _ in params)
        self.count = next((int(value) for name, value in params if name == "_count"), 0)
        self.pages = Pages()

    def run(self) -> Pages:
        """Reads all pages. Raises what `error_of` gives.

        With offset paging a row is lost when it moves to a page already read while others write. The total shows that,
        and the pages are read once more.
        """
        self._read_pages()
        pages = self.pages
        if pages.number > 1 and not pages.truncated and self._missing():
            self._read_pages()
            if not pages.truncated and self._missing():
                pages.stop(NoticeKind.INCOMPLETE, self.type)
        return pages

    def _read_pages(self) -> None:
        links: set[str] = set()
        offset = False
        answer: Answer | None = self._ask(self.params)
        while answer is not None:
            bundle = self._bundle(answer, first=not links and not offset)
            rows, new = self._take(bundle)
            self.on_page(self.pages)
            link = link_of(bundle, "next")
            if self._capped(link):
                return None
            if link is not None:
                if link in links or (links and not new):
                    return self.pages.stop(NoticeKind.PAGING_LOOP, self.type)
                links.add(link)
                answer = self._follow(link, link_of(bundle, "self"))
            elif offset and not new:  # the end, or a server that knows no _offset and gave its first page again
                return self.pages.stop(NoticeKind.INCOMPLETE, self.type) if rows or self._missing() else None
            elif not links and (self._missing() or (self.pages.total is None and 0 < self.count <= rows)):
                offset = True
                answer = self._ask([*self.params, ("_offset", str(len(self.pages.rows)))])
                if 400 <= answer.status < 500:
                    return self.pages.stop(NoticeKind.INCOMPLETE, self.type)
            else:
                return None
        return None

    def _ask(self, params: list[tuple[str, str]]) -> Answer:
        if self.post:
            return self._send("POST", f"{self.type}/_search", form=params)
        return self._send("GET", self.type, params=params)

    def _send(self, method: str, path: str, *, params: Params = (), form: Params | None = None) -> Answer:
        """One request, whose time is counted."""
        started = time.monotonic()
        answer = self.client.send(method, path, params=params, form=form, headers=STRICT, fresh=self.fresh)
        took = time.monotonic() - started
        self.pages.seconds += took
        self.pages.longest = max(self.pages.longest, took)
        return answer

    def _bundle(self, answer: Answer, first: bool) -> dict[str, Any]:
        if not answer.ok:
            if not first and answer.status in (404, 410):
                raise ServerUnavailable("search-expired", reference=answer.reference)
            raise error_of(answer, "GET", self.type, searching=True)
        bundle = self.client.json_of(answer)
        if bundle is None:
            raise no_fhir(answer)
        if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
            raise UnexpectedAnswer("search-without-list", reference=answer.reference)
        self.pages.number += 1
        self.pages.server_time = self.pages.server_time or clock_of(answer)
        total = bundle.get("total")
        if isinstance(total, int) and not isinstance(total, bool):
            self.pages.total = total
        return bundle

    def _take(self, bundle: dict[str, Any]) -> tuple[int, int]:
        """Sorts a page's entries; returns how many rows it had and how many of them were new."""
        entries = bundle.get("entry")
        rows, included, known, wanted = 0, 0, self.pages.rows, self.type
        before = len(known)
        for entry in entries if isinstance(entries, list) else ():
            try:  # the usual entry: a team has tens of thousands
                resource = entry["resource"]
                if (
                    entry["search"]["mode"] == "match"
                    and resource["resourceType"] == wanted
                    and type(resource["id"]) is str
                ):
                    known[f"{wanted}/{resource['id']}"] = resource
                    rows += 1
                    continue
            except (KeyError, TypeError):
                resource = entry.get("resource") if isinstance(entry, dict) else None
            if not isinstance(resource, dict):
                continue
            search = entry.get("search")
            mode = search.get("mode") if isinstance(search, dict) else None
            kind = resource.get("resourceType")
            if kind == "OperationOutcome" or mode == "outcome":
                self._outcome(resource)
            elif kind == self.type and mode != "include":
                rows += 1
                known[_key(resource, rows + 100_000 * self.pages.number)] = resource
            elif mode == "include" or (mode is None and self.including):
                included += 1
                self.pages.included[_key(resource, len(self.pages.included))] = resource
            else:
                self.pages.of_other_types.append(resource)
        self.pages.most_included = max(self.pages.most_included, included)
        return rows, len(known) - before

    def _outcome(self, outcome: Json) -> None:
        codes = issue_codes(outcome)
        if "not-supported" in codes:
            self.pages.notices.append(Notice(NoticeKind.PARAMETER_IGNORED, self.type))
        elif codes and set(codes) - {"informational", "success"}:
            self.pages.notices.append(Notice(NoticeKind.SERVER_WARNING, codes[0]))

    def _capped(self, link: str | None) -> bool:
        rows = self.pages.rows
        if len(rows) < self.max_rows or not (link or len(rows) > self.max_rows or self._missing()):
            return False
        for key in list(rows)[self.max_rows :]:
            del rows[key]
        self.pages.stop(NoticeKind.CAPPED, self.type)
        return True

    def _missing(self) -> bool:
        return self.pages.total is not None and len(self.pages.rows) < self.pages.total

    def _follow(self, link: str, self_link: str | None) -> Answer:
        below, query = below_base(link, self.client.url, self_link, self.type)
        if self.post and len(query) > LONG_LINK and below in (self.type, f"{self.type}/_search"):
            form = parse_qsl(query, keep_blank_values=True)
            return self._send("POST", f"{self.type}/_search", form=form)
        return self._send("GET", f"{below}?{query}" if query else below)


# https://hl7.org/fhir/R4/search.html#errors: refuse a parameter you do not know, rather than ignore it.
STRICT = {"Prefer": "handling=strict"}


def below_base(link: str, base_url: str, self_link: str | None, resource_type: str) -> tuple[str, str]:
    """A next link as the path below our base URL and its query: `("Observation", "page=2")`, `("", "_getpages=x")`.

    Taken are links whose path is below our base path, or below the base that the Bundle's own self link shows (a server
    behind a proxy); whatever host they name, the request goes to ours. Raises UnexpectedAnswer for any other.
    """
    parts = urlsplit(urljoin(f"{base_url}/", link))
    bases = [urlsplit(base_url).path]
    if self_link:
        own = urlsplit(urljoin(f"{base_url}/", self_link)).path
        for end in (f"/{resource_type}/_search", f"/{resource_type}"):
            if own.endswith(end):
                bases.append(own[: -len(end)])
                break
    if link.startswith("/") and not link.startswith("//"):  # some servers mean: below the base
        bases.append("")
    for base in bases:
        below = parts.path[len(base) :]
        if parts.path.startswith(base) and below[:1] in ("", "/") and _BELOW.match(below):
            return below.strip("/"), parts.query
    raise UnexpectedAnswer("search-page-outside-server")


def clock_of(answer: Answer) -> datetime | None:
    """The server's clock from its Date header; None where it sends none that can be read."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _key(resource: Json, number: int) -> str:
    """`Type/id`; a record without a usable id gets a number, and is left to the mapping to call unreadable."""
    identity = resource.get("id")
    return f"{resource.get('resourceType')}/{identity if isinstance(identity, str) else f'#{number}'}"


def link_of(bundle: dict[str, Any], relation: str) -> str | None:
    """Returns the address that a Bundle links to, None where it has no such link."""
    links = bundle.get("link")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == relation and isinstance(link.get("url"), str):
            return str(link["url"]) or None
    return None
