"""Our CDS Hooks service is called by a client that this project did not write: that of HealthChain's sandbox."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dashboard.cds.service import PATIENT_VIEW
from dashboard.domain.guidelines.evaluate import Outcome
from dashboard.fhir.cds_hooks.write_cards import EXTENSION
from dashboard.fhir.client.json_text import written
from tests.cds import bundle, call, served, service
from tests.guidelines import CASES
from tests.patience import PATIENCE
from tests.servers.start import HEALTHCHAIN, CannotFetch, healthchain_python

pytestmark = pytest.mark.slow


def cards_got(base: str, body: Any) -> list[Any]:
    """The cards that the client got."""
    # It leaves out what is null.
    prefetch = {key: bundle() if value is None else value for key, value in body["prefetch"].items()}
    url = f"{base}/cds-services/{PATIENT_VIEW}"
    asked = {"url": url, "hook": body["hook"], "context": body["context"], "prefetch": prefetch}
    try:
        python = healthchain_python()
    except CannotFetch as reason:
        pytest.skip(str(reason))
    run = subprocess.run(
        [python, HEALTHCHAIN / "call.py"], input=written(asked), capture_output=True, timeout=PATIENCE, check=True
    )
    [answer] = json.loads(run.stdout)
    return list(answer["cards"])


def rules_of(cards: list[Any]) -> set[str]:
    return {card["extension"][EXTENSION]["rule"] for card in cards if "extension" in card}


def test_it_gets_our_cards(tmp_path: Path) -> None:
    """Of order-select it loses the orders on their way (0.16.1 writes what every context has, and no more)."""
    case = next(each for each in CASES["11-nsaid"][0] if each.answer is Outcome.APPLIES and not each.unread)
    with served(service(tmp_path)) as base:
        assert "11-nsaid" in rules_of(cards_got(base, call(*case.resources)))
