"""The documents keep up with the code: every setting, option, page, command and room is in the README."""

import re
import subprocess
import sys
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

from dashboard.settings import SETTINGS
from tests.unit.house.source import ROOT, modules

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_readme_with_its_default_and_meaning() -> None:
    for name, (default, meaning) in SETTINGS.items():
        assert f"| `{name}` | {default + ' ' if default else ''}| {meaning} |" in README, name


def test_every_setting_is_in_the_example_of_the_secrets_file() -> None:
    example = (ROOT / ".streamlit" / "secrets.toml.example").read_text(encoding="utf-8")
    for name in SETTINGS:
        assert name in example, name


def test_every_option_is_in_the_readme() -> None:
    command = [sys.executable, "-m", "dashboard", "--help"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    options = set(re.findall(r"--[a-z][a-z-]+", said)) - {"--help"}
    assert "--data-dir" in options
    for option in options:
        assert f"| `{option}" in README, option


MAP = README[README.index("## Map of the code") : README.index("`make` lists all commands")]


def test_every_page_and_folder_is_on_the_map_and_the_map_names_no_other() -> None:
    pages = {page.stem for page in (ROOT / "pages").glob("*.py")}
    folders = {f"dashboard/{path.name}/" for path in (ROOT / "dashboard").iterdir() if any(path.glob("*.py"))}
    for page in pages:
        assert f"`{page}`" in MAP, page
    assert set(re.findall(r"`(dashboard/[a-z_]+/)`", MAP)) == folders


def test_the_map_names_the_subjects_of_the_domain() -> None:
    """The README's line about the domain lists its folders, which are the subjects of the other layers too."""
    line = next(line for line in MAP.splitlines() if line.startswith("| `dashboard/domain/`"))
    subjects = {path.name for path in (ROOT / "dashboard" / "domain").iterdir() if any(path.glob("*.py"))}
    assert set(re.findall(r"`([a-z_]+)`", line)) == subjects


def test_every_folder_that_the_glossary_names_exists() -> None:
    glossary = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:-1] for line in glossary.splitlines() if re.match(r"\| (?!word \|)[^-]", line)]
    assert len(rows) > 50
    for word, meaning, source, folder in rows:
        assert word.strip() and meaning.strip() and source.strip(), word
        assert folder.strip() == "everywhere" or (ROOT / folder.strip(" `")).is_dir(), f"{word}: {folder}"


def test_a_word_stands_in_the_glossary_once() -> None:
    glossary = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    words = [word.strip() for line in re.findall(r"^\| ([^|]+) \|", glossary, re.M) for word in line.split(",")]
    counted = Counter(word for word in words if word not in {"word", "---"} and not set(word) <= {"-"})
    assert not [word for word, times in counted.items() if times > 1]


def test_the_two_commands_come_first() -> None:
    top = README[: README.index("## ")]
    for line in ("make run", "make test", "pip install -r requirements.txt", "-m dashboard", "not a medical device"):
        assert line in top, line


def test_every_link_and_picture_of_the_documents_exists() -> None:
    for document in ("README.md", "CONTRIBUTING.md", "DECISIONS.md", "CHANGELOG.md", "SECURITY.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            if not target.startswith("http"):
                assert (ROOT / target).exists(), f"{document}: {target}"


def test_every_file_a_document_names_exists() -> None:
    for document in ("README.md", "CONTRIBUTING.md", "DECISIONS.md", "SECURITY.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        for name in re.findall(r"`((?:dashboard|pages|tests|data)/[\w/.]+)`", text):
            if "something" not in name:
                assert (ROOT / name).exists(), f"{document}: {name}"


def test_the_top_level_holds_only_what_was_agreed() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    agreed = {
        *("dashboard", "pages", "data", "tests", ".streamlit", "requirements.txt", "README.md"),
        *("Makefile", "GLOSSARY.md", "pyproject.toml", ".ci", ".gitignore", "LICENSE"),
        *("CHANGELOG.md", "DECISIONS.md", "CONTRIBUTING.md", "SECURITY.md"),
    }
    if tracked.returncode == 0:  # a source archive has no .git
        assert {line.split("/")[0] for line in tracked.stdout.splitlines()} <= agreed


CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
WALKS = re.findall(r"^\d\. \*\*.*?(?=^\d\. |\Z)", CONTRIBUTING[: CONTRIBUTING.index("## Adding a query")], re.M | re.S)


@pytest.mark.parametrize("walk", WALKS, ids=[walk.split("**")[1][:40] for walk in WALKS])
def test_a_walk_through_the_code_passes_each_layer_once(walk: str) -> None:
    """Its files exist, their layers follow each other without coming back, and `grep` finds the word in brackets."""
    layers = [part[0] for part in groupby(re.findall(r"`dashboard/(\w+)/[\w/]*(?:\.py)?`", walk))]
    assert len(layers) > 1 and len(layers) == len(set(layers)), layers
    word = re.search(r"\*\* \(`([\w.]+)`\)", walk)
    assert word
    assert any(word[1] in module.text for module in modules()), word[1]


def test_there_are_five_walks() -> None:
    assert len(WALKS) == 5


def test_the_unit_tests_have_the_folders_of_the_product() -> None:
    """`house` holds the rules of the project, `benchmarks` those of its figures; every other folder mirrors one."""
    unit = ROOT / "tests" / "unit"
    folders = {path.parent.relative_to(unit) for path in unit.rglob("*.py")} - {
        Path(),
        Path("house"),
        Path("benchmarks"),
    }
    product = {path.parent.relative_to(ROOT / "dashboard") for path in (ROOT / "dashboard").rglob("*.py")}
    assert not folders - product, sorted(map(str, folders - product))
