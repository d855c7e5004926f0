"""Asks veraPDF, the reference checker of the PDF Association, whether files are PDF/UA-1. Needs Java 17 and Maven."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.servers.process import built

HERE = Path(__file__).resolve().parent


def pdf_ua_faults(files: Mapping[str, bytes], folder: Path) -> dict[str, str]:
    """Returns what of PDF/UA-1 each file breaks, "" where it breaks nothing. `folder` is an empty one for them. Raises
    CannotFetch where Maven cannot fetch veraPDF.
    """
    paths = {name: folder / f"{number}.pdf" for number, name in enumerate(files)}
    for name, path in paths.items():
        path.write_bytes(files[name])
    command = ["java", "-cp", _classpath(), "CheckPdf", *map(str, paths.values())]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    verdicts = dict(line.split("\t", 1) for line in said.splitlines())
    return {name: verdicts[str(path)].removeprefix("yes\t") for name, path in paths.items()}


def _classpath() -> str:
    command = ("mvn", "--quiet", "--batch-mode", "compile", "dependency:build-classpath")
    options = ("-Dmdep.includeScope=runtime", "-Dmdep.outputFile=target/classpath.txt")
    libraries = built(HERE, HERE / "target", "classpath.txt", (*command, *options)).read_text()
    return f"{HERE / 'target' / 'classes'}:{libraries}"
