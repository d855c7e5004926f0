"""A contradiction between heart and kidneys, and what somebody makes of it; for tests."""

from datetime import datetime

from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.contradiction import Contradiction, contradictions
from dashboard.domain.guidelines.evaluate import evaluate
from dashboard.domain.guidelines.reconciliation import Reconciliation, new_reconciliation
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.fhir.guidelines.case_files import AS_OF, read_words, resources_of
from dashboard.fhir.guidelines.library import FOLDER
from dashboard.fhir.guidelines.read_record import read_record
from dashboard.fhir.terminology_files import load_terminology
from tests.guidelines import RULES, library

CELLS = {
    "age": "78",
    "conditions": "HF NYHA II",
    "medicines": "spironolactone since 2026-10-01; bisoprolol",
    "results": "LVEF 35; potassium 5.8; uACR 1",
}
NOW = datetime.fromisoformat("2026-11-23T09:00:00+00:00")
ME = NamedReference(Reference("Practitioner", "gp"), "Dr Jane Okafor")


def heart_and_kidneys(potassium: str = "5.8", target: str = "potassium") -> Contradiction:
    cells = {**CELLS, "results": CELLS["results"].replace("5.8", potassium)}
    record = read_record(list(resources_of(cells, read_words(FOLDER))), load_terminology(), AS_OF)
    facts = compute_facts(record, library().facts_used(), load_terminology(), AS_OF)
    found = contradictions(evaluate(RULES, facts), facts, library().effects)
    return next(each for each in found if each.target == target)


def shown(patient: str = "p1", potassium: str = "5.8", number: str = "new") -> Reconciliation:
    """What the general practitioner sees of it."""
    origin = Reference("DetectedIssue", number)
    return new_reconciliation(heart_and_kidneys(potassium), Reference("Patient", patient), ME, NOW, origin)
