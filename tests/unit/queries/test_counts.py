"""Pilot managers see counts and no identities: no result or file has data that only few patients share."""

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
from dashboard.ui.pilot.care_words import areas_cells, pilot_excel, rows_cells
from dashboard.ui.shared.spreadsheet import csv_file
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_of_the_pilot import KEY, MANAGER, MARK, named, pilot_records, records, texts

T = load_terminology()
AS_OF = make.AS_OF


def counts_of(server: FakeFhirServer, key: str = KEY) -> PilotCounts:
    return get_counts(server, MANAGER, T, key, AS_OF)


def area(found: PilotCounts, name: str) -> AreaCounts:
    return next(each for each in found.areas if each.name == name)


def test_patients_are_counted_by_region_site_and_condition() -> None:
    found = counts_of(FakeFhirServer(pilot_records(("s1", 40), ("s2", 30), ("n1", 30))))
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
def test_no_patient_is_named_in_results_files_or_memory(knows_elements: bool) -> None:
    """This also holds where the server sends complete records although only four elements were requested."""
    server = FakeFhirServer(pilot_records(("s1", 23), ("s2", 3), ("n1", 9)))
    server.knows_elements = knows_elements
    found = counts_of(server)
    files = [
        csv_file(areas_cells(found)),
        csv_file(rows_cells(found)),
        *(str(row) for sheet in openpyxl.load_workbook(io.BytesIO(pilot_excel(found, UTC))) for row in sheet.values),
    ]
    assert named([found, files, repr(found), TEAM_CACHE, SUMMARY_CACHE]) == []
    assert len(found.rows) == 35
    assert named(pilot_records(("s1", 1)))  # the check finds marks where there are some


def test_names_are_not_requested() -> None:
    server = FakeFhirServer(pilot_records(("s1", 6)))
    counts_of(server)
    for request in server.asked:
        elements = dict(request.params).get("_elements", "")
        assert elements or request.type == "Organization", request
        assert not {"name", "identifier", "telecom", "address", "participant"} & set(elements.split(","))
        assert not {"CareTeam:patient", "CareTeam:participant"} & set(request.include)


def test_small_counts_are_suppressed() -> None:
    found = counts_of(FakeFhirServer(pilot_records(("s1", 40), ("s2", 30), ("s3", 3), ("n1", 30))))
    assert area(found, "Site s3").patients == FEW
    assert area(found, "Site s2").patients.value is None  # 73 - 40 - 30 = 3
    assert all(count == WITHHELD for _, count in area(found, "Site s3").conditions)
    assert {row.site for row in found.rows} <= {"", "Site s1", "Site n1"}


def test_every_open_row_is_equal_to_at_least_four_others() -> None:
    found = counts_of(FakeFhirServer(pilot_records(("s1", 120), ("s2", 33), ("s3", 3), ("n1", 100))))
    alike = Counter(replace(row, pseudonym="") for row in found.rows)
    open_rows = {row: count for row, count in alike.items() if texts_of(row)}
    assert min(open_rows.values()) >= FEWEST
    assert {row.site for row in found.rows} > {""} and any(row.conditions is not None for row in found.rows)


def texts_of(row: object) -> list[str]:
    return [each for each in texts(row) if each]


def test_a_pilot_of_fewer_than_five_patients_has_no_rows() -> None:
    found = counts_of(FakeFhirServer(pilot_records(("s1", 4))))
    assert found.rows == () and found.areas[0].patients == FEW
    assert counts_of(FakeFhirServer()).areas[0].patients == FEW


def test_patients_who_withdrew_consent_are_counted_only_as_such() -> None:
    rows = pilot_records(("s1", 30))
    taken = [{**row, "status": "inactive"} for row in rows if row["resourceType"] == "Consent"][:6]
    found = counts_of(FakeFhirServer([*rows, *taken]))
    assert (found.areas[0].patients, found.withdrawn, len(found.rows)) == (Count(24), Count(6), 24)
    one = counts_of(FakeFhirServer([*rows, taken[0]]))
    assert (one.areas[0].patients, one.withdrawn) == (Count(29), FEW)


def test_a_consent_that_cannot_be_read_counts_as_withdrawn() -> None:
    rows = pilot_records(("s1", 30))
    consent = next(row for row in rows if row["resourceType"] == "Consent")
    found = counts_of(FakeFhirServer([*rows, {**consent, "provision": {"type": "?"}}]))
    assert found.areas[0].patients == Count(29)


