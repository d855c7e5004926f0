"""`python -m dashboard.evaluation`: what it writes, and the sentences where it cannot."""

import csv
import gzip
import json
from pathlib import Path

import orjson
import pytest

from dashboard.domain.pilot.pseudonyms import pseudonym
from dashboard.errors import OperatorError
from dashboard.evaluation.__main__ import main
from dashboard.evaluation.ndjson_files import NdjsonFolder
from tests.unit.evaluation import study_records as make
from tests.unit.evaluation.study_records import Json

KEY = "k" * 40


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DASHBOARD_AS_OF", "2026-11-23")
    monkeypatch.setenv("DASHBOARD_PSEUDONYM_KEY", KEY)
    monkeypatch.chdir(tmp_path)


def a_study(people: int = 30) -> list[Json]:
    """Thirty people, of whom each third is in the comparison arm, with HbA1c before and half a year after."""
    rows: list[Json] = [make.STUDY, *make.SITES]
    for number in range(people):
        ident = f"qzx{number:02d}"
        enrolled = make.TODAY.replace(year=2025, month=9, day=1 + number % 28)
        arm = "intervention" if number % 3 else "comparison"
        rows += [
            make.subject(ident, enrolled, arm=arm, site=f"s{1 + number % 2}"), make.person(ident),
            make.observation(f"{ident}-o1", ident, "4548-4", str(enrolled), 8.0, "%"),
            make.condition(f"{ident}-c1", ident, "T2DM"), make.condition(f"{ident}-c2", ident, "CKD"),
        ]  # fmt: skip
        if number < 24:
            later = str(enrolled.replace(year=2026, month=3))
            rows.append(make.observation(f"{ident}-o2", ident, "59261-8", later, 54, "mmol/mol"))
    return rows


def written(folder: Path, rows: list[Json], packed: bool = False) -> Path:
    """NDJSON files of the rows, one a type."""
    folder.mkdir()
    by_type: dict[str, list[bytes]] = {}
    for row in rows:
        by_type.setdefault(row["resourceType"], []).append(orjson.dumps(row) + b"\n")
    for name, lines in by_type.items():
        content = b"".join(lines)
        path = folder / (f"{name}.000.ndjson.gz" if packed else f"{name}.ndjson")
        path.write_bytes(gzip.compress(content) if packed else content)
    return folder


def lines_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_the_files_of_an_evaluation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export = written(tmp_path / "export", a_study())
    assert main(["--ndjson", str(export), "--output", str(tmp_path / "out")]) == 0
    assert "30 people are enrolled and have not withdrawn." in capsys.readouterr().out
    out = tmp_path / "out"
    patients, summary = lines_of(out / "patients.csv"), lines_of(out / "summary.csv")
    assert {row["pseudonym"] for row in patients} == {pseudonym(KEY, f"qzx{n:02d}") for n in range(30)}
    assert len(patients) == 30 * (4 * 3 + 3 * 2 + 2 * 3 + 2)
    first = next(row for row in patients if row["measure"] == "hba1c" and row["period"] == "before")
    assert (first["value"], first["unit"], first["conditions"]) == ("64.0", "mmol/mol", "T2DM+CKD")
    whole = next(row for row in summary if (row["measure"], row["period"], row["stratum_kind"], row["arm"]) == (
        "hba1c", "6 months", "all", "intervention"))  # fmt: skip
    assert (whole["people"], whole["mean_before"], whole["mean_after"]) == ("20", "64.0", "54.0")
    assert whole["change"] == "-10.0"
    assert whole["n"] == whole["missing"] == "" and whole["note"] == "held back"  # four are missing
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["engine"].startswith("local") and manifest["measures"]["hba1c"]
    assert manifest["last_day"] == "2026-09-30" and set(manifest["files"]) == {
        "patients.csv", "summary.csv", "measures.csv", "data-dictionary.csv"
    }  # fmt: skip


def test_every_column_is_in_the_dictionary(tmp_path: Path) -> None:
    export = written(tmp_path / "export", a_study(6))
    assert main(["--ndjson", str(export), "--output", str(tmp_path / "out")]) == 0
    known = {(row["file"], row["column"]) for row in lines_of(tmp_path / "out" / "data-dictionary.csv")}
    for name in ("patients.csv", "summary.csv", "measures.csv"):
        heading = (tmp_path / "out" / name).read_text(encoding="utf-8").splitlines()[0].split(",")
        assert {(name, column) for column in heading} == {each for each in known if each[0] == name}


