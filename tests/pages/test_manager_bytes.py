"""No name, identifier or birth date of anybody in the demo is in a byte that a pilot manager receives.

Every page is opened as a pilot manager, those of a manager with whatever their addresses take, every file is made, and
all of it is searched for everybody.
"""

import html
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from dashboard.demo.cohort import SEED, foundation, patient_record
from dashboard.paper.document import Document, Paragraph, Sheet, Words
from dashboard.paper.pdf import pdf_file
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.session import downloads
from tests.identities import Identities, identities
from tests.pages import inputs, samples
from tests.pages.conftest import shown
from tests.pages.whole import Open, held, whole
from tests.unit.people_of_the_pilot import KEY, MANAGER

PATIENTS = 120
Json = dict[str, Any]
EXCEPTED = {
    "whitfield": "a clinician of that name is among the users whom the demo's top bar offers",
    "bilbao": "the site OSI Bilbao-Basurto",
    "mark": "a word of the style sheet, and an element of HTML",
}
"""Parts of names that identify nobody, because the page says them of something else."""

# Tracing the lines that decide what may be shown would take most of its time; their own tests run them all.
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]


@pytest.fixture(scope="module")
def rows() -> list[Json]:
    day = samples.AS_OF.date()
    records = (patient_record(index, SEED, day, day.toordinal() - 365) for index in range(PATIENTS))
    return [*foundation(PATIENTS, day), *(row for record in records for row in record)]


@pytest.fixture(scope="module")
def everybody(rows: list[Json]) -> Identities:
    found = identities(rows, EXCEPTED)
    found = replace(found, strings={**found.strings, KEY: "the key of the pseudonyms"})
    assert len(found.words) > 80 and len(found.strings) > 8 * PATIENTS
    return found


@dataclass
class Received:
    """What a manager's browser was sent: pages with their addresses, and files."""

    texts: dict[str, list[str | bytes]] = field(default_factory=dict)
    files: dict[str, Callable[[], bytes]] = field(default_factory=dict)

    def found(self, of: Identities) -> dict[str, set[str]]:
        """Where something of somebody is."""
        looked_at = {text: of.found_in(text) for text in {text for texts in self.texts.values() for text in texts}}
        places = {where: {word for text in texts for word in looked_at[text]} for where, texts in self.texts.items()}
        places |= {name: of.found_in(make()) for name, make in self.files.items()}
        return {where: words for where, words in places.items() if words}


def receive(app: AppTest, received: Received, where: str) -> None:
    """Everything of a page that has just run."""
    assert not app.exception, (where, app.exception)
    elements = [element.proto.SerializeToString() for element in _elements(app)]
    received.texts[where] = [shown(app), *(str(each) for each in held(app)), *elements]
    offered = len(app.get("download_button"))
    assert offered <= len(received.files), f"a file of {where} is not looked at"


def _elements(app: AppTest) -> Iterator[Any]:
    return (element for element in app._tree if hasattr(element, "proto") and element.proto is not None)


Place = tuple[str, dict[str, str]]
"""A page and what its address says."""


def as_manager(open_as: Open, monkeypatch: pytest.MonkeyPatch, places: Iterable[Place]) -> Received:
    """These places, and every file that they offer."""
    received = Received()
    button = streamlit.download_button

    def noted(label: str, data: Any, file_name: str, *rest: Any, **more: Any) -> Any:
        received.files[file_name] = data
        return button(label, data, file_name, *rest, **more)

    monkeypatch.setattr(streamlit, "download_button", noted)
    monkeypatch.setattr(downloads, "_require_owner", lambda owner: None)
    app = open_as(MANAGER)
    for page, params in places:
        app.switch_page(str(navigation.PAGES / f"{page}.py"))
        for name, value in params.items():
            app.query_params[name] = value
        app.run()
        receive(app, received, f"{page}?{urlencode(params)}")
    return received


