"""Whose id: records of files get their own id, or a new one, and only an identifier makes two patients one."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest

from dashboard.loading.chosen_ids import ChosenIds
from dashboard.loading.read_files import choose_ids, find_files, read_files
from dashboard.loading.same_record import contradicts, is_same_person

Json = dict[str, Any]
NHS = "https://fhir.nhs.uk/Id/nhs-number"
UUIDS = [f"urn:uuid:0000abcd-0000-4000-8000-{number:012}" for number in range(10)]


class Server:
    """The records that were stored, as `StoredRecords` gives them; nothing is written over."""

    def __init__(self, *resources: Json) -> None:
        self.rows = {f"{each['resourceType']}/{each['id']}": each for each in resources}

    def by_name(self, names: Iterable[str]) -> dict[str, Json]:
        return {name: self.rows[name] for name in names if name in self.rows}

    def patients_with(self, identifiers: Iterable[tuple[str, str]]) -> list[Json]:
        wanted = set(identifiers)
        return [
            row
            for row in self.rows.values()
            if row["resourceType"] == "Patient"
            and wanted & {(each["system"], each["value"]) for each in row.get("identifier", [])}
        ]

    def takes_id(self, ident: str) -> bool:
        return not ident.isdigit()

    def load(self, *paths: Path) -> tuple[ChosenIds, list[str]]:
        """Loads the files as the command does; returns what was said."""
        files = find_files(list(paths))
        chosen = choose_ids(files, self, frozenset({"Practitioner/demo-gp"}), "http://here.example/fhir")
        for batch in read_files(files, chosen):
            for resource in batch.resources:
                self.rows.setdefault(f"{resource['resourceType']}/{resource['id']}", resource)
        return chosen, [*chosen.remarks, *files.problems]

    def allergies(self) -> dict[str, list[str]]:
        """The allergies by the family name of the patient that they are on."""
        found: dict[str, list[str]] = {}
        for row in self.rows.values():
            if row["resourceType"] == "Patient":
                found.setdefault(row["name"][0]["family"], [])
        for row in self.rows.values():
            if row["resourceType"] == "AllergyIntolerance":
                found[self.rows[row["patient"]["reference"]]["name"][0]["family"]].append(row["code"]["text"])
        return found


def person(ident: str = "p1", family: str = "First", born: str = "1940-01-01", nhs: str = "", **more: Any) -> Json:
    made: Json = {"resourceType": "Patient", "id": ident, "name": [{"family": family, "given": [f"{family}a"]}]}
    made |= {"birthDate": born} if born else {}
    return made | ({"identifier": [{"system": NHS, "value": nhs}]} if nhs else {}) | more


def allergy(ident: str, to: str, text: str) -> Json:
    return {
        "resourceType": "AllergyIntolerance",
        "id": ident,
        "patient": {"reference": to},
        "code": {"text": text},
    }


def bundle(path: Path, *entries: tuple[str, Json], kind: str = "collection") -> Path:
    made = [{"fullUrl": url, "resource": resource} if url else {"resource": resource} for url, resource in entries]
    path.write_bytes(orjson.dumps({"resourceType": "Bundle", "type": kind, "entry": made}))
    return path


URLS = {
    "uuids": (UUIDS[1], UUIDS[2], UUIDS[3], UUIDS[4]),
    "the same uuids": (UUIDS[1], UUIDS[2], UUIDS[1], UUIDS[2]),
    "two servers": (
        "http://a.example/r4/Patient/p1",
        "http://a.example/r4/AllergyIntolerance/a1",
        "http://b.example/r4/Patient/p1",
        "http://b.example/r4/AllergyIntolerance/a1",
    ),
    "one address": (
        "http://a.example/r4/Patient/p1",
        "http://a.example/r4/AllergyIntolerance/a1",
        "http://a.example/r4/Patient/p1",
        "http://a.example/r4/AllergyIntolerance/a1",
    ),
    "no address": ("", "", "", ""),
}


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("urls", URLS.values(), ids=URLS)
def test_two_people_with_the_same_id_stay_two_each_with_the_own_allergy(
    tmp_path: Path, urls: tuple[str, str, str, str], together: bool
) -> None:
    to = [url or "Patient/p1" for url in (urls[0], urls[2])]
    one = bundle(tmp_path / "1.json", (urls[0], person()), (urls[1], allergy("a1", to[0], "Penicillin")))
    other = person(family="Second", born="1950-01-01")
    two = bundle(tmp_path / "2.json", (urls[2], other), (urls[3], allergy("a1", to[1], "Latex")))
    server = Server()
    said = server.load(one, two)[1] if together else [*server.load(one)[1], *server.load(two)[1]]
    assert server.allergies() == {"First": ["Penicillin"], "Second": ["Latex"]}
    assert any("2.json entry 1: Patient has the id of another record, Patient/p1" in line for line in said)
    rows = dict(server.rows)
    server.load(one), server.load(two), server.load(one, two)
    assert server.rows == rows, "loading again changes nothing"


@pytest.mark.parametrize("ident", ["p1", "p2"])
def test_an_identifier_makes_one_person_of_two_who_do_not_differ(tmp_path: Path, ident: str) -> None:
    one = bundle(tmp_path / "1.json", (UUIDS[1], person(nhs="1")), (UUIDS[2], allergy("a1", UUIDS[1], "Penicillin")))
    two = bundle(
        tmp_path / "2.json",
        (UUIDS[3], person(ident, nhs="1", gender="female")),
        (UUIDS[4], allergy("a1", UUIDS[3], "Latex")),
    )
    server = Server()
    server.load(one)
    said = server.load(two)[1]
    assert server.allergies() == {"First": ["Penicillin", "Latex"]}
    assert any("Patient is the same person as Patient/p1: an identifier is the same" in line for line in said)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (person(nhs="1", gender="female"), True),
        (person(nhs="1", born="1940"), True),
        (person(nhs="1", born=""), True),
        (person(nhs="1") | {"name": [{"family": "Married", "given": ["Firsta"]}]}, True),
        (person(nhs="1") | {"name": [{"text": "Firsta First"}]}, True),
        (person(nhs="1", born="1940-01-02"), False),
        (person(nhs="1") | {"name": [{"family": "First", "given": ["Twin"]}]}, False),
        (person(nhs="1", family="Second"), False),
        (person(nhs="2"), False),
        (person(), False),
        (person() | {"identifier": [{"system": NHS, "value": "1", "use": "old"}]}, False),
        (person() | {"identifier": [{"value": "1"}]}, False),
    ],
)
def test_who_is_the_same_person(other: Json, same: bool) -> None:
    assert is_same_person(person(nhs="1"), other) is same
    assert is_same_person(other, person(nhs="1")) is same


def test_people_without_birth_date_and_name_do_not_contradict() -> None:
    assert not contradicts({}, person())
    assert contradicts(person(born=""), person(born="", family="Second"))


def test_a_person_with_a_replaced_record_is_the_one_in_use(tmp_path: Path) -> None:
    link = [{"type": "replaced-by", "other": {"reference": "Patient/new"}}]
    server = Server(person("old", nhs="1") | {"link": link}, person("new", nhs="1"))
    path = bundle(tmp_path / "1.json", (UUIDS[1], person("p9", nhs="1")), (UUIDS[2], allergy("a1", UUIDS[1], "Latex")))
    server.load(path)
    assert server.rows["AllergyIntolerance/a1"]["patient"] == {"reference": "Patient/new"}


def test_a_doubtful_identifier_is_reported_and_makes_nobody_one(tmp_path: Path) -> None:
    one = bundle(tmp_path / "1.json", (UUIDS[1], person(nhs="1")))
    two = bundle(tmp_path / "2.json", (UUIDS[3], person("p2", "Second", "1950-01-01", nhs="1")))
    server = Server()
    server.load(one)
    assert any("shares an identifier with Patient/p1, and is not taken" in line for line in server.load(two)[1])
    assert set(server.allergies()) == {"First", "Second"}


def test_what_a_user_changed_is_found_again_and_kept(tmp_path: Path) -> None:
    path = bundle(tmp_path / "1.json", (UUIDS[1], person()), (UUIDS[2], allergy("a1", UUIDS[1], "Penicillin")))
    server = Server()
    server.load(path)
    server.rows["AllergyIntolerance/a1"]["code"]["text"] = "Penicillin V"
    server.rows["Patient/p1"]["birthDate"] = "1941-01-01"
    rows = dict(server.rows)
    assert server.load(path)[1] == []
    assert server.rows == rows


def test_a_record_that_was_loaded_without_tags_is_found_again(tmp_path: Path) -> None:
    uuid = UUIDS[2].removeprefix("urn:uuid:")
    path = bundle(tmp_path / "1.json", (UUIDS[1], person()), (UUIDS[2], allergy(uuid, UUIDS[1], "Penicillin")))
    server = Server(person(), allergy(uuid, "Patient/p1", "Penicillin, changed by a user"))
    assert server.load(path)[1] == []
    assert len(server.rows) == 2


def test_another_version_from_the_same_address_is_reported_and_the_stored_one_kept(tmp_path: Path) -> None:
    urls = ("http://a.example/r4/Patient/p1", "http://a.example/r4/AllergyIntolerance/a1")
    one = bundle(tmp_path / "1.json", (urls[0], person()), (urls[1], allergy("a1", urls[0], "Penicillin")))
    newer = {**allergy("a1", urls[0], "Penicillin"), "criticality": "high"}
    two = bundle(tmp_path / "2.json", (urls[0], person(gender="female")), (f"{urls[1]}/_history/2", newer))
    server = Server()
    server.load(one)
    said = server.load(two)[1]
    assert [line.split(": ", 1)[1] for line in said] == [
        f"{kind} is there in another version from the same address, which is kept."
        for kind in ("Patient", "AllergyIntolerance")
    ]
    assert server.allergies() == {"First": ["Penicillin"]}


FORMS = [
    UUIDS[1],
    UUIDS[1].upper().replace("URN:UUID", "urn:uuid"),
    "http://a.example/r4/Patient/p1/",
    "http://a.example/r4/Patient/p1",
    "http://a.example/r4/Patient/p1/_history/3",
    "Patient/p1",
    "Patient/p1/_history/3",
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_reference_to_an_entry_is_followed(tmp_path: Path, form: str) -> None:
    url = UUIDS[1] if form.startswith("urn:") else "http://a.example/r4/Patient/p1"
    beside = "http://a.example/r4/AllergyIntolerance/a1" if url != UUIDS[1] else UUIDS[2]
    server = Server(person(family="Zero", born="1930-01-01"))  # who has the id already
    server.load(bundle(tmp_path / "1.json", (url, person()), (beside, allergy("a1", form, "Penicillin"))))
    assert server.allergies() == {"Zero": [], "First": ["Penicillin"]}


def test_an_id_that_only_the_server_gives_is_replaced(tmp_path: Path) -> None:
    server = Server()
    path = bundle(tmp_path / "1.json", ("", person("123")), ("", allergy("a1", "Patient/123", "Penicillin")))
    assert "Patient has an id that only the server gives, and gets the id" in server.load(path)[1][0]
    assert server.allergies() == {"First": ["Penicillin"]}
    rows = dict(server.rows)
    server.load(path)
    assert server.rows == rows and "Patient/123" not in rows


def test_a_versioned_full_url_is_an_address_too(tmp_path: Path) -> None:
    url = "http://a.example/r4/Patient/p1"
    path = bundle(tmp_path / "1.json", (f"{url}/_history/2", person()), ("", allergy("a1", url, "Penicillin")))
    server = Server()
    server.load(path)
    assert server.allergies() == {"First": ["Penicillin"]}


def test_a_patient_whom_no_file_has_gets_no_record_of_others(tmp_path: Path) -> None:
    """The server's own Patient/p1 is somebody else: an id alone names nobody."""
    server = Server(person())
    said = server.load(bundle(tmp_path / "1.json", (UUIDS[2], allergy("a1", "Patient/p1", "Penicillin"))))[1]
    assert server.allergies() == {"First": []}
    [line] = said
    assert "AllergyIntolerance not loaded: its reference to a patient leads to none of the files" in line


