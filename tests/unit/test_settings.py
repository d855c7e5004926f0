"""Settings: the environment wins over the secrets file, and what cannot be used is named without its value."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.errors import UserFacingError
from dashboard.settings import ROOT, SETTINGS, Settings, load_settings

NOWHERE = Path("/nonexistent/secrets.toml")


def test_without_anything_set_the_defaults_hold() -> None:
    settings = load_settings({}, NOWHERE)
    assert settings.fhir_base_url == ""
    assert settings.fhir_timeout == (3.0, 30.0)
    assert settings.data_dir == ROOT / ".data"
    assert settings.as_of is None


def test_the_environment_wins_over_the_secrets_file(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text('FHIR_TOKEN = "from-file"\nFHIR_BASE_URL = "https://fhir.example.org/r4/"\nFHIR_WORKERS = 3\n')
    settings = load_settings({"FHIR_TOKEN": "from-environment", "FHIR_WORKERS": ""}, file)
    assert settings.fhir_token == "from-environment"
    assert settings.fhir_base_url == "https://fhir.example.org/r4"
    assert settings.fhir_workers == 3


def test_a_screen_is_shared_where_the_place_says_so_in_words() -> None:
    assert not load_settings({}, NOWHERE).shared_screen
    assert load_settings({"DASHBOARD_SHARED_SCREEN": "yes"}, NOWHERE).shared_screen
    for said in ("true", "1", "Yes please"):
        with pytest.raises(UserFacingError, match="DASHBOARD_SHARED_SCREEN must be yes or no"):
            load_settings({"DASHBOARD_SHARED_SCREEN": said}, NOWHERE)


def test_a_secret_is_not_in_the_printed_settings() -> None:
    assert "hush" not in repr(load_settings({"FHIR_TOKEN": "hush"}, NOWHERE))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("2026-11-23T08:30:00Z", datetime(2026, 11, 23, 8, 30, tzinfo=UTC)),
    ],
)
def test_the_date_of_view(text: str, moment: datetime) -> None:
    assert load_settings({"DASHBOARD_AS_OF": text}, NOWHERE).as_of == moment


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FHIR_BASE_URL", "fhir.example.org"),
        ("FHIR_BASE_URL", "ftp://fhir.example.org"),
        ("FHIR_BASE_URL", "http://[broken"),
        ("FHIR_BASE_URL", "https://user:hush@fhir.example.org"),
        ("FHIR_CONNECT_SECONDS", "0"),
        ("FHIR_READ_SECONDS", "nan"),
        ("FHIR_WORKERS", "many"),
        ("DASHBOARD_AS_OF", "23.11.2026"),
        ("DASHBOARD_AS_OF", "2026-11-23T08:30:00"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(UserFacingError) as problem:
        load_settings({name: value}, NOWHERE)
    assert name in str(problem.value)
    assert "hush" not in str(problem.value)


def test_a_broken_secrets_file_is_named_and_not_quoted(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text("FHIR_TOKEN = hush")
    with pytest.raises(UserFacingError) as problem:
        load_settings({}, file)
    assert str(file) in str(problem.value)
    assert "hush" not in str(problem.value)


def test_every_field_has_a_setting_and_every_setting_a_meaning() -> None:
    # The two time-outs are one field, and so are the five of our own client; the pseudonym key is two.
    assert len(Settings.__slots__) == len(SETTINGS) - 1 - 4 + 1
    assert all(meaning.endswith(".") for _, meaning in SETTINGS.values())


@pytest.mark.parametrize(
    ("given", "zone"),
    [
        ({"DASHBOARD_TIME_ZONE": "Europe/Stockholm", "DASHBOARD_LANGUAGE": "eu"}, "Europe/Stockholm"),
        ({"DASHBOARD_LANGUAGE": "eu"}, "Europe/Madrid"),
        ({"DASHBOARD_LANGUAGE": "sv"}, "Europe/Stockholm"),
        ({}, "Europe/London"),
    ],
)
def test_the_zone_of_the_sites_is_a_setting_with_a_default_for_each_region(given: dict[str, str], zone: str) -> None:
    assert str(load_settings(given, NOWHERE).time_zone) == zone


@pytest.mark.parametrize("zone", ["Europe/Bilbao", "+01:00", "../etc/passwd", "CEST please"])
def test_a_zone_that_is_none_is_refused_with_an_example(zone: str) -> None:
    with pytest.raises(UserFacingError, match=r"DASHBOARD_TIME_ZONE .* such as Europe/Madrid"):
        load_settings({"DASHBOARD_TIME_ZONE": zone}, NOWHERE)
