"""Where a signed-in person belongs: roles for professionals, the managing organisation for patients, and all above."""

from typing import Any

import pytest

from dashboard.domain.values.datatypes import Reference
from dashboard.errors import ServerUnavailable
from dashboard.queries.list_organisations_of import list_organisations_of
from tests.fakes import FakeFhirServer


def organisation(ident: str, part_of: str = "") -> dict[str, Any]:
    above = {"partOf": {"reference": f"Organization/{part_of}"}} if part_of else {}
    return {"resourceType": "Organization", "id": ident, **above}


def role(ident: str, who: str, where: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "PractitionerRole",
        "id": ident,
        "practitioner": {"reference": f"Practitioner/{who}"},
        "organization": {"reference": f"Organization/{where}"},
        **more,
    }


WORLD: list[dict[str, Any]] = [
    organisation("ward", "hospital"),
    organisation("hospital", "trust"),
    organisation("trust"),
    organisation("osi"),
    organisation("a", "b"),
    organisation("b", "a"),
    role("r1", "gp", "ward"),
    role("r2", "gp", "osi"),
    role("r3", "left", "trust", active=False),
    role("r4", "round", "a"),
    role("r5", "lost", "not-there"),
    {"resourceType": "Patient", "id": "mary", "managingOrganization": {"reference": "Organization/hospital"}},
    {"resourceType": "Patient", "id": "nobodys"},
    {"resourceType": "RelatedPerson", "id": "carer", "patient": {"reference": "Patient/mary"}},
    {"resourceType": "RelatedPerson", "id": "nobodys", "patient": {"display": "somebody"}},
]


@pytest.mark.parametrize(
    ("who", "belongs_to"),
    [
        ("Practitioner/gp", {"ward", "hospital", "trust", "osi"}),
        ("Practitioner/left", set()),
        ("Practitioner/round", {"a", "b"}),
        ("Practitioner/lost", {"not-there"}),
        ("Practitioner/unknown", set()),
        ("Patient/mary", {"hospital", "trust"}),
        ("Patient/nobodys", set()),
        ("Patient/unknown", set()),
        ("RelatedPerson/carer", {"hospital", "trust"}),
        ("RelatedPerson/nobodys", set()),
    ],
)
def test_where_somebody_belongs(who: str, belongs_to: set[str]) -> None:
    found = list_organisations_of(FakeFhirServer(WORLD), Reference.parse(who))
    assert found == {Reference("Organization", each) for each in belongs_to}


def test_a_server_that_ignores_the_question_gives_nobody_anothers_organisation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = FakeFhirServer(WORLD)
    monkeypatch.setattr(server, "_test", lambda resource_type, name, value: lambda row: True)
    found = list_organisations_of(server, Reference("Practitioner", "gp"))
    assert Reference("Organization", "a") not in found and Reference("Organization", "ward") in found


def test_a_server_that_is_away_says_nothing_about_anybody() -> None:
    server = FakeFhirServer(WORLD)
    server.down = True
    with pytest.raises(ServerUnavailable):
        list_organisations_of(server, Reference("Practitioner", "gp"))
