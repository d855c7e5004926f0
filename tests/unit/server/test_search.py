"""The server's searches in SQL return the same rows and includes as the obvious ones in memory, on random data."""

import pytest

from dashboard.server.conditions import build_condition, select_resources
from dashboard.server.outcome import FhirError
from dashboard.server.search import Page, Searches
from dashboard.server.store import Store
from dashboard.server.value_conditions import split, unescape
from tests.unit.server.linked_resources import LOINC, OBSERVATIONS, PATIENTS, linked_resources
from tests.unit.server.obvious_search import ObviousSearch

HALF = ",".join(f"p{n}" for n in range(0, PATIENTS, 2))
SEARCHES = [
    line.strip().format(half=HALF, loinc=LOINC)
    for line in """
    Observation?
    Observation?patient=p1
    Observation?patient={half}&code=c1,c2&date=ge2024-03
    Patient?name=smi
    Observation?patient=Patient/p3,{half}&code={loinc}|c1,c0,|c0
    Observation?subject=Patient/p1,p2,Group/p1
    Observation?subject:Patient=p1,p2
    Observation?code:not=c1,c2&patient=p1
    Observation?code:not=c1
    Observation?code:text=test 1
    Observation?code={loinc}|
    Observation?date=2024
    Observation?date=ne2024
    Observation?date=gt2024-02&date=lt2025-06
    Observation?date=sa2024-02,eb2023
    Observation?date=ap2024-05
    Observation?date:missing=true
    Observation?method:missing=true&patient=p2
    Observation?patient:missing=false
    Observation?_id=o1,o2,o3,nosuch
    Observation?_id:not=o1&patient=p1
    Observation?status=final&code=c1&patient=p1,p2,p3
    Patient?birthdate=1950
    Patient?family:exact=Smith
    Patient?given:contains=n
    Patient?identifier=urn:mrn|3,7
    Patient?name=angstrom
    Patient?family=smith&gender=male
    Patient?gender=male&identifier=1
    CareTeam?participant=Practitioner/d1
    CareTeam?participant=d1,d2&patient=p1,p2,p3,p4,p5
    Observation?subject:Patient.family=smith&code=c1
    Observation?patient.identifier=urn:mrn|3
    Observation?patient.birthdate=lt1951&status=final
    CareTeam?participant:Practitioner.name=doctor1
    Patient?_has:Observation:patient:code=c1&gender=female
    Patient?_has:CareTeam:patient:participant=Practitioner/d1
    Patient?_has:CareTeam:patient:participant:Practitioner.name=doctor2
    Observation?patient=p1&_sort=date
    Observation?patient=p1,p2&_sort=-date,code
    Patient?_sort=family,-_id
    Observation?code=nosuch
    Provenance?target=CarePlan/c1
    CarePlan?patient={half}&_include=CarePlan:goal&_revinclude=Provenance:target
    CareTeam?_include=*&patient=p1
    CareTeam?participant=d1&_include=CareTeam:patient&_include=CareTeam:participant
    CareTeam?_include=CareTeam:*
    CarePlan?patient=p1&_include=CarePlan:goal&_include:iterate=Goal:patient
    Patient?_id=p1&_revinclude=Observation:patient
    Patient?_id=p1&_revinclude=CarePlan:patient&_include:iterate=CarePlan:goal&_revinclude:iterate=Provenance:target
    Observation?_id=o5&_include:iterate=Observation:derived-from
    CareTeam?_id=t1&_include=CareTeam:participant:Practitioner
    CareTeam?_id=t1&_include=CareTeam:participant:Organization
    Provenance?_include=Provenance:target:Goal&_id=v1,v2
    """.strip().splitlines()
]


@pytest.fixture(scope="module", params=[1, 2])
def engines(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ObviousSearch, Searches, Store]:
    """Returns both searches on the same resources, some of them written twice and some deleted."""
    store = Store(str(tmp_path_factory.mktemp("search") / "fhir.sqlite"))
    resources = {(r["resourceType"], r["id"]): r for r in linked_resources(request.param)}
    with store.transaction():
        for resource in resources.values():
            store.write(resource, resource["id"], "PUT")
        for n in range(0, OBSERVATIONS, 9):
            resources["Observation", f"o{n}"] |= {"status": "amended"}
            store.write(resources["Observation", f"o{n}"], f"o{n}", "PUT")
        for n in range(3, OBSERVATIONS, 17):
            del resources["Observation", f"o{n}"]
            current = store.current("Observation", f"o{n}")
            assert current
            store.delete(current)
    return ObviousSearch(list(resources.values())), Searches(store), store


def parse(search: str) -> tuple[str, list[tuple[str, str]]]:
    resource_type, _, query = search.partition("?")
    return resource_type, [(name, value) for name, _, value in (p.partition("=") for p in query.split("&") if p)]


def ids(page: Page) -> list[str]:
    return [version.id for version in page.matches]


@pytest.mark.parametrize("search", SEARCHES)
def test_sql_finds_the_same_as_the_obvious_search(engines: tuple[ObviousSearch, Searches, Store], search: str) -> None:
    obvious, searches, _ = engines
    resource_type, parameters = parse(search)
    wanted = obvious.find(resource_type, parameters)
    page = searches.find(resource_type, [("_count", "1000"), *parameters])
    assert ids(page) == wanted  # in the same order
    assert page.total == len(wanted)
    included = [f"{version.type}/{version.id}" for version in page.included]
    assert set(included) == obvious.included(wanted, resource_type, parameters)
    assert len(set(included)) == len(included)


