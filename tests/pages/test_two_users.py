"""Two users of different teams by turns in one process, and in one session: nothing of the one shows to the other.

The test that tries what `test_no_cache_is_shared_between_users` looks for in the code.
"""

import re
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages import real
from tests.pages.inputs import ADMINISTRATOR

# Whom each may see of p1 (Aldous), p2 (Ibáñez), p3 (Svensson) and p4, and no other.
MAY_SEE = {
    "gp": {"ALDOUS", "SVENSSON", "IBÁÑEZ-GOÑI"},
    "nurse": {"SVENSSON", real.FOREIGN.upper()},
    ADMINISTRATOR: set(),
}
LABELS = {
    "gp": "Dr Jane Okafor, general practitioner, Castle Practice",
    "nurse": "Ms Anna Lind, general practitioner, Castle Practice",
    ADMINISTRATOR: "Demo administrator",
}
EVERYBODY = set.union(*MAY_SEE.values())
TURNS = ("gp", "nurse", "gp", ADMINISTRATOR, "nurse", "gp", ADMINISTRATOR, "gp", "nurse")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("two")
    with real.loaded_server(folder) as server, real.pages_on(server.base_url, folder):
        yield


def names(at: AppTest) -> set[str]:
    """Whose names are on the page, however the panel's JSON writes their letters."""
    assert not at.exception, at.exception
    sent = real.everything(at).decode(errors="replace")
    text = (sent + re.sub(r"\\u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), sent)).upper()
    return {name for name in EVERYBODY if name in text}


@pytest.mark.slow
def test_sessions_of_several_users_by_turns(pages: None) -> None:
    open_pages = {who: real.app("audit" if who == ADMINISTRATOR else "", who) for who in MAY_SEE}
    for who in TURNS:
        assert names(open_pages[who].run()) == MAY_SEE[who], who


@pytest.mark.slow
@pytest.mark.parametrize(("patient", "whose"), [("p1", "gp"), ("p4", "nurse")])
def test_a_patient_opened_by_the_one_stays_closed_to_the_other(pages: None, patient: str, whose: str) -> None:
    mine = real.app("patient", whose, id=patient)
    other = real.app("patient", "nurse" if whose == "gp" else "gp", id=patient)
    for _ in range(3):
        assert len(names(mine.run())) == 1
        assert names(other.run()) == set()


def test_one_session_that_becomes_another_user(pages: None) -> None:
    at = real.app().run()
    for who in TURNS[1:]:
        assert names(real.send(at, "user_choice", LABELS[who])) == MAY_SEE[who], who
