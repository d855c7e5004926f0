"""Pilot managers see how many and never who: nothing of a patient but what many share is in any answer or file."""

import csv
import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, date

import openpyxl
import pytest

from dashboard.actions.export_counts import export_counts
from dashboard.audit.audited import viewing_session
from dashboard.cache.patient_cache import SUMMARY_CACHE
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.audit.record import AuditKind, AuditOutcome
from dashboard.domain.pilot.counts import AreaCounts, Level, PilotCounts, age_band
from dashboard.domain.pilot.disclosure import FEW, FEWEST, WITHHELD, Count
from dashboard.domain.pilot.pseudonyms import pseudonym
from dashboard.domain.values.datatypes import PartialDate
from dashboard.errors import AuditUnavailable, DashboardError, NotPermitted, ServerRefused, ServerUnavailable
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_counts import get_counts
from dashboard.queries.get_worklist import get_worklist
from dashboard.ui.pilot.words import areas_cells, pilot_excel, rows_cells
from dashboard.ui.shared.spreadsheet import csv_file
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_of_the_pilot import KEY, MANAGER, MARK, named, pilot_records, records, texts

T = load_terminology()
AS_OF = make.AS_OF


def asked(server: FakeFhirServer, key: str = KEY) -> PilotCounts:
    return get_counts(server, MANAGER, T, key, AS_OF)


def area(found: PilotCounts, name: str) -> AreaCounts:
    return next(each for each in found.areas if each.name == name)


def test_patients_are_counted_by_region_site_and_condition() -> None:
    found = asked(FakeFhirServer(pilot_records(("s1", 40), ("s2", 30), ("n1", 30))))
    assert [(each.level, each.name, each.patients) for each in found.areas] == [
        (Level.ALL, "", Count(100)),
        (Level.REGION, "North", Count(30)),
        (Level.SITE, "Site n1", Count(30)),
        (Level.REGION, "South", Count(70)),
        (Level.SITE, "Site s1", Count(40)),
        (Level.SITE, "Site s2", Count(30)),
    ]
    assert [count for _, count in area(found, "Site s1").conditions] == [Count(20), Count(10), Count(13), Count(8)]


@pytest.mark.parametrize("knows_elements", [True, False])
def test_nothing_names_anybody_in_answer_files_or_memory(knows_elements: bool) -> None:
    """Also where the server sends whole records although it was asked for four of their elements."""
    server = FakeFhirServer(pilot_records(("s1", 23), ("s2", 3), ("n1", 9)))
    server.knows_elements = knows_elements
    found = asked(server)
    files = [
        csv_file(areas_cells(found)),
        csv_file(rows_cells(found)),
        *(str(row) for sheet in openpyxl.load_workbook(io.BytesIO(pilot_excel(found, UTC))) for row in sheet.values),
    ]
    assert named([found, files, repr(found), TEAM_CACHE, SUMMARY_CACHE]) == []
    assert len(found.rows) == 35
    assert named(pilot_records(("s1", 1)))  # what is looked for would be found


def test_names_are_not_asked_for() -> None:
    server = FakeFhirServer(pilot_records(("s1", 6)))
    asked(server)
    for request in server.asked:
        elements = dict(request.params).get("_elements", "")
        assert elements or request.type == "Organization", request
        assert not {"name", "identifier", "telecom", "address", "participant"} & set(elements.split(","))
        assert not {"CareTeam:patient", "CareTeam:participant"} & set(request.include)


def test_small_counts_are_not_told() -> None:
    found = asked(FakeFhirServer(pilot_records(("s1", 40), ("s2", 30), ("s3", 3), ("n1", 30))))
    assert area(found, "Site s3").patients == FEW
    assert area(found, "Site s2").patients.value is None  # 73 less 40 less 30 are 3
    assert all(count == WITHHELD for _, count in area(found, "Site s3").conditions)
    assert {row.site for row in found.rows} <= {"", "Site s1", "Site n1"}


def test_no_row_is_told_apart_from_fewer_than_five_others() -> None:
    found = asked(FakeFhirServer(pilot_records(("s1", 120), ("s2", 33), ("s3", 3), ("n1", 100))))
    alike = Counter(replace(row, pseudonym="") for row in found.rows)
    told = {row: count for row, count in alike.items() if texts_of(row)}
    assert min(told.values()) >= FEWEST
    assert {row.site for row in found.rows} > {""} and any(row.conditions is not None for row in found.rows)


def texts_of(row: object) -> list[str]:
    return [each for each in texts(row) if each]


def test_fewer_than_five_patients_in_all_have_no_rows() -> None:
    found = asked(FakeFhirServer(pilot_records(("s1", 4))))
    assert found.rows == () and found.areas[0].patients == FEW
    assert asked(FakeFhirServer()).areas[0].patients == FEW


def test_who_has_taken_sharing_back_is_counted_nowhere_else() -> None:
    rows = pilot_records(("s1", 30))
    taken = [{**row, "status": "inactive"} for row in rows if row["resourceType"] == "Consent"][:6]
    found = asked(FakeFhirServer([*rows, *taken]))
    assert (found.areas[0].patients, found.withdrawn, len(found.rows)) == (Count(24), Count(6), 24)
    one = asked(FakeFhirServer([*rows, taken[0]]))
    assert (one.areas[0].patients, one.withdrawn) == (Count(29), FEW)


def test_a_consent_that_cannot_be_read_counts_as_taken_back() -> None:
    rows = pilot_records(("s1", 30))
    consent = next(row for row in rows if row["resourceType"] == "Consent")
    found = asked(FakeFhirServer([*rows, {**consent, "provision": {"type": "?"}}]))
    assert found.areas[0].patients == Count(29)


