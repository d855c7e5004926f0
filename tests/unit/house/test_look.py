"""The look has one source: assets/tokens.css. The style sheets use its names, and Streamlit's theme has its values."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from dashboard.ui.record.reasons import TONES
from dashboard.ui.shared.tokens import ASSETS, FONTS, colours, family, tokens
from dashboard.web import fonts
from tests.unit.house.source import ROOT

THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
TOKENS = (ASSETS / "tokens.css").read_text(encoding="utf-8")
SHEETS = sorted(each for each in ASSETS.glob("*.css") if each.name != "tokens.css")
# What a style sheet writes of its own instead of a name.
RAW = re.compile(
    r"#[0-9a-f]{3,8}\b|light-dark\(|font-family: (?!inherit|var\()[^;]+"
    r"|font-size: (?!inherit|var\(|[\d.]+em\b)[^;]+|font-weight: (?!inherit|var\()[^;]+",
    re.I,
)


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


@pytest.mark.parametrize("text", ["color: #fff;", "font-size: 13px;", "font-weight: 700;", "font-family: Arial;"])
def test_a_raw_value_is_found(text: str) -> None:
    assert RAW.search(text)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda each: each.name)
def test_a_style_sheet_uses_the_names_of_the_tokens(sheet: Path) -> None:
    text = without_comments(sheet.read_text(encoding="utf-8"))
    assert RAW.findall(text) == []
    own = set(re.findall(r"(--c3-[\w-]+):", text))
    assert {f"--c3-{name}" for name in tokens()} | own >= set(re.findall(r"var\((--c3-[\w-]+)", text))


def test_a_token_has_one_value_and_somebody_who_uses_it() -> None:
    names = re.findall(r"--c3-([\w-]+): ", without_comments(TOKENS))
    assert len(names) == len(set(names)) == len(tokens())
    users = [*ASSETS.glob("*.css"), ROOT / "dashboard" / "ui" / "timeline" / "figure" / "style.py"]
    said = "\n".join(each.read_text(encoding="utf-8") for each in users)
    unused = {name for name in names if f"var(--c3-{name})" not in said and f'"{name}"' not in said}
    # The scale of spacing is a scale, whether or not each step has found its use.
    assert {name for name in unused if not name.startswith(("space-", "family"))} == set()


@pytest.mark.parametrize("dark", [False, True])
def test_streamlits_theme_has_the_colours_of_the_tokens(dark: bool) -> None:
    theme, named = THEME["dark" if dark else "light"], colours(dark=dark)
    assert (theme["textColor"], theme["backgroundColor"]) == (named["text"], named["ground"])
    assert (theme["secondaryBackgroundColor"], theme["borderColor"]) == (named["panel"], named["line"])
    assert theme["linkColor"] == named["accent"]


def test_streamlits_theme_has_the_type_of_the_tokens() -> None:
    assert THEME["font"].replace("'", '"') == THEME["codeFont"].replace("'", '"') == family()
    sizes = {float(value[:-3]) for name, value in tokens().items() if name.startswith("size-")}
    assert {float(each[:-3]) for each in THEME["headingFontSizes"]} <= sizes
    assert {str(each) for each in THEME["headingFontWeights"]} == {tokens()["strong"]}
    assert (THEME["baseRadius"], THEME["buttonRadius"]) == (tokens()["radius"], tokens()["radius"])


def test_the_addresses_of_the_fonts_are_those_that_are_served() -> None:
    said = set(re.findall(r'url\("([^"]+)"\)', TOKENS))
    assert said == {f"{fonts.PLACE}/{name}" for name in fonts.FILES}
    assert {each.name for each in FONTS.glob("*.ttf")} == set(fonts.FILES)
    # Browsers keep them for good: another version needs another address.
    version = re.search(r"`@ibm/plex-sans` ([\d.]+)", (FONTS / "README.md").read_text(encoding="utf-8"))
    assert version
    assert f"/fonts/{version[1]}" == fonts.PLACE


@pytest.mark.parametrize("tone", sorted({*TONES.values(), "danger"}))
def test_the_tone_of_a_reason_is_not_the_class_of_a_part_of_a_page(tone: str) -> None:
    """What lays out a part by the class of a tone lays out every reason of that tone too."""
    alone = re.compile(rf"(?:^|[\s,}}])\.c3-{tone}\s*[{{,]")
    assert [sheet.name for sheet in SHEETS if alone.search(sheet.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("sheet", "room"),
    [("conference", "conference"), ("enrolment", "pilot"), ("my_record", "my_record"), ("screening", "screening")],
)
def test_the_sheet_of_a_room_lays_out_no_part_of_another(sheet: str, room: str) -> None:
    """All sheets are on every page: a name that two rooms have by chance lays out both, and a printed page lost its
    funnel.
    """
    ui = ROOT / "dashboard" / "ui"
    others = {each.name for each in ui.iterdir() if each.is_dir()} - {room, "assets", "paper", "shared"}
    used = " ".join(path.read_text(encoding="utf-8") for each in others for path in (ui / each).rglob("*.py"))
    text = without_comments((ASSETS / f"{sheet}.css").read_text(encoding="utf-8"))
    said = ",".join(re.findall(r"([^{}]+){", text))
    alone = re.compile(r"(?:\.c3-panel )?\.(c3-[\w-]+)(?: >? ?[a-z*]+)?")
    parts = {found[1] for each in re.split(r"[,()]|:is", said) if (found := alone.fullmatch(each.strip()))}
    assert parts
    assert {name for name in parts if re.search(rf"\b{name}(?![\w-])", used)} == set()


def test_no_list_chooses_everything_with_one_key() -> None:
    """Streamlit puts "Select all" first in the list of a multiselect, and "Select 3 matches" once somebody types: Enter
    would choose those, and not the one that was meant.
    """
    found = {}
    for path in [*(ROOT / "dashboard").rglob("*.py"), *(ROOT / "pages").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "multiselect":
                given = {each.arg: each.value for each in node.keywords}.get("select_all")
                found[f"{path.name}:{node.lineno}"] = isinstance(given, ast.Constant) and given.value is False
    assert found and all(found.values()), found
