"""The tables [auth] and [roles]: what works is read, what cannot is told at the start by its key, never its value."""

from pathlib import Path
from typing import Any

import pytest

from dashboard.domain.access.permissions import Role
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import UserFacingError
from dashboard.settings import Settings, load_settings, require_way_in
from dashboard.sign_in_settings import SignIn, read_sign_in
from tests.unit.house.source import ROOT

NOWHERE = Path("/nonexistent/secrets.toml")
WARWICK = {
    "label": "South Warwickshire",
    "client_id": "c3",
    "client_secret": "hush",
    "server_metadata_url": "https://login.example.org/.well-known/openid-configuration",
}
GOOD: dict[str, Any] = {
    "auth": {"redirect_uri": "https://c3.example.org/oauth2callback", "warwick": WARWICK, "basque": WARWICK},
    "roles": {
        "roles": "realm_access.roles",
        "values": {"gp": "clinician"},
        "fhir_users": ["Organization/trust", "Practitioner/locum-7"],
        "basque": {"fhir_user": "fhir", "fhir_users": ["Organization/osi"], "values": {"medikua": "clinician"}},
    },
}
TOML = """
[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
[auth.warwick]
client_id = "c3"
client_secret = "hush"
server_metadata_url = "http://localhost:9400/.well-known/openid-configuration"
"""


def changed(table: str, key: str, value: object) -> dict[str, Any]:
    """GOOD with one key of a table (`auth.warwick`) set, or taken away for None."""
    made = {"auth": {**GOOD["auth"], "warwick": dict(WARWICK)}, "roles": dict(GOOD["roles"])}
    place: Any = made
    for part in filter(None, table.split(".")):
        place = place[part]
    place.pop(key, None)
    if value is not None:
        place[key] = value
    return made


def good() -> SignIn:
    found = read_sign_in(GOOD)
    assert found
    return found


def test_without_the_table_nobody_signs_in() -> None:
    assert read_sign_in({}) is None


def test_several_providers_each_with_its_claims() -> None:
    sign_in = good()
    warwick, basque = sign_in.providers
    assert (warwick.name, warwick.label) == ("warwick", "South Warwickshire")
    assert warwick.claims.roles == basque.claims.roles == "realm_access.roles"
    assert (warwick.claims.fhir_user, basque.claims.fhir_user) == ("fhirUser", "fhir")
    assert basque.claims.values == {"medikua": Role.CLINICIAN}, "one region's provider gives no other's roles"
    assert sign_in.origin == "https://c3.example.org"
    assert sign_in.provider("nobody") is None


def test_streamlit_gets_pkce_and_tokens_only_where_they_are_used() -> None:
    for expose in (True, False):
        table = good().streamlit(expose_access_token=expose)
        assert table["expose_tokens"] == (["access"] if expose else [])
        assert table["warwick"]["client_kwargs"]["code_challenge_method"] == "S256"
        assert "label" not in table["warwick"]


def test_the_cookie_secret_is_fresh_unless_it_is_given() -> None:
    assert len(good().cookie_secret) >= 32
    assert good().cookie_secret != good().cookie_secret
    given = read_sign_in(changed("auth", "cookie_secret", "x" * 32))
    assert given
    assert given.cookie_secret == "x" * 32


def test_no_secret_is_in_a_printed_setting() -> None:
    printed = repr(read_sign_in(changed("auth", "cookie_secret", "hush" * 8)))
    assert "hush" not in printed


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("", "auth", "hush"),
        ("", "auth", {}),
        ("", "roles", "hush"),
        ("auth", "redirect_uri", None),
        ("auth", "redirect_uri", "http://c3.example.org/oauth2callback"),
        ("auth", "redirect_uri", "https://c3.example.org/"),
        ("auth", "redirect_uri", "https://c3.example.org/sub/oauth2callback"),
        ("auth", "cookie_secret", "hush"),
        ("auth", "client_id", "hush"),
        ("auth", "My_Provider", WARWICK),
        ("auth.warwick", "client_id", None),
        ("auth.warwick", "client_secret", ""),
        ("auth.warwick", "server_metadata_url", "login.example.org"),
        ("auth.warwick", "server_metadata_url", "http://login.example.org/x"),
        ("auth.warwick", "clientid", "hush"),
        ("auth.warwick", "client_kwargs", {"scope": "email hush"}),
        ("auth.warwick", "authorize_params", {"claims": 7}),
        ("roles", "roles", 7),
        ("roles", "values", {}),
        ("roles", "values", {"gp": "hush"}),
        ("roles", "warwick", "hush"),
        ("roles", "fhir_users", "hush"),
        ("roles", "fhir_users", []),
        ("roles", "fhir_users", ["hush"]),
        ("roles", "fhir_users", [7]),
        ("roles", "fhir_users", ["Group/hush"]),
        ("roles", "fhir_users", ["https://hush.example/Organization/trust"]),
        ("roles", "fhir_users", None),
    ],
)
def test_what_cannot_work_is_named_and_not_repeated(table: str, key: str, value: object) -> None:
    with pytest.raises(UserFacingError) as problem:
        read_sign_in(changed(table, key, value))
    assert "hush" not in str(problem.value)
    assert str(problem.value).endswith(".")