def test_a_record_of_two_possible_patients_is_not_loaded(tmp_path: Path) -> None:
    people = (UUIDS[1], person()), (UUIDS[2], person(family="Second", born="1950-01-01"))
    path = bundle(tmp_path / "1.json", *people, (UUIDS[3], allergy("a1", "Patient/p1", "Penicillin")))
    server = Server()
    said = server.load(path)[1]
    assert server.allergies() == {"First": [], "Second": []}
    assert any("leads to more than one record of the files" in line for line in said)


def test_a_transaction_may_mean_the_server_s_own_patient(tmp_path: Path) -> None:
    server = Server(person())
    server.load(bundle(tmp_path / "1.json", ("", allergy("a1", "Patient/p1", "Latex")), kind="transaction"))
    assert server.allergies() == {"First": ["Latex"]}


def test_references_to_the_server_s_address_to_other_servers_and_to_nothing(tmp_path: Path) -> None:
    old = "https://old.example/r4"
    observation = {
        "resourceType": "Observation",
        "id": "o1",
        "subject": {"reference": "Patient/p1"},
        "performer": [
            {"reference": "http://here.example/fhir/Practitioner/x"},
            {"reference": f"{old}/Practitioner/x", "display": "Dr Old"},
            {"reference": "Practitioner/nowhere", "display": "Dr Nowhere"},
            {"reference": "Practitioner/demo-gp"},
            {"reference": "#inside"},
        ],
    }
    foreign = allergy("a1", f"{old}/Patient/p1", "Latex")
    server = Server()
    chosen, said = server.load(bundle(tmp_path / "1.json", ("", person()), ("", observation), ("", foreign)))
    assert server.rows["Observation/o1"]["performer"] == [
        {"reference": "Practitioner/x"},
        {"reference": f"{old}/Practitioner/x", "display": "Dr Old"},
        {"display": "Dr Nowhere", "type": "Practitioner", "identifier": {"value": "Practitioner/nowhere"}},
        {"reference": "Practitioner/demo-gp"},
        {"reference": "#inside"},
    ]
    assert server.rows["AllergyIntolerance/a1"]["patient"] == {"reference": f"{old}/Patient/p1"}
    assert [line for line in said if "AllergyIntolerance is about a patient of another server" in line]
    assert chosen.about == {"Patient/p1": 1}


def test_a_patient_named_by_identifier_alone_is_found_in_the_files(tmp_path: Path) -> None:
    logical = {
        **allergy("a1", "", "Latex"),
        "patient": {"type": "Patient", "identifier": {"system": NHS, "value": "1"}},
    }
    server = Server()
    chosen, _ = server.load(bundle(tmp_path / "1.json", (UUIDS[1], person(nhs="1")), (UUIDS[2], logical)))
    assert chosen.about == {"Patient/p1": 1}
    assert server.allergies() == {"First": ["Latex"]}


def test_files_of_one_folder_refer_to_each_other_and_those_of_two_do_not(tmp_path: Path) -> None:
    for folder, family, born, text in (("r4", "First", "1940", "Penicillin"), ("core", "Second", "1950", "Latex")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "Patient-p1.json").write_bytes(orjson.dumps(person(family=family, born=born)))
        row = orjson.dumps(allergy("a1", "Patient/p1", text))
        (tmp_path / folder / "AllergyIntolerance-a1.json").write_bytes(row)
    server = Server()
    server.load(tmp_path / "r4", tmp_path / "core")
    assert server.allergies() == {"First": ["Penicillin"], "Second": ["Latex"]}