PAGES: list[Place] = [(script.stem, {}) for script in sorted(navigation.PAGES.glob("*.py"))]
OWN = [address for address in inputs.ADDRESSES if address.who == inputs.MANAGER]
VALUES = {
    "page": ("2",),
    "study": ("c3-pilot",),
    "region": ("region-sw",),
    "list": ("screened", "withdrawn"),
    "site": ("org-sw-priory",),
    "view": ("care",),
    "team": ("team-sw-warwick",),
    "since": ("2026-04-01",),
    "until": ("2026-11-30",),
    "after": ("screened", "none"),
    "lost": ("ineligible",),
    "reason": ("none",),
    "datum": ("hba1c",),
    "work": ("plans", "conferences"),
}
"""What each part of a manager's addresses may say; a new one needs its values here."""
LISTS: list[dict[str, str]] = [
    {"list": "screened", "site": "org-sw-priory"},
    {"list": "enrolled", "team": "team-sw-warwick"},
    {"list": "enrolled", "until": "2026-11-30"},
    {"list": "withdrawn"},
    {"after": "screened"},
    {"datum": "hba1c", "site": "org-sw-priory"},
    {"work": "conferences", "region": "region-sw"},
    {"work": "plans_agreed"},
    {"after": "screened", "lost": "ineligible", "reason": "ict-self-check"},
]
"""What says whose list is open only says it together."""
ADDRESSES: list[Place] = [
    *((address.page, {name: value}) for address in OWN for name in address.params for value in VALUES[name]),
    *((address.page, {name: VALUES[name][0] for name in address.params}) for address in OWN),
    *((address.page, each) for address in OWN if "list" in address.params for each in LISTS),
]


def test_nothing_of_anybody_reaches_a_manager(
    rows: list[Json], everybody: Identities, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, open_as = whole(monkeypatch, tmp_path, rows)
    received = as_manager(open_as, monkeypatch, [*PAGES, *ADDRESSES])
    assert received.found(everybody) == {}, received.found(everybody)
    assert {"csv", "xlsx"} <= {name.split(".")[-1] for name in received.files}


def test_a_name_in_a_figure_is_found_on_the_page_and_in_every_file(
    rows: list[Json], everybody: Identities, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The test above can fail: a site is called as somebody is."""
    server, open_as = whole(monkeypatch, tmp_path, rows)
    server.rows["Organization"]["org-sw-priory"]["name"] = "Åberg-Pickering Surgery"
    received = as_manager(open_as, monkeypatch, [(address.page, {}) for address in OWN])
    found = received.found(everybody)
    assert all({"aberg", "pickering"} <= found[f"{address.page}?"] for address in OWN)
    assert {name.split(".")[-1] for name in found if "?" not in name} == {
        name.split(".")[-1] for name in received.files
    }


@pytest.mark.parametrize(
    "planted",
    [
        "of Mr PICKERING,",
        "1942-08-14",
        "14-Aug-1942",
        "14 August 1942",
        "&Aring;berg",
        '"\\u00c5BERG"',
        "Patient/pat-00017",
    ],
)
def test_who_somebody_is_is_found_however_it_is_written(planted: str) -> None:
    person = {"resourceType": "Patient", "id": "pat-00017", "birthDate": "1942-08-14"}
    known = identities([person | {"name": [{"family": "Pickering-Åberg", "given": ["Jo"]}]}], {})
    day = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
    sheet = Sheet("", (), "", "{page}")
    printed = Document("Report", "en", day, sheet, (Paragraph((Words(html.unescape(planted)),)),))
    titled = replace(printed, title=html.unescape(planted), blocks=())
    assert known.found_in(planted) and known.found_in(planted.encode())
    if "u00" not in planted:
        assert known.found_in(pdf_file(printed)) and known.found_in(pdf_file(titled))
    assert not known.found_in("A spickeringed abergs, Jo, of 2042-08-14 and pat-00018")
