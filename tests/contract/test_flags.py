"""On every server: what a clinician must not miss is in the banner of professionals' pages, and on the Timeline."""

from typing import Any

import pytest

from dashboard.domain.record.views import Section
from dashboard.errors import ServerUnavailable
from dashboard.fhir.port import FhirServer
from dashboard.ui.patient.banner_html import banner_html
from tests.contract.every_page import AT, EveryPage, plain
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make

Json = dict[str, Any]
CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"
DNR = make.concept(make.SNOMED, "304253006", "Not for resuscitation")


def flag(ident: str, code: Json, status: str = "active", **more: Any) -> Json:
    subject = {"reference": "Patient/p1"}
    return {"resourceType": "Flag", "id": ident, "status": status, "code": code, "subject": subject} | more


@pytest.fixture
def pages(named_fhir: tuple[str, FhirServer]) -> EveryPage:
    return EveryPage(named_fhir[1])


def banners(pages: EveryPage) -> list[str]:
    """Those of Patient, Timeline and Care plan."""
    shown = [plain(banner_html(page, AT)) for page in (pages.summary(), pages.timeline())]
    return [banner.replace(" )", ")") for banner in (*shown, pages.plan_page())]


SHOWN = [
    (flag("f", DNR), "Not for resuscitation"),
    (flag("f", {"text": "Needs interpreter: Urdu"}), "Needs interpreter: Urdu"),
    (flag("f", make.concept("urn:local:flags", "VIOLENT-2")), "VIOLENT-2"),
    (
        flag("f", DNR, category=[make.concept(CATEGORY, "clinical", "Clinical")], period={"start": "2025-03-02"}),
        "Not for resuscitation (Clinical, since 02-Mar-2025)",
    ),
    (
        flag("f", DNR, period={"start": "2024-03-02", "end": "2025-03-02"}),
        "(since 02-Mar-2024, until 02-Mar-2025, its time is over, and the record still says that it goes on)",
    ),
    (flag("f", DNR, period={"start": "2026-12-24"}), "(from 24-Dec-2026)"),
    (flag("f", DNR, period={"end": "2027-03"}), "(until Mar-2027)"),
]


@pytest.mark.parametrize(("row", "words"), SHOWN, ids=lambda value: value if isinstance(value, str) else "")
def test_an_active_flag_is_in_every_banner_and_on_the_timeline(pages: EveryPage, row: Json, words: str) -> None:
    pages.put(row)
    for banner in banners(pages):
        assert "Flags" in banner and words in banner
    [line] = pages.timeline_lines()
    assert line.startswith(row["code"].get("text") or row["code"]["coding"][0]["code"])
    detail = pages.event("Flag/f")
    assert pages.ids["Flag/f"].rpartition("/")[2] in detail.raw


@pytest.mark.parametrize(("status", "lines"), [("inactive", 1), ("entered-in-error", 0)])
def test_a_flag_that_is_not_raised_is_in_no_banner(pages: EveryPage, status: str, lines: int) -> None:
    pages.put(flag("f", DNR, status))
    assert not any("Flags" in banner or "resuscitation" in banner for banner in banners(pages))
    assert len(pages.timeline_lines()) == lines


def test_several_flags_are_all_named(pages: EveryPage) -> None:
    pages.put(
        flag("f1", DNR, period={"start": "2025-03-02"}),
        flag("f2", {"text": "Deaf"}),
        flag("f3", {"text": "Lives alone"}, period={"start": "2026-01-02"}),
    )
    for banner in banners(pages):
        assert "Deaf; Lives alone (since 02-Jan-2026); Not for resuscitation (since 02-Mar-2025)" in banner


def test_a_patient_without_flags_has_no_line_for_them(pages: EveryPage) -> None:
    pages.put()
    assert not any("Flag" in banner for banner in banners(pages))


def test_a_flag_is_not_on_my_record(pages: EveryPage) -> None:
    pages.put(flag("f", {"text": "Safeguarding: see notes of 3 May"}))
    assert "Safeguarding" not in pages.own_record()


def test_a_flag_with_a_modifier_is_named_and_not_believed(pages: EveryPage) -> None:
    modifier = [{"url": "http://example.org/not", "valueBoolean": True}]
    pages.put(flag("f1", DNR, modifierExtension=modifier), flag("f2", {"text": "Deaf"}))
    for page in (pages.summary(), pages.timeline()):
        assert [(str(each.origin), each.why) for each in page.unreadable] == [
            (f"Flag/{pages.ids['Flag/f1']}", "modifier")
        ]
    for banner in banners(pages):
        assert "resuscitation" not in banner
        assert "Deaf 1 flag could not be understood: look in the source system" in banner


# What no server stores


def odd(*rows: Json) -> EveryPage:
    fhir = FakeFhirServer([])
    pages = EveryPage(fhir)
    pages.put(*rows)
    return pages


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (flag("f", DNR, period={"start": "last spring"}), "Not for resuscitation"),
        (flag("f", DNR, period="2025"), "Not for resuscitation"),
        (flag("f", DNR, status="on"), "Not for resuscitation (on)"),
        (flag("f", DNR, status=""), "Not for resuscitation (status not recorded)"),
        (flag("f", {}), "1 flag could not be understood"),
        (flag("f", {"coding": [{"system": "urn:x"}]}), "1 flag could not be understood"),
        (flag("f", ["Deaf"]), "1 flag could not be understood"),  # type: ignore[arg-type]
    ],
)
def test_an_odd_flag_is_never_passed_over(row: Json, words: str) -> None:
    pages = odd(row)
    assert all(words in banner for banner in banners(pages))


def test_flags_that_could_not_be_read_are_never_none() -> None:
    pages = odd(flag("f", DNR))
    pages.fhir.failing["Flag"] = ServerUnavailable("server-timeout")  # type: ignore[attr-defined]
    for banner in banners(pages):
        assert "Flags unavailable they could not be read" in banner


def test_a_server_that_keeps_no_flags_lacks_nothing() -> None:
    pages = odd()
    assert pages.summary().flags == pages.timeline().flags == Section(())
