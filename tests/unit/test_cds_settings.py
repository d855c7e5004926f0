"""The table [cds]: what works is read, what cannot is told at the start by its key, never its value."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from dashboard.cds_settings import CdsSettings, read_cds
from dashboard.errors import OperatorError
from dashboard.settings import load_settings
from tests.cds import CALLER, KEY
from tests.unit.house.source import ROOT

NOWHERE = Path("/nonexistent/secrets.toml")
SERVICE = {"label": "Interactions", "url": "https://cds.example.org/base/"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "jwks.json").write_text(json.dumps(CALLER.jwks))
    (tmp_path / "key.pem").write_text("hush")
    (tmp_path / "private.json").write_text(json.dumps({"keys": [KEY.as_dict(private=True)]}))
    (tmp_path / "empty.json").write_text('{"keys": []}')
    (tmp_path / "nameless.json").write_text('{"keys": [{"kty": "EC"}]}')
    return tmp_path


def test_without_the_table_nobody_is_answered_and_nobody_asked() -> None:
    assert read_cds({}, Path()) == CdsSettings() == load_settings({}, NOWHERE).cds
    assert load_settings({"DASHBOARD_CDS": "cds = {demo = true}"}, NOWHERE).cds.demo


def test_a_whole_table_is_read_and_shows_no_secret(root: Path) -> None:
    table: dict[str, Any] = {
        "base_url": "https://c3.example.org/",
        "issuer": "https://c3.example.org",
        "key_file": "key.pem",
        "key_id": "k",
        "seconds": 2,
        "clients": {"ehr": {"issuer": "https://ehr.example.org", "jwks_file": "jwks.json"}},
        "services": {"interactions": SERVICE, "here": {"url": "http://localhost:9000"}},
    }
    found = read_cds({"cds": table}, root)
    assert (found.base_url, found.seconds, found.issuer, found.key_id) == (
        "https://c3.example.org", 2.0, "https://c3.example.org", "k",
    )  # fmt: skip
    assert found.callers[0].jwks == CALLER.jwks
    assert [(each.label, each.url) for each in found.services] == [
        ("Interactions", "https://cds.example.org/base"),
        ("here", "http://localhost:9000"),
    ]
    assert "hush" not in repr(found)
    assert KEY.as_dict(private=False)["x"] not in repr(found)


CLIENT = {"issuer": "https://ehr.example.org", "jwks_file": "jwks.json"}
URL = {"base_url": "https://c3.example.org"}


@pytest.mark.parametrize(
    ("says", "table"),
    [
        ("must be a table", 7),
        ("not known", {"secret": 1}),
        ("base_url is missing", {"clients": {"ehr": CLIENT}}),
        ("base_url", {"base_url": "ftp://c3.example.org"}),
        ("https", {"base_url": "http://c3.example.org"}),
        ("demo must be", {"demo": "yes"}),
        ("seconds", {"seconds": 0}),
        ("seconds", {"seconds": 31}),
        ("seconds", {"seconds": True}),
        ("a table for each", {"clients": {"ehr": 1}}),
        ("a table for each", {"services": []}),
        ("small letters", {"services": {"A b": SERVICE}}),
        ("not known", {"services": {"x": {**SERVICE, "token": "hush"}}}),
        ("url is missing", {"services": {"x": {}}}),
        ("url is not an address", {"services": {"x": {"url": "https://who:hush@cds.example.org"}}}),
        ("url is not an address", {"services": {"x": {"url": "https://cds.example.org/?key=hush"}}}),
        ("url is not an address", {"services": {"x": {"url": "https://[cds"}}}),
        ("https", {"services": {"x": {"url": "http://cds.example.org"}}}),
        ("more than 10", {"services": {f"x{number}": SERVICE for number in range(11)}}),
        ("cannot be read", {**URL, "clients": {"ehr": {**CLIENT, "jwks_file": "none.json"}}}),
        ("no key set", {**URL, "clients": {"ehr": {**CLIENT, "jwks_file": "key.pem"}}}),
        ("no key set", {**URL, "clients": {"ehr": {**CLIENT, "jwks_file": "empty.json"}}}),
        ("no key set", {**URL, "clients": {"ehr": {**CLIENT, "jwks_file": "nameless.json"}}}),
        ("private key", {**URL, "clients": {"ehr": {**CLIENT, "jwks_file": "private.json"}}}),
        ("same issuer", {**URL, "clients": {"ehr": CLIENT, "other": CLIENT}}),
        ("issuer is missing", {"key_file": "key.pem", "key_id": "k"}),
        ("key_id is missing", {"key_file": "key.pem", "issuer": "https://c3.example.org"}),
        ("key_file names cannot be read", {"key_file": "none.pem", "issuer": "https://c3.example.org", "key_id": "k"}),
    ],
)
def test_what_cannot_work_is_told_without_its_value(root: Path, says: str, table: Any) -> None:
    with pytest.raises(OperatorError, match=says) as told:
        read_cds({"cds": table}, root)
    assert "hush" not in str(told.value)


def test_the_demo_goes_with_no_sign_in() -> None:
    with pytest.raises(OperatorError, match="demo"):
        read_cds({"cds": {"demo": True}}, Path(), signing_in=True)
    with pytest.raises(OperatorError, match="DASHBOARD_CDS"):
        load_settings({"DASHBOARD_CDS": "[cds"}, NOWHERE)


def test_the_example_shows_a_table_that_works(root: Path) -> None:
    text = (ROOT / ".streamlit" / "secrets.toml.example").read_text(encoding="utf-8")
    lines = text[text.index("# [cds]") : text.index("# --- sign-in")].splitlines()
    for name in ("warwick-jwks.json", "cds-key.pem"):
        (root / name).write_text((root / "jwks.json").read_text())
    tables = tomllib.loads("\n".join(line.removeprefix("# ") for line in lines if line.startswith("# ")))
    found = read_cds(tables, root)
    assert (len(found.callers), len(found.services), found.key_id) == (1, 1, "c3-2026")