@pytest.mark.parametrize("search", SEARCHES)
def test_the_pages_together_are_all_matches(engines: tuple[ObviousSearch, Searches, Store], search: str) -> None:
    _, searches, _ = engines
    resource_type, parameters = parse(search)
    matches = ids(searches.find(resource_type, [*parameters, ("_count", "1000")]))
    joined: list[str] = []
    cursor: list[tuple[str, str]] = []
    while True:
        page = searches.find(resource_type, [*parameters, ("_count", "5"), *cursor])
        joined += ids(page)
        assert page.total == len(matches)
        if page.next_page is None:
            break
        cursor = [page.next_page]
    assert joined == matches


def test_a_count_returns_no_rows(engines: tuple[ObviousSearch, Searches, Store]) -> None:
    obvious, searches, _ = engines
    for shape in (("_count", "0"), ("_summary", "count")):
        page = searches.find("Observation", [("patient", "p1"), shape])
        assert (page.total, page.matches) == (len(obvious.find("Observation", [("patient", "p1")])), [])


def test_a_search_accepts_more_values_than_sqlite_has_arguments(engines: tuple[ObviousSearch, Searches, Store]) -> None:
    _, searches, _ = engines
    many = ",".join(f"p{n}" for n in range(40_000))
    assert searches.find("Observation", [("patient", many)]).total == searches.find("Observation", []).total


@pytest.mark.parametrize("search", [s for s in SEARCHES if "patient=" in s and "_sort" not in s][:8])
def test_many_patients_are_found_by_an_index(engines: tuple[ObviousSearch, Searches, Store], search: str) -> None:
    """With this query plan the time of a team's search does not depend on how many patients the server has."""
    _, _, store = engines
    resource_type, parameters = parse(search)
    conditions = [build_condition(resource_type, *p) for p in parameters if p[0] not in ("_include", "_revinclude")]
    sql, arguments = select_resources("r.key", resource_type, conditions)
    plan = [row[3] for row in store.query(f"EXPLAIN QUERY PLAN {sql}", arguments)]
    assert "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)" in plan, plan
    assert any("value_of_reference (target_id=?" in step for step in plan), plan
    assert not [step for step in plan if step.startswith("SCAN") and "json_each" not in step], plan


@pytest.mark.parametrize(
    "search",
    [
        "Patient?name=smi", "Patient?family:exact=Smith", "Patient?given:contains=n", "Patient?gender=male",
        "Patient?identifier=urn:mrn|3", "Patient?identifier=urn:mrn|", "Patient?birthdate=1950",
        "Patient?birthdate=ge1950",
        "Patient?birthdate=gt1950", "Patient?birthdate=ne1950", "Patient?_has:Observation:patient:code=c1",
        "Patient?_profile=x", "Patient?_profile:below=x", "Patient?_id=p1", "Patient?_lastUpdated=ge2020",
        "Patient?general-practitioner:identifier=x|1", "Observation?patient.name=smi", "Observation?subject=Patient/p1",
        "Observation?value-quantity=gt1", "Observation?code:text=test", "Observation?code:not=c1",
        "Observation?method:missing=true",
    ],
)  # fmt: skip
def test_no_condition_scans_the_index_of_all_types(engines: tuple[ObviousSearch, Searches, Store], search: str) -> None:
    """A condition without a usable index is tried on each resource of its type instead."""
    _, _, store = engines
    resource_type, parameters = parse(search)
    sql, arguments = select_resources("r.key", resource_type, [build_condition(resource_type, *parameters[0])])
    plan = [row[3] for row in store.query(f"EXPLAIN QUERY PLAN {sql}", arguments)]
    assert not [step for step in plan if step.startswith("SCAN") and "json_each" not in step], plan


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("a,b", ["a", "b"]),
        ("", [""]),
        (",", ["", ""]),
        (r"a\,b,c", ["a,b", "c"]),
        (r"a\\,b", ["a\\", "b"]),
        ("a\\", ["a\\"]),
    ],
)
def test_a_value_is_split_at_commas_that_are_not_escaped(value: str, parts: list[str]) -> None:
    assert [unescape(part) for part in split(value, ",")] == parts


NUMBERS = {"a": "7", "b": "7.0", "c": "7.04", "d": "7.4", "e": "-7", "f": "70"}


@pytest.fixture(scope="module")
def probabilities(tmp_path_factory: pytest.TempPathFactory) -> Searches:
    """Returns risk assessments whose probability is each of NUMBERS."""
    store = Store(str(tmp_path_factory.mktemp("numbers") / "fhir.sqlite"))
    with store.transaction():
        for id_, number in NUMBERS.items():
            prediction = [{"probabilityDecimal": float(number)}]
            store.write({"resourceType": "RiskAssessment", "id": id_, "prediction": prediction}, id_, "PUT")
    return Searches(store)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("7", "abcd"), ("7.0", "abc"), ("7.04", "c"), ("ne7", "ef"), ("gt7", "cdf"), ("ge7", "abcdf"), ("lt7", "e"),
        ("le7", "abe"), ("ap7", "abcd"), ("-7", "e"), ("7e1", "f"), ("7.4,70", "df"),
    ],
)  # fmt: skip
def test_numbers_are_compared_by_their_precision(probabilities: Searches, value: str, wanted: str) -> None:
    """https://hl7.org/fhir/R4/search.html#number: 7 stands for 6.5 to 7.5, 7.0 for 6.95 to 7.05; gt7 is above 7."""
    assert "".join(ids(probabilities.find("RiskAssessment", [("probability", value)]))) == wanted


@pytest.mark.parametrize("value", ["", "x", "gt", "1 2", "NaN", "Infinity", "1,", "1_0"])
def test_a_value_that_is_no_number_is_refused(probabilities: Searches, value: str) -> None:
    with pytest.raises(FhirError):
        probabilities.find("RiskAssessment", [("probability", value)])
