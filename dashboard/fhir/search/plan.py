"""Step 1 of a search: from a SearchRequest to what this server is asked and what is left to do here.

Decided by the server's CapabilityStatement, which may say yes, no or nothing of a parameter or an include.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, Unsupported
from dashboard.fhir.client.addresses import Addresses
from dashboard.fhir.client.capabilities import Capabilities
from dashboard.fhir.search.approach import APPROACHES, LONG_LIST, Approach, approaches_for
from dashboard.fhir.search.filter_here import filter_by, split_escaped
from dashboard.fhir.search.includes import parse_include
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.registry import parameter, patient_parameter
from dashboard.fhir.search.request import SearchRequest
from dashboard.fhir.search.row_tests import RowCheck, RowTest, check_of_references, has_id, refers_to
from dashboard.fhir.search.sort_here import sort_key

Json = dict[str, Any]

LONG_ADDRESS = 1800  # characters of a query: longer ones go as POST; proxies cut off between 2,000 and 8,000


@dataclass
class Plan:
    """What is sent, and what is done with what comes back.

    params: sent with every chunk of patients; an empty chunk does not limit the search to patients.
    checks: what each row must be, or it is left out.
    filters: a parameter's name and the test that drops the rows that the server should have left out.
    includes_to_read, revincludes_to_read: what the server says that it does not include.
    includes_unsure, revincludes_unsure: what the server was asked to include without saying whether it can.
    sort_here: keys and whether they descend, the least important first.
    list_filters: tests of the long lists of codes that are not sent, since the server is slow with them.
    """

    request: SearchRequest
    params: list[tuple[str, str]]
    chunks: list[tuple[str, ...]]
    patient_param: str
    checks: list[RowCheck] = field(default_factory=list)
    filters: list[tuple[str, RowTest]] = field(default_factory=list)
    includes_to_read: tuple[str, ...] = ()
    includes_unsure: tuple[str, ...] = ()
    revincludes_to_read: tuple[str, ...] = ()
    revincludes_unsure: tuple[str, ...] = ()
    sort_here: list[tuple[Callable[[Json], Any], bool]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    fresh: bool = False
    list_filters: list[RowTest] = field(default_factory=list)


def make_plan(
    request: SearchRequest, can: Capabilities, addresses: Addresses, approach: Approach = APPROACHES[0]
) -> Plan:
    """Returns the plan for one way of asking.

    Raises Unsupported where the server lacks a parameter and filtering here is not safe, NotFound for a malformed
    patient id.
    """
    if not can.serves(request.type):
        raise Unsupported("type-not-served", what=request.type)
    chunks = _chunks(request, approach.patients_at_once)
    plan = Plan(request, [], chunks, _patient_parameter(request, can), fresh=request.fresh)
    for name, value in request.params:
        test = long_list_filter(request, name, value) if approach.leaves_lists_out else None
        if test is not None:
            plan.list_filters.append(test)
        else:
            _plan_parameter(plan, name, value, can, addresses)
    _plan_includes(plan, can)
    _plan_sort(plan, can)
    plan.params.append(("_count", str(max(1, min(request.page_size, request.max_rows)))))
    return plan


def patient_value(plan: Plan, chunk: tuple[str, ...]) -> list[tuple[str, str]]:
    """`patient=Patient/a,Patient/b`: the typed form is the one that every server tried understands."""
    if not chunk:
        return []
    prefix = "" if plan.patient_param == "_id" else "Patient/"
    return [(plan.patient_param, ",".join(f"{prefix}{i}" for i in chunk))]


def is_long(params: list[tuple[str, str]]) -> bool:
    return sum(len(quote(name)) + len(quote(value, safe=":,/")) + 2 for name, value in params) > LONG_ADDRESS


def ways_of(request: SearchRequest) -> tuple[Approach, ...]:
    """Returns the ways in which this search can be asked."""
    has_long_list = any(long_list_filter(request, name, value) is not None for name, value in request.params)
    return approaches_for(len(request.patients or ()), has_long_list)


def long_list_filter(request: SearchRequest, name: str, value: str) -> RowTest | None:
    """Returns the test of a long list of codes, which can be left out of a search for patients; None for all else."""
    definition = parameter(request.type, name)
    if not request.patients or definition is None or definition.kind != "token" or name == "_id":
        return None
    return filter_by(request.type, name, value) if len(split_escaped(value, ",")) > LONG_LIST else None


def _chunks(request: SearchRequest, at_once: int) -> list[tuple[str, ...]]:
    if request.patients is None:
        return [()]
    patients = tuple(dict.fromkeys(request.patients))
    try:
        for patient in patients:
            Reference("Patient", patient)
    except ValueError:
        raise NotFound("patient-not-on-server") from None
    return [patients[i : i + at_once] for i in range(0, len(patients), at_once)]


def _patient_parameter(request: SearchRequest, can: Capabilities) -> str:
    if request.patients is None:
        return ""
    if request.type == "Patient":
        return "_id"
    patient_parameter(request.type)  # refuses types whose rows could not be checked
    for name in ("patient", "subject"):
        if can.searches_by(request.type, name) is not False:
            return name
    raise Unsupported("search-by-patient-not-supported", what=request.type)


def _plan_parameter(plan: Plan, name: str, value: str, can: Capabilities, addresses: Addresses) -> None:
    kind = plan.request.type
    if "." in name or name.startswith("_has:"):
        # No CapabilityStatement says whether a server knows these, and one that does not answers with everybody.
        raise ValueError("a chained parameter or _has is searched in two searches")
    if name in ("patient", "subject:Patient") and "/" not in value:
        value = ",".join(f"Patient/{one}" for one in value.split(","))
    test = refers_to(kind, name, value, addresses)
    if can.searches_by(kind, name) is not False:
        plan.params.append((name, value))
        if name == "_id":
            plan.checks.append(RowCheck(has_id(frozenset(value.split(",")))))
        elif test:
            plan.checks.append(check_of_references(kind, name, value, test))
        elif name == "_lastUpdated":
            plan.fresh = True
            moment = filter_by(kind, name, value) if "T" in value else None
            if moment:
                plan.filters.append((name, moment))
        return
    here = test or filter_by(kind, name, value)
    if here is None:
        raise Unsupported("search-parameter-not-supported", what=kind, name=name.split(":")[0].split(".")[0])
    plan.filters.append((name, here))
    plan.notices.append(Notice(NoticeKind.FILTERED_HERE, f"{kind}.{name}"))


def _plan_includes(plan: Plan, can: Capabilities) -> None:
    request = plan.request
    for value in (*request.include, *request.revinclude):
        parse_include(value)  # refuses what R4 does not define
    for value in request.include:
        bare = value.removeprefix("iterate:")
        offered = can.includes(bare.split(":")[0] if bare != value else request.type, bare)
        if offered is False:
            plan.includes_to_read += (value,)
        else:
            plan.params.append(("_include:iterate" if bare != value else "_include", bare))
            if offered is None:
                plan.includes_unsure += (value,)
    for value in request.revinclude:
        bare = value.removeprefix("iterate:")
        if bare != value:
            # From records that were included, whose type is not known here, so that nothing is asked in place of the
            # server.
            if can.serves(bare.split(":")[0]) and _some_type_offers(can, bare):
                plan.params.append(("_revinclude:iterate", bare))
            continue
        offered = can.rev_includes(request.type, bare)
        if offered is False:
            plan.revincludes_to_read += (bare,)
        else:
            plan.params.append(("_revinclude:iterate" if bare != value else "_revinclude", bare))
            if offered is None:
                plan.revincludes_unsure += (bare,)


def _some_type_offers(can: Capabilities, revinclude: str) -> bool:
    return not can.types or any(can.rev_includes(kind, revinclude) is not False for kind in can.types)


def _plan_sort(plan: Plan, can: Capabilities) -> None:
    """The server sorts where it can and there is one chunk. Otherwise the rows are sorted here, with a notice."""
    request = plan.request
    if not request.sort:
        return
    names = request.sort.split(",")
    offered = all(can.searches_by(request.type, name.lstrip("-")) is not False for name in names)
    if offered:
        plan.params.append(("_sort", request.sort))
        if len(plan.chunks) == 1:
            return
    keys = [(sort_key(request.type, name.lstrip("-")), name.startswith("-")) for name in names]
    if all(key is not None for key, _ in keys):
        plan.sort_here = [(key, descending) for key, descending in reversed(keys) if key is not None]
        if not offered:
            plan.notices.append(Notice(NoticeKind.SORTED_HERE, f"{request.type}.{request.sort}"))
    else:
        plan.notices.append(Notice(NoticeKind.UNSORTED, f"{request.type}.{request.sort}"))