def test_the_environment_may_give_the_tables(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text(TOML.replace("warwick", "other"))
    settings = load_settings({"DASHBOARD_SIGN_IN": TOML, "DASHBOARD_IDLE_MINUTES": "5"}, file)
    assert settings.sign_in
    assert [each.name for each in settings.sign_in.providers] == ["warwick"]
    assert settings.idle_seconds == 300
    assert settings.session_seconds == 12 * 3600
    from_file = load_settings({}, file).sign_in
    assert from_file
    assert [each.name for each in from_file.providers] == ["other"]
    with pytest.raises(UserFacingError, match="DASHBOARD_SIGN_IN"):
        load_settings({"DASHBOARD_SIGN_IN": "[auth"}, file)


def test_the_example_shows_a_sign_in_that_works() -> None:
    text = (ROOT / ".streamlit" / "secrets.toml.example").read_text(encoding="utf-8")
    tables = text[text.index("# [auth]") :]
    uncommented = "\n".join(line.removeprefix("# ") for line in tables.splitlines() if line.startswith("# "))
    settings = load_settings({"DASHBOARD_SIGN_IN": uncommented}, NOWHERE)
    assert settings.sign_in
    assert len(settings.sign_in.providers) == 2


def test_whose_token_goes_to_the_fhir_server(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("hush")
    client = {"FHIR_CLIENT_ID": "c3", "FHIR_CLIENT_KEY_FILE": str(key)}
    for given, mode in [
        ({}, ""),
        ({"FHIR_TOKEN": "t"}, "token"),
        (client, "client"),
        ({**client, "FHIR_TOKEN": "t"}, "client"),
        ({"FHIR_AUTHORISATION": "user", "DASHBOARD_SIGN_IN": TOML}, "user"),
    ]:
        assert load_settings(given, NOWHERE).fhir_authorisation == mode
    assert "hush" not in repr(load_settings(client, NOWHERE))


@pytest.mark.parametrize(
    "given",
    [
        {"FHIR_AUTHORISATION": "everybody"},
        {"FHIR_AUTHORISATION": "user"},
        {"FHIR_AUTHORISATION": "client"},
        {"FHIR_AUTHORISATION": "token"},
        {"FHIR_CLIENT_ID": "c3"},
        {"FHIR_CLIENT_ID": "c3", "FHIR_CLIENT_KEY_FILE": "/nonexistent/hush.pem"},
        {"DASHBOARD_IDLE_MINUTES": "0"},
        {"DASHBOARD_SESSION_HOURS": "-1"},
    ],
)
def test_a_token_that_cannot_be_obtained_stops_the_start(given: dict[str, str]) -> None:
    with pytest.raises(UserFacingError) as problem:
        load_settings(given, NOWHERE)
    assert "hush" not in str(problem.value)


def settings(url: str, sign_in: str = "") -> Settings:
    return load_settings({"FHIR_BASE_URL": url, "DASHBOARD_SIGN_IN": sign_in}, NOWHERE)


@pytest.mark.parametrize(
    ("url", "listens_at", "may"),
    [
        ("http://127.0.0.1:8090/fhir", "127.0.0.1", True),
        ("http://localhost:8090/fhir", "localhost", True),
        ("", "127.0.0.1", True),
        ("https://fhir.example.org/r4", "127.0.0.1", False),
        ("http://127.0.0.1:8090/fhir", "0.0.0.0", False),
        ("http://127.0.0.1:8090/fhir", "", False),
        ("http://127.0.0.1:8090/fhir", None, False),
    ],
)
def test_without_sign_in_everything_is_on_this_machine_or_nothing_starts(
    url: str, listens_at: str | None, may: bool
) -> None:
    if may:
        require_way_in(settings(url), listens_at)
    else:
        with pytest.raises(UserFacingError, match=r"\[auth\]"):
            require_way_in(settings(url), listens_at)
    require_way_in(settings(url, TOML), listens_at)


def test_the_server_of_the_command_line_counts() -> None:
    with pytest.raises(UserFacingError):
        require_way_in(settings(""), "127.0.0.1", "https://fhir.example.org/r4")


def test_whom_a_provider_may_name_is_its_own_or_everybodys_bound() -> None:
    warwick, basque = good().providers
    assert warwick.claims.people == {Reference("Practitioner", "locum-7")}
    assert warwick.claims.organisations == {Reference("Organization", "trust")}
    assert (basque.claims.people, basque.claims.organisations) == (frozenset(), {Reference("Organization", "osi")})


def test_anybody_has_to_be_said_where_there_are_several_providers_and_not_where_there_is_one() -> None:
    several = read_sign_in(changed("roles", "fhir_users", "any"))
    assert several and several.providers[0].claims.people is None
    tables = changed("roles", "fhir_users", None)
    del tables["auth"]["basque"]
    alone = read_sign_in(tables)
    assert alone and alone.providers[0].claims.people is None
