"""The server's quick searches against sekmet's own, plain ones: the same rows, totals and includes on random data."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from sekmet.fhir.search import SearchEngine
from sekmet.fhir.store import Store

from dashboard.server import search_parameters
from dashboard.server.search import ServerSearch
from dashboard.server.store import ServerStore

Json = dict[str, Any]
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
PATIENTS = 12


def reference(rtype: str, rid: object) -> Json:
    return {"reference": f"{rtype}/{rid}"}


def resources(seed: int) -> Iterator[Json]:
    """A few hundred linked resources: patients, observations, teams, plans, goals, provenance, practitioners."""
    rnd = random.Random(seed)

    def day(year: int) -> str:
        return rnd.choice(["{y}", "{y}-{m:02}", "{y}-{m:02}-{d:02}", "{y}-{m:02}-{d:02}T0{h}:30:00Z"]).format(
            y=year, m=rnd.randint(1, 12), d=rnd.randint(1, 28), h=rnd.randint(0, 9)
        )

    for n in range(4):
        yield {"resourceType": "Practitioner", "id": f"d{n}", "name": [{"family": f"Döctor{n}"}]}
    for n in range(PATIENTS):
        name = {"family": rnd.choice(["Smith", "Smythe", "Ångström"]), "given": ["Ann", f"M{n}"]}
        who = {"identifier": [{"system": "urn:mrn", "value": str(n % 9)}], "gender": rnd.choice(["male", "female"])}
        yield {"resourceType": "Patient", "id": f"p{n}", "name": [name], "birthDate": day(1950), **who}
    for n in range(200):
        unit = rnd.choice(["%", "mmol/mol"])
        code = [{"system": LOINC, "code": f"c{rnd.randint(0, 4)}", "display": f"Test {n % 3}"}]
        if n % 7 == 0:
            code.append({"code": "c0"})
        yield {
            "resourceType": "Observation", "id": f"o{n}", "status": rnd.choice(["final", "amended"]),
            "code": {"coding": code}, "subject": reference("Patient", f"p{rnd.randrange(PATIENTS)}"),
            "effectiveDateTime": day(rnd.randint(2022, 2026)),
            "valueQuantity": {"value": rnd.randint(0, 9), "system": UCUM, "code": unit},
            "derivedFrom": [reference("Observation", f"o{rnd.randrange(200)}")],
        }  # fmt: skip
    for n in range(PATIENTS):
        member = [{"member": reference("Practitioner", f"d{rnd.randrange(4)}")} for _ in range(2)]
        patient = {"subject": reference("Patient", f"p{n}")}
        yield {"resourceType": "CareTeam", "id": f"t{n}", "status": "active", "participant": member, **patient}
        yield {
            "resourceType": "Goal",
            "id": f"g{n}",
            "lifecycleStatus": "active",
            "description": {"text": "x"},
            **patient,
        }
        plan = {"goal": [reference("Goal", f"g{n}"), reference("Goal", f"g{(n + 1) % PATIENTS}")]}
        yield {"resourceType": "CarePlan", "id": f"c{n}", "status": "active", "intent": "plan", **patient, **plan}
        target = [reference("CarePlan", f"c{n}/_history/1"), reference("Goal", f"g{rnd.randrange(PATIENTS)}")]
        agent = [{"who": reference("Practitioner", "d0")}]
        yield {"resourceType": "Provenance", "id": f"v{n}", "target": target, "recorded": day(2025), "agent": agent}


@pytest.fixture(scope="module", params=[1, 2])
def engines(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[SearchEngine, ServerSearch]:
    """(sekmet's, ours) on the same resources, some of them written twice and some deleted."""
    search_parameters.install()
    folder = tmp_path_factory.mktemp("search")
    plain, quick = Store(str(folder / "plain.sqlite")), ServerStore(str(folder / "quick.sqlite"))
    written = list(resources(request.param))
    again = [r | {"status": "amended"} for r in written if r["resourceType"] == "Observation"][::9]
    for store in (plain, quick):
        with store.transaction():
            for resource in [*written, *again]:
                store.update(resource)
            for n in range(3, 200, 17):
                store.delete("Observation", f"o{n}")
    return SearchEngine(plain), ServerSearch(quick)


# Left out: quantities (sekmet compares none of the official ones) and what depends on when a store was filled.
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
    Observation?_count=7&_offset=14&code=c1&_sort=_id
    Observation?_count=0
    Observation?patient=p1&_summary=count
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


def parse(search: str) -> tuple[str, list[tuple[str, str]]]:
    rtype, _, query = search.partition("?")
    return rtype, [(k, v) for k, _, v in (pair.partition("=") for pair in query.split("&") if pair)]


@pytest.mark.slow
@pytest.mark.parametrize("search", SEARCHES)
def test_finds_what_sekmet_finds(engines: tuple[SearchEngine, ServerSearch], search: str) -> None:
    plain, quick = engines
    rtype, params = parse(search)
    wanted = plain.search(rtype, [("_count", "1000"), *params], strict=True)
    found = quick.search(rtype, [("_count", "1000"), *params])
    assert found.total == wanted.total
    assert [r["id"] for r in found.matches] == [r["id"] for r in wanted.matches]  # in the same order
    key = lambda r: (r["resourceType"], r["id"])  # noqa: E731
    assert sorted(map(key, found.included)) == sorted(map(key, wanted.included))
    without_meta = [r | {"meta": {}} for r in found.matches]
    assert without_meta == [r | {"meta": {}} for r in wanted.matches]


@pytest.mark.parametrize(
    "search", [s for s in SEARCHES if "_offset" not in s and "_count" not in s and "_summary" not in s]
)
def test_pages_join_to_the_whole(engines: tuple[SearchEngine, ServerSearch], search: str) -> None:
    _, quick = engines
    rtype, params = parse(search)
    whole = [rid for rid, _ in quick.find(rtype, [*params, ("_count", "1000")]).matches]
    joined: list[str] = []
    cursor: list[tuple[str, str]] = []
    while True:
        page = quick.find(rtype, [*params, ("_count", "5"), *cursor])
        joined += [rid for rid, _ in page.matches]
        assert page.total == len(whole)
        if page.next_page is None:
            break
        cursor = [page.next_page]
    assert joined == whole


def test_more_values_than_sqlite_takes_ors(engines: tuple[SearchEngine, ServerSearch]) -> None:
    _, quick = engines
    many = ",".join(f"p{n}" for n in range(3000))
    assert quick.find("Observation", [("patient", many)]).total == quick.find("Observation", []).total


@pytest.mark.parametrize("search", [s for s in SEARCHES if "patient=" in s and "_sort" not in s][:8])
def test_many_patients_are_looked_up_not_scanned(engines: tuple[SearchEngine, ServerSearch], search: str) -> None:
    """The plan that makes a team's search independent of how many patients the server has."""
    _, quick = engines
    rtype, params = parse(search)
    where, args = quick.build_where(rtype, params, True, [], [])
    plan = [
        row[3] for row in quick.store.query(f"EXPLAIN QUERY PLAN SELECT r.seq FROM resources r WHERE {where}", args)
    ]
    assert not [step for step in plan if step.startswith("SCAN")], plan
    assert any("sqlite_autoindex_resources_1 (type=? AND id=?)" in step for step in plan), plan


def test_index_rows_are_sekmet_s_for_plain_paths() -> None:
    from sekmet.fhir.indexer import extract

    search_parameters.install()
    special = {"deceased", "phone", "email", "value-quantity", "combo-value-quantity"}
    for resource in resources(3):
        wanted = {
            (r.param, None if r.rid else r.s, r.sys, None if r.lo else r.code, r.rtype, r.rid, r.lo, r.hi, r.num)
            for r in extract(resource)
            if r.param not in special
        }
        assert {row for row in search_parameters.index_rows(resource) if row[0] not in special} == wanted
