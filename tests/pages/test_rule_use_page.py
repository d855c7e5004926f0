"""How often rules are shown and followed, for administrators alone: counts, nobody's name, and a file."""

import csv
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.guidelines.guidance import ReplyKind
from dashboard.domain.guidelines.rule_use import FEEDBACK_FILE
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping.writable import to_fhir
from dashboard.stored_file import write_object
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.rule_use.words import titles, use_csv
from dashboard.ui.session import recommendations as reads
from dashboard.ui.session import session
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.guidelines import RULES
from tests.pages.conftest import shown
from tests.pages.whole import Open, held, whole
from tests.unit.domain.guidelines.test_rule_use import seen
from tests.unit.people_and_teams import AS_OF

ADMINISTRATOR = User(None, "Admin", roles=(Role.ADMINISTRATOR,), subject="id|admin", session_id="a1")
PEOPLE = [
    *(seen(n, ReplyKind.ACCEPTED) for n in range(20)),
    *(seen(n, ReplyKind.NOT_FOR_THIS_PERSON) for n in range(20, 29)),
    *(seen(n) for n in range(29, 40)),
    *(seen(n, version="0.2.0") for n in range(3)),
    *(seen(n, ReplyKind.NOT_FOR_THIS_PERSON, version="0.3.0") for n in range(10)),
    *(seen(n, ReplyKind.NOT_FOR_THIS_PERSON, version="0.3.0", reason="person-declines") for n in range(10, 30)),
    *(seen(n, ReplyKind.NOT_FOR_THIS_PERSON, version="0.3.0", reason="other") for n in range(30, 50)),
    seen(1, rule="https://elsewhere.example/PlanDefinition/gone"),
]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[FakeFhirServer, Open]:
    rows = [
        {**to_fhir(replace(each, source={})), "id": f"{each.origin.id}-{place}"} for place, each in enumerate(PEOPLE)
    ]
    foreign = {"resourceType": "GuidanceResponse", "id": "foreign", "moduleUri": "urn:x", "status": "success"}
    broken = {**rows[0], "id": "broken", "status": "failure"}
    return whole(monkeypatch, tmp_path, [*rows, foreign, broken])


def at_page(app: AppTest) -> str:
    app.switch_page(str(navigation.RULE_USE))
    return shown(app.run())


def test_a_line_for_each_version_of_a_rule_with_small_numbers_held_back(opened: tuple[FakeFhirServer, Open]) -> None:
    page = at_page(opened[1](ADMINISTRATOR))
    assert page.count('<th scope="row">') == 4
    line = page[page.index("Metformin and kidney function") :]
    line = line[: line.index("</tr>")]
    assert ">0.1.0<" in line and ">40<" in line and ">20 (50%)<" in line and "Why not for people" not in line
    third = page[page.index(">0.3.0<") - 900 :]
    # Of three reasons one is held back: else the sum would tell that nobody had any other.
    assert "Why not for people" in third and "The person does not want it: 20" in third and "frailty" not in third
    assert "fewer than 5" in page and ">gone<" in page and "1 record could not be read." in page
    assert 'data-key="nav-rule_use"' in page and "nobody is named" in page


def test_nobody_else_sees_it(opened: tuple[FakeFhirServer, Open]) -> None:
    for role in (Role.CLINICIAN, Role.COORDINATOR, Role.PILOT_MANAGER, Role.PATIENT):
        who = replace(ADMINISTRATOR, roles=(role,), practitioner=Reference("Practitioner", "gp"))
        page = at_page(opened[1](who))
        assert "Only an administrator sees" in page and "Metformin and kidney" not in page
        assert 'data-key="nav-rule_use"' not in page


def test_a_session_holds_nobody(opened: tuple[FakeFhirServer, Open]) -> None:
    app = opened[1](ADMINISTRATOR)
    at_page(app)
    everything = str(held(app))
    assert "Patient/p" not in everything and "GuidanceResponse/" not in everything


def test_the_file_has_what_the_page_shows_and_is_on_record(opened: tuple[FakeFhirServer, Open], trail: Trail) -> None:
    server, open_as = opened
    open_as(ADMINISTRATOR)
    known = titles(RULES)
    made = reads.use_file(ADMINISTRATOR, server, lambda found: use_csv(found, known))  # type: ignore[arg-type]
    head, first, *_ = list(csv.reader(made.decode("utf-8-sig").splitlines()))
    line = dict(zip(head, first, strict=True))
    assert (line["Rule id"], line["Version"], line["Shown to"], line["Added to the plan"]) == (
        "03-metformin-kidney", "0.1.0", "40", "20",
    )  # fmt: skip
    assert line["Not now"] == "fewer than 5"
    assert (trail.records[-1].what, trail.records[-1].patients) == ("export_rule_use", ())
    with pytest.raises(Exception, match="rule-use-not-permitted"):
        reads.use_file(replace(ADMINISTRATOR, roles=(Role.PILOT_MANAGER,)), server, lambda found: b"")  # type: ignore[arg-type]


def test_what_other_systems_reported_stands_below_and_in_the_file(
    opened: tuple[FakeFhirServer, Open], tmp_path: Path
) -> None:
    server, open_as = opened
    app = open_as(ADMINISTRATOR)
    assert "No other system has reported anything yet." in at_page(app)
    folder = session.process().settings.data_dir
    key = "2026-11 08-hfref-treatment|0.1.0|beta-blocker"
    counts = {f"{key} accepted none": 30, f"{key} overridden slow-pulse": 20, f"{key} overridden not-ours": 15, "x": 1}
    write_object(folder / FEEDBACK_FILE, counts)
    page = at_page(app.run())
    line = page[page.index("Reports of other systems") :]
    assert ">65<" in line and ">30<" in line and ">35<" in line and ">Nov-2026<" in line and "Why overridden" in line
    assert "The pulse or the blood pressure is too low: 20" in line and "1 count could not be read." in line
    made = reads.use_file(ADMINISTRATOR, server, lambda found: use_csv(found, titles(RULES)))  # type: ignore[arg-type]
    rows = list(csv.DictReader(made.decode("utf-8-sig").splitlines()))
    [reported] = [row for row in rows if row["From"] == "other systems, in reports"]
    assert (reported["Rule id"], reported["Reports"], reported["Shown to"]) == ("08-hfref-treatment", "65", "")
    assert reported["Why not: The pulse or the blood pressure is too low"] == "20"
    assert {row["From"] for row in rows} == {"pages, in people", "other systems, in reports"}
    (folder / FEEDBACK_FILE).write_text("[]")
    assert "The reports could not be read." in at_page(app.run())


def test_nothing_was_shown_yet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _, open_as = whole(monkeypatch, tmp_path, [])
    app = open_as(ADMINISTRATOR)
    assert "No recommendation was shown to anybody yet." in at_page(app)
    assert not [each for each in app.get("download_button") if each.key == "use_csv"]
    assert AS_OF.tzinfo is UTC
