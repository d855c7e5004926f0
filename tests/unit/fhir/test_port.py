"""The port to FHIR: both implementations have its signatures, and the product uses each of its verbs."""

import inspect
import re
from pathlib import Path

import pytest

from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.port import FhirServer
from tests.fakes import FakeFhirServer

DASHBOARD = Path(__file__).resolve().parents[3] / "dashboard"
VERBS = [name for name, member in vars(FhirServer).items() if inspect.isfunction(member) and not name.startswith("_")]
VALUES = [name for name, member in vars(FhirServer).items() if isinstance(member, property)]


def test_the_port_has_its_verbs_and_values() -> None:
    assert {"read", "try_all", "transaction"} <= set(VERBS)
    assert {"base_url", "capabilities"} == set(VALUES)


@pytest.mark.parametrize("server", [HttpFhirServer, FakeFhirServer])
@pytest.mark.parametrize("verb", VERBS)
def test_both_implementations_have_each_verb_with_its_signature(server: type, verb: str) -> None:
    wanted, implemented = (inspect.signature(getattr(owner, verb)) for owner in (FhirServer, server))
    assert list(wanted.parameters) == list(implemented.parameters)
    assert [p.kind for p in wanted.parameters.values()] == [p.kind for p in implemented.parameters.values()]
    assert str(wanted.return_annotation) == str(implemented.return_annotation)


@pytest.mark.parametrize("name", VALUES)
def test_both_implementations_have_each_value(name: str) -> None:
    for server in (
        HttpFhirServer("http://127.0.0.1:1/fhir", capabilities=FakeFhirServer().capabilities),
        FakeFhirServer(),
    ):
        assert getattr(server, name)


@pytest.mark.parametrize("name", [*VERBS, *VALUES])
def test_the_product_uses_each_verb_above_the_port(name: str) -> None:
    sources = [path for path in DASHBOARD.rglob("*.py") if (DASHBOARD / "fhir") not in path.parents]
    used = re.compile(rf"\b_?fhir(\(\))?\.{name}\b")
    assert any(used.search(path.read_text("utf-8")) for path in sources)


def test_close_and_export_are_the_only_public_verbs_outside_the_port() -> None:
    public = {name for name in vars(HttpFhirServer) if not name.startswith("_")}
    # Bulk Data is read by the command of the evaluation alone, from a real server; known_capabilities asks nothing.
    assert public - {*VERBS, *VALUES} == {"close", "known_capabilities", "export"}
