"""The questionnaires that the dashboard knows, as FHIR JSON in data/questionnaires."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "data" / "questionnaires"


@cache
def questionnaire_titles() -> Mapping[str, str]:
    """Titles by canonical URL."""
    questionnaires = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json")))
    return {questionnaire["url"]: questionnaire["title"] for questionnaire in questionnaires}
