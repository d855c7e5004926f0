"""The other people on a hospital's server: those whom no team of the pilot cares for.

Each has the records that a search by code or date finds first: a condition of the programme and a result of this year.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

AT_ONCE = 300  # people in one transaction
WORKERS = 2
SECONDS = 300.0

Json = dict[str, Any]


def load_others(base_url: str, count: int) -> None:
    """Writes so many people to the server, each under an id of its own. Raises what `requests` raises."""
    with ThreadPoolExecutor(WORKERS) as threads, requests.Session() as session:

        def write(first: int) -> None:
            entries = [entry for number in range(first, min(first + AT_ONCE, count)) for entry in _entries(number)]
            bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
            answer = session.post(base_url, json=bundle, timeout=SECONDS)
            answer.raise_for_status()

        for _ in threads.map(write, range(0, count, AT_ONCE)):
            pass


def _entries(number: int) -> Iterator[Json]:
    for row in _records(f"other-{number:06}", number):
        yield {"resource": row, "request": {"method": "PUT", "url": f"{row['resourceType']}/{row['id']}"}}


def _records(ident: str, number: int) -> Iterator[Json]:
    subject = {"reference": f"Patient/{ident}"}
    month, day = number % 12 + 1, number % 28 + 1
    yield {
        "resourceType": "Patient", "id": ident, "active": True, "gender": ("female", "male")[number % 2],
        "name": [{"family": f"Other{number % 1000}", "given": [f"Person{number}"]}],
        "birthDate": f"{1935 + number % 60}-{month:02}-{day:02}",
    }  # fmt: skip
    yield {
        "resourceType": "Condition", "id": f"{ident}-diabetes", "subject": subject,
        "clinicalStatus": _coded("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
        "code": _coded("http://snomed.info/sct", "44054006"),
    }  # fmt: skip
    yield {
        "resourceType": "Observation", "id": f"{ident}-creatinine", "status": "final", "subject": subject,
        "code": _coded("http://loinc.org", "14682-9"), "effectiveDateTime": f"2026-{month:02}-{day:02}",
        "valueQuantity": {
            "value": 60 + number % 90, "unit": "umol/L", "system": "http://unitsofmeasure.org", "code": "umol/L",
        },
    }  # fmt: skip


def _coded(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}