def test_no_name_identifier_birth_date_or_id_of_a_patient_is_in_any_byte(tmp_path: Path) -> None:
    export = written(tmp_path / "export", a_study())
    assert main(["--ndjson", str(export), "--output", str(tmp_path / "out")]) == 0
    for path in (tmp_path / "out").iterdir():
        content = path.read_text(encoding="utf-8").casefold()
        assert "qzx" not in content and "1950-03-07" not in content, path.name


def test_a_packed_export_gives_the_same(tmp_path: Path) -> None:
    for packed, name in ((False, "one"), (True, "other")):
        export = written(tmp_path / f"export-{name}", a_study(), packed)
        assert main(["--ndjson", str(export), "--output", str(tmp_path / name)]) == 0
    for name in ("patients.csv", "summary.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_without_a_key_the_pseudonyms_are_of_this_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DASHBOARD_PSEUDONYM_KEY")
    odd = make.observation("o9", "qzx01", "4548-4", "2025-09-01", 7.0, "furlong")
    undated = make.subject("qzx77", make.TODAY, extension=[])
    export = written(tmp_path / "export", [*a_study(6), odd, undated])
    assert main(["--ndjson", str(export), "--output", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "set DASHBOARD_PSEUDONYM_KEY" in said
    assert "1 records could not be read" in said and "1 people were enrolled on a day that is not on record" in said
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert "not kept" in manifest["pseudonyms"]


def test_a_site_whose_name_is_a_formula_stays_a_name(tmp_path: Path) -> None:
    rows = [row for row in a_study() if row["resourceType"] != "Organization"]
    named = [each | {"name": "=HYPERLINK(1)"} for each in make.SITES]
    export = written(tmp_path / "export", [*rows, *named])
    assert main(["--ndjson", str(export), "--output", str(tmp_path / "out")]) == 0
    assert {row["site"] for row in lines_of(tmp_path / "out" / "patients.csv")} == {"'=HYPERLINK(1)"}


@pytest.mark.parametrize(
    ("study", "says"),
    [
        ([], "No ResearchStudy is there"),
        ([make.STUDY, make.STUDY | {"id": "other"}], "2 studies"),
    ],
)
def test_which_study_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], study: list[Json], says: str) -> None:
    rows = [*(row for row in a_study(6) if row["resourceType"] != "ResearchStudy"), *study]
    export = written(tmp_path / "export", rows)
    assert main(["--ndjson", str(export), "--output", str(tmp_path / "out")]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_read_or_written_gets_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def says(*options: str) -> str:
        assert main([*options]) == 2
        return capsys.readouterr().err

    out = ("--output", str(tmp_path / "out"))
    assert "There is no folder" in says("--ndjson", str(tmp_path / "none"), *out)
    (tmp_path / "empty").mkdir()
    assert "ends in .ndjson" in says("--ndjson", str(tmp_path / "empty"), *out)
    export = written(tmp_path / "export", a_study(6))
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert "cannot be written" in says("--ndjson", str(export), "--output", str(tmp_path / "file"))
    assert "no study with that id" in says("--ndjson", str(export), *out, "--study", "other")
    with (export / "Observation.ndjson").open("ab") as file:
        file.write(b"\n{oh\n")
    assert "Observation.ndjson, line 14: this is no JSON." in says("--ndjson", str(export), *out)


def test_lines_about_others_are_not_parsed_and_nothing_else_is_left_out(tmp_path: Path) -> None:
    lines = [
        b'{"id": "1", "subject": {"reference": "Patient/p1"}}\n',
        b'{"id": "2", "subject": {"reference": "Patient/p2"}}\n',
        b'{"id": "3", "subject": {"reference": "Patient\\/p1"}}\n',
        b'{"id": "4", "performer": {"reference": "Patient/p9"}, "subject": {"reference": "Patient/p1"}}\n',
        b"\n",
        b'{"id": "5", "subject": {"reference": "Patient/p1"}}',
    ]
    (tmp_path / "Observation.ndjson").write_bytes(b"".join(lines))
    folder = NdjsonFolder(tmp_path)
    assert [each["id"] for each in folder.resources("Observation", {"p1"})] == ["1", "3", "4", "5"]
    assert len(list(folder.resources("Observation"))) == 5


def test_the_type_is_in_the_name_of_a_file(tmp_path: Path) -> None:
    for name in ("Patient.ndjson", "1.Observation.ndjson", "Goal.0001.ndjson", "Task-2.ndjson", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    assert set(NdjsonFolder(tmp_path).files) == {"Patient", "Observation", "Goal", "Task"}
    (tmp_path / "export.ndjson").write_bytes(b"")
    with pytest.raises(OperatorError, match=r"export.ndjson does not say"):
        NdjsonFolder(tmp_path)
