"""The names of the look (assets/tokens.css) as Python reads them, for what no style sheet reaches: the figure."""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

ASSETS: Final = Path(__file__).resolve().parents[1] / "assets"
FONTS: Final = Path(__file__).resolve().parents[3] / "data" / "fonts"
"""The folder of the family's files."""

_PROPERTY = re.compile(r"--c3-([\w-]+): ([^;]+);")
_PAIR = re.compile(r"light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")


@lru_cache(maxsize=1)
def tokens() -> Mapping[str, str]:
    """Every name without its `--c3-`, and its value as it is written in the style sheet."""
    return dict(_PROPERTY.findall((ASSETS / "tokens.css").read_text(encoding="utf-8")))


def family() -> str:
    """The font family, with what stands in for it, as CSS writes it."""
    return tokens()["family"]


@lru_cache(maxsize=2)
def colours(*, dark: bool) -> Mapping[str, str]:
    """The colours of one theme by name, as #rrggbb."""
    pairs = {name: _PAIR.fullmatch(value) for name, value in tokens().items()}
    return {name: pair[2 if dark else 1].upper() for name, pair in pairs.items() if pair}
