"""Reads a folder of NDJSON files as a Bulk Data export leaves them: one resource a line, one type a file.

The type is the file's name up to the first dot or number: `Observation.ndjson`, `Observation.000.ndjson`,
`1.Observation.ndjson`, also with `.gz` behind. https://hl7.org/fhir/uv/bulkdata/export.html
"""

import gzip
import re
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from dashboard.errors import OperatorError

_TYPE: Final = re.compile(r"(?:[^A-Za-z].*?)?([A-Z][A-Za-z]+)")

_PATIENT: Final = re.compile(rb'"Patient/([A-Za-z0-9.-]+)"')


class NdjsonFolder:
    """The files of a folder by resource type. Raises OperatorError where there are none."""

    def __init__(self, folder: Path) -> None:
        self.files: dict[str, list[Path]] = {}
        if not folder.is_dir():
            raise OperatorError(f"There is no folder {folder}.")
        for path in sorted(folder.iterdir()):
            if path.is_file() and path.name.removesuffix(".gz").endswith(".ndjson"):
                self.files.setdefault(type_of(path), []).append(path)
        if not self.files:
            raise OperatorError(f"No file in {folder} ends in .ndjson or .ndjson.gz.")

    def resources(self, resource_type: str, about: Container[str] | None = None) -> Iterator[Any]:
        """The resources of one type, file by file; with `about` those that refer to one of these patients, and perhaps
        others. Raises OperatorError with file and line for one that is no JSON.
        """
        for path in self.files.get(resource_type, ()):
            with open_file(path) as lines:
                for number, line in enumerate(lines, 1):
                    if about is not None and _is_about_others(line, about):
                        continue
                    try:
                        yield orjson.loads(line)
                    except orjson.JSONDecodeError:
                        if not line.isspace():
                            raise OperatorError(f"{path.name}, line {number}: this is no JSON.") from None


def _is_about_others(line: bytes, about: Container[str]) -> bool:
    """Whether a line is a whole resource that certainly refers to none of these patients: it need not be parsed. With a
    backslash in it a reference may be written in another way.
    """
    if b"\\" in line or line[:1] != b"{" or line[-2:] != b"}\n":
        return False
    return not any(ident.decode() in about for ident in set(_PATIENT.findall(line)))


def open_file(path: Path) -> gzip.GzipFile | BinaryIO:
    """The lines of a file, unpacked where its name ends in .gz."""
    return gzip.GzipFile(path, "rb") if path.suffix == ".gz" else path.open("rb")


def type_of(path: Path) -> str:
    """The resource type in the name of a file. Raises OperatorError for a name without one."""
    found = _TYPE.match(path.name)
    if found is None:
        raise OperatorError(f"The name of {path.name} does not say which resource type is in it.")
    return found[1]
