"""What is printed is PDF/UA-1, as veraPDF says: a screen reader reads it in order, with its headings and tables."""

from pathlib import Path

import pytest
import typst

from dashboard.paper.pdf import pdf_file
from tests.paper.documents import DOCUMENTS
from tests.paper.verapdf import pdf_ua_faults
from tests.servers.process import CannotFetch

# Which lines run is measured by other tests, without so many records.
pytestmark = [pytest.mark.java, pytest.mark.slow, pytest.mark.no_cover]


def faults(files: dict[str, bytes], folder: Path) -> dict[str, str]:
    try:
        return pdf_ua_faults(files, folder)
    except CannotFetch as problem:
        pytest.skip(f"java: {problem}")


def test_every_document_is_pdf_ua_1(tmp_path: Path) -> None:
    files = {name: pdf_file(document()) for name, document in DOCUMENTS.items()}
    assert faults(files, tmp_path) == dict.fromkeys(DOCUMENTS, "")


def test_a_pdf_without_tags_is_not(tmp_path: Path) -> None:
    """The check can fail."""
    untagged = typst.compile(b"#set document(title: [Worklist])\n= Worklist", pdf_tags=False)
    assert "7.1" in faults({"untagged": untagged}, tmp_path)["untagged"]