def test_only_patients_with_an_active_team_are_counted() -> None:
    rows = pilot_records(("s1", 20))
    teams = [row for row in rows if row["resourceType"] == "CareTeam"]
    ended = {**teams[0], "period": {"end": "2026-11-19"}}
    inactive = {**teams[1], "status": "inactive"}
    assert counts_of(FakeFhirServer([*rows, ended, inactive])).areas[0].patients == Count(18)


def test_a_consent_against_an_organisation_excludes_its_own_managers() -> None:
    rows = pilot_records(("s1", 20))
    consent = next(row for row in rows if row["resourceType"] == "Consent")
    rule = {"type": "permit", "provision": [make.naming("deny", "Organization/region-s")]}
    server = FakeFhirServer([*rows, {**consent, "provision": rule}])
    assert counts_of(server).areas[0].patients == Count(20)
    theirs = replace(MANAGER, organizations=(make.Reference("Organization", "region-s"),))
    assert get_counts(server, theirs, T, KEY, AS_OF).areas[0].patients == Count(19)


@pytest.mark.parametrize("kind", ["CareTeam", "Patient", "Condition", "Consent", "Organization"])
def test_a_failed_search_gives_no_count(kind: str) -> None:
    for error in (
        ServerUnavailable("server-timeout", reference="r1"),
        ServerRefused("search-refused", what="Patient", status=400, reference="r1"),
    ):
        server = FakeFhirServer(pilot_records(("s1", 20)))
        server.failing = {kind: error}
        with pytest.raises(DashboardError, match=r"search-refused|server-timeout"):
            counts_of(server)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PILOT_MANAGER])
def test_other_roles_are_refused_without_a_request(role: Role, trail: Trail) -> None:
    server = FakeFhirServer(pilot_records(("s1", 20)))
    who = replace(MANAGER, roles=(role,))
    with pytest.raises(NotPermitted, match="counts-not-permitted"):
        get_counts(server, who, T, KEY, AS_OF)
    with pytest.raises(NotPermitted, match="counts-not-permitted"):
        export_counts(server, who, T, KEY, "counts.csv", lambda found: b"", at=AS_OF)
    assert server.asked == [] and {record.outcome for record in trail.records} == {AuditOutcome.REFUSED}


def test_counting_and_exporting_are_audited_without_patients(trail: Trail) -> None:
    server = FakeFhirServer(pilot_records(("s1", 20)))
    with viewing_session("page 1"):
        counts_of(server)
        counts_of(server)
    assert export_counts(server, MANAGER, T, KEY, "counts.csv", lambda found: b"x", at=AS_OF) == b"x"
    assert [(record.kind, record.what) for record in trail.records] == [
        (AuditKind.QUERY, "get_counts"), (AuditKind.EXPORT, "export_counts"),
    ]  # fmt: skip
    assert named(trail.records) == []
    trail.full = True
    with pytest.raises(AuditUnavailable):
        counts_of(server)


def test_a_pseudonym_is_stable_and_depends_on_the_key() -> None:
    server = FakeFhirServer(pilot_records(("s1", 20)))
    first = [row.pseudonym for row in counts_of(server).rows]
    assert first == [row.pseudonym for row in counts_of(server).rows]
    assert len(set(first)) == 20 and not set(first) & {row.pseudonym for row in counts_of(server, "j" * 32).rows}
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


def test_cached_data_of_managers_and_clinicians_are_separate() -> None:
    """Whoever read first, the manager gets no rows of the clinician, and the clinician gets all of them."""
    rows = pilot_records(("s1", 12))
    server, store = FakeFhirServer(rows), TeamCache()
    gp, scope = make.user("gp"), make.scope("gp")
    before = set(get_worklist(server, gp, scope, T, AS_OF, team_cache=store).rows["patient_id"])
    assert len(before) == 12
    assert named(counts_of(server)) == []
    server.put({**records(1, "s1")[2], "status": "inactive"})
    assert counts_of(server).areas[0].patients == Count(11)
    assert set(get_worklist(server, gp, scope, T, AS_OF, True, store).rows["patient_id"]) < before


def test_no_cell_of_an_exported_file_is_a_formula() -> None:
    rows = [
        {**row, "name": "=cmd|' /C calc'!A0"} if row.get("id") == "s1" else row for row in pilot_records(("s1", 12))
    ]
    made = csv_file(areas_cells(counts_of(FakeFhirServer(rows))))
    cells = [cell for line in csv.reader(io.StringIO(made.decode("utf-8-sig"))) for cell in line]
    assert any(cell.startswith("'=") for cell in cells) and not any(cell.startswith("=") for cell in cells)
