"""Results that may still change: which value counts, and what is said of it on every page.

`results` are potassium values with their status; `latest` the one that counts, `urgent` whether it is red. A preliminary
result counts as any other (a dangerous value that the laboratory has rung through is acted on) and says that it is
preliminary; a final one of the same moment replaces it. My record shows no results to the patient, so no preliminary ones
either. After FHIR R4, ObservationStatus; that preliminary results count for what is urgent is our own choice, and a draft.
"""

# The table is wider than code may be.
# ruff: noqa: E501

import pytest

from dashboard.domain.attention.assess import assess
from dashboard.domain.attention.patient_facts import PatientFacts
from dashboard.domain.attention.severity import urgent_measures
from dashboard.domain.attention.trend import key_results
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.observation import Measure
from dashboard.fhir.mapping.observation import from_fhir
from dashboard.fhir.terminology_files import load_terminology
from dashboard.ui.record.reasons import reason_words
from dashboard.ui.record.results import result_words
from tests.spec.words import AS_OF, Line, lines
from tests.unit import people_and_teams as make

SPEC = """
    results                                                                                        | latest | urgent | said        | because
    final 4.4 2026-11-01T08:00Z; preliminary 6.8 2026-11-22T08:00Z                                 | 6.8    | yes    | preliminary | a dangerous value is not missing because it may still change
    final 4.4 2026-11-01T08:00Z; registered 6.8 2026-11-22T08:00Z                                  | 6.8    | yes    | preliminary | registered means that there is no value yet: one that is there is not passed over
    final 4.4 2026-11-01T08:00Z; registered - 2026-11-22T08:00Z                                    | 4.4    | no     |             | there is no value yet
    preliminary 6.8 2026-11-22T08:00Z; final 4.6 2026-11-22T08:00Z                                 | 4.6    | no     |             | the final value of the same sample replaces it
    final 4.6 2026-11-22T08:00Z; preliminary 6.8 2026-11-22T08:00Z                                 | 4.6    | no     |             | in whatever order they come
    preliminary 4.6 2026-11-22T08:00Z; corrected 6.8 2026-11-22T08:00Z                             | 6.8    | yes    |             | corrected and amended values are final
    preliminary 4.6 2026-11-22T09:00+01:00; amended 6.8 2026-11-22T08:00Z                          | 6.8    | yes    |             | the same moment in another zone
    final 6.8 2026-11-21T08:00Z; preliminary 4.6 2026-11-22T08:00Z                                 | 4.6    | no     | preliminary | a later sample is later, preliminary or not
    final 4.4 2026-11-01T08:00Z; cancelled 6.8 2026-11-22T08:00Z                                   | 4.4    | no     |             | a cancelled result is none
    final 4.4 2026-11-01T08:00Z; entered-in-error 6.8 2026-11-22T08:00Z                            | 4.4    | no     |             | nor is one that was entered in error
    final 4.4 2026-11-01T08:00Z; unknown 6.8 2026-11-22T08:00Z                                     | 6.8    | yes    |             | nobody says that it may change
    preliminary 6.8 2026-11-22T08:00Z; preliminary 6.9 2026-11-22T08:00Z                           | 6.9    | yes    | preliminary | two preliminary values: one of them counts
"""


def row(number: int, text: str) -> dict[str, object]:
    status, value, when = text.split()
    made = make.observation(f"o{number}", "p1", "2823-3", 0, "mmol/L", when) | {"status": status}
    if value == "-":
        del made["valueQuantity"]
    else:
        made["valueQuantity"]["value"] = float(value)
    return made


@pytest.mark.parametrize("line", lines(SPEC), ids=lambda line: f"{line.results}: {line.because}")
def test_which_result_counts(line: Line) -> None:
    rows = [row(number, text) for number, text in enumerate(line.parts("results"))]
    read = [from_fhir(each, load_terminology()) for each in rows]
    results = key_results([each for found in read if not isinstance(found, Exclusion) for each in found.results], AS_OF)
    [key] = results.values()
    assert str(float(key.latest.value.value)) == line.latest
    reasons = assess(PatientFacts(results=results, unread=frozenset({"Encounter", "CarePlan"})), AS_OF).reasons
    urgent = urgent_measures(reasons)
    assert (Measure.POTASSIUM in urgent) is (line.urgent == "yes")
    assert ("preliminary" in result_words(key, AS_OF, urgent).marks) is (line.said == "preliminary")
    about = [each for each in reasons if each.result is not None]
    assert [("preliminary" in reason_words(each, AS_OF).text) for each in about] == [bool(line.said)] * len(about)
