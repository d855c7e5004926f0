"""A check that was last done more than two years ago: the same sentence on Worklist and Patient.

The worklist reads two years. What was done before it does not know, and so no page makes anything of it but the list of
checks of the patient's page, which adds when it was. The day of view is 23 November 2026.
"""

import pytest

from dashboard.domain.attention.assess import assess
from dashboard.domain.attention.patient_facts import PatientFacts
from dashboard.ui.record.reasons import reason_words, reasons_words, show_last
from tests.spec.words import AS_OF, Line, conditions, lines, results

SPEC = """
    results                                              | sentence                                      | card                    | because
    PHQ-9 4 {score} 2025-10-01                           | PHQ-9 overdue, due 01-Oct-2026                | last done 01-Oct-2025   | within two years
    PHQ-9 4 {score} 2024-11-23                           | PHQ-9 overdue, due 23-Nov-2025                | last done 23-Nov-2024   | the first of the two years
    PHQ-9 4 {score} 2024-11-22                           | PHQ-9 overdue: none in the last two years     | last done 22-Nov-2024   | a day longer ago
    PHQ-9 4 {score} 2023-03-12                           | PHQ-9 overdue: none in the last two years     | last done 12-Mar-2023   | longer ago
    PHQ-9 4 {score} 2023                                 | PHQ-9 overdue: none in the last two years     | last done 2023          | a year alone
                                                         | PHQ-9 overdue: none in the last two years     | no record of it         | never
"""  # noqa: E501


@pytest.mark.parametrize("line", lines(SPEC), ids=lambda line: line.because)
def test_what_is_said_of_a_check_that_is_overdue(line: Line) -> None:
    keys, stages = conditions(Line({"conditions": "depression"}))
    unread = frozenset({"Encounter", "CarePlan"})
    known = results(line)
    found = assess(PatientFacts(conditions=keys, stages=stages, results=known, unread=unread), AS_OF)
    [said] = [each for each in found.reasons if each.detail == "phq9-overdue"]
    assert reason_words(said, AS_OF).text == line.sentence
    assert [show_last(check) for check in found.overdue] == [line.card]
    [line_of_list] = reasons_words([said], found.overdue, AS_OF)
    assert line_of_list.text == "1 check overdue: PHQ-9"