def test_only_who_is_in_care_today_is_counted() -> None:
    rows = pilot_records(("s1", 20))
    teams = [row for row in rows if row["resourceType"] == "CareTeam"]
    ended = {**teams[0], "period": {"end": "2026-11-19"}}
    inactive = {**teams[1], "status": "inactive"}
    assert asked(FakeFhirServer([*rows, ended, inactive])).areas[0].patients == Count(18)


def test_an_organisation_kept_out_is_the_managers_only_where_it_is_known() -> None:
    rows = pilot_records(("s1", 20))
    consent = next(row for row in rows if row["resourceType"] == "Consent")
    rule = {"type": "permit", "provision": [make.naming("deny", "Organization/region-s")]}
    server = FakeFhirServer([*rows, {**consent, "provision": rule}])
    assert asked(server).areas[0].patients == Count(20)
    theirs = replace(MANAGER, organizations=(make.Reference("Organization", "region-s"),))
    assert get_counts(server, theirs, T, KEY, AS_OF).areas[0].patients == Count(19)


@pytest.mark.parametrize("kind", ["CareTeam", "Patient", "Condition", "Consent", "Organization"])
def test_half_of_an_answer_is_no_count(kind: str) -> None:
    for error in (
        ServerUnavailable("server-timeout", reference="r1"),
        ServerRefused("search-refused", what="Patient", status=400, reference="r1"),
    ):
        server = FakeFhirServer(pilot_records(("s1", 20)))
        server.failing = {kind: error}
        with pytest.raises(DashboardError, match=r"search-refused|server-timeout"):
            asked(server)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PILOT_MANAGER])
def test_others_are_told_who_may_and_nothing_is_asked(role: Role, trail: Trail) -> None:
    server = FakeFhirServer(pilot_records(("s1", 20)))
    who = replace(MANAGER, roles=(role,))
    with pytest.raises(NotPermitted, match="counts-not-permitted"):
        get_counts(server, who, T, KEY, AS_OF)
    with pytest.raises(NotPermitted, match="counts-not-permitted"):
        export_counts(server, who, T, KEY, "counts.csv", lambda found: b"", at=AS_OF)
    assert server.asked == [] and {record.outcome for record in trail.records} == {AuditOutcome.REFUSED}


def test_what_was_read_and_taken_is_on_record_and_names_nobody(trail: Trail) -> None:
    server = FakeFhirServer(pilot_records(("s1", 20)))
    with viewing_session("page 1"):
        asked(server)
        asked(server)
    assert export_counts(server, MANAGER, T, KEY, "counts.csv", lambda found: b"x", at=AS_OF) == b"x"
    assert [(record.kind, record.what) for record in trail.records] == [
        (AuditKind.QUERY, "get_counts"), (AuditKind.EXPORT, "export_counts"),
    ]  # fmt: skip
    assert named(trail.records) == []
    trail.full = True
    with pytest.raises(AuditUnavailable):
        asked(server)


def test_a_pseudonym_is_the_same_each_time_and_another_with_another_key() -> None:
    server = FakeFhirServer(pilot_records(("s1", 20)))
    first = [row.pseudonym for row in asked(server).rows]
    assert first == [row.pseudonym for row in asked(server).rows]
    assert len(set(first)) == 20 and not set(first) & {row.pseudonym for row in asked(server, "j" * 32).rows}
    with pytest.raises(ValueError, match="32 characters"):
        pseudonym("short", f"{MARK}0001")


def test_ten_thousand_pseudonyms_differ() -> None:
    assert len({pseudonym(KEY, f"pat-{number:05d}") for number in range(10_000)}) == 10_000


@pytest.mark.parametrize(
    ("birth", "band"),
    [
        ("1948-02-03", "75-84"),
        ("1941-11-21", "75-84"),
        ("1941-11-20", "85+"),
        ("1971", ""),
        ("1980", "0-54"),
        ("1961-06", "65-74"),
    ],
)
def test_an_age_is_a_band_of_ten_years(birth: str, band: str) -> None:
    assert age_band(PartialDate(birth), date(2026, 11, 20)) == band
    assert age_band(None, date(2026, 11, 20)) == ""


def test_a_manager_and_a_clinician_of_one_process_do_not_meet() -> None:
    """Whoever asked before: the clinician's rows are in no answer to the manager, nor hidden from the clinician."""
    rows = pilot_records(("s1", 12))
    server, store = FakeFhirServer(rows), TeamCache()
    gp, scope = make.user("gp"), make.scope("gp")
    before = set(get_worklist(server, gp, scope, T, AS_OF, team_cache=store).rows["patient_id"])
    assert len(before) == 12
    assert named(asked(server)) == []
    server.put({**records(1, "s1")[2], "status": "inactive"})
    assert asked(server).areas[0].patients == Count(11)
    assert set(get_worklist(server, gp, scope, T, AS_OF, True, store).rows["patient_id"]) < before


def test_what_came_in_a_file_runs_no_formula() -> None:
    rows = [
        {**row, "name": "=cmd|' /C calc'!A0"} if row.get("id") == "s1" else row for row in pilot_records(("s1", 12))
    ]
    made = csv_file(areas_cells(asked(FakeFhirServer(rows))))
    cells = [cell for line in csv.reader(io.StringIO(made.decode("utf-8-sig"))) for cell in line]
    assert any(cell.startswith("'=") for cell in cells) and not any(cell.startswith("=") for cell in cells)
