"""What the rule of the eligibility says of a demo patient's record on a day, so that the register agrees with it."""

from datetime import date
from typing import Final

from dashboard.demo.fhir import Json, day
from dashboard.demo.records import Writer
from dashboard.domain.attention.trend import TREND_DAYS, key_results
from dashboard.domain.pilot.eligibility import Eligibility, eligibility
from dashboard.domain.pilot.screening_answer import ScreeningAnswer
from dashboard.domain.pilot.screening_facts import ScreeningFacts
from dashboard.domain.record.condition import Condition
from dashboard.domain.record.observation import Observation
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping import condition, observation, patient, screening_answer
from dashboard.fhir.terminology_files import load_terminology

# How the ids of the Observations that the rule asks for end: reading all of them would take the demo long.
_MEASURED: Final = ("-egfr", "-phq9")
_ANSWERED: Final = ("-nyha", "-living", "-ict", "-ict-carer")


class Judge:
    """The facts of one record, read once."""

    def __init__(self, w: Writer, made: list[Json]) -> None:
        terminology = load_terminology()
        self._person = patient.patient(made[0], date.fromordinal(w.who.as_of))
        read = (condition.from_fhir(one, terminology) for one in made if one["resourceType"] == "Condition")
        self._problems = [one for one in read if isinstance(one, Condition)]
        since = day(w.who.as_of - TREND_DAYS)
        seen = [one for one in made if one["resourceType"] == "Observation" and one["effectiveDateTime"] >= since]
        measured = [observation.from_fhir(one, terminology) for one in seen if one["id"].endswith(_MEASURED)]
        self._results = [each for one in measured if isinstance(one, Observation) for each in one.results]
        answers = [screening_answer.from_fhir(one, terminology) for one in seen if one["id"].endswith(_ANSWERED)]
        self._answers = [one for one in answers if isinstance(one, ScreeningAnswer)]
        self._carers = frozenset(
            Reference("RelatedPerson", one["id"]) for one in made if one["resourceType"] == "RelatedPerson"
        )

    def on(self, ordinal: int) -> Eligibility:
        """What the rule says on a day number."""
        on = date.fromordinal(ordinal)
        results = key_results(self._results, on)
        return eligibility(ScreeningFacts(self._person, self._problems, results, self._answers, self._carers), on)
