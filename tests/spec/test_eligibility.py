"""Who may take part in the pilot (NCT03834207), and which fact is missing where the record cannot say.

The day of view is 23 November 2026. `?HF` is only suspected. `home` and `ict` are the answers of the screening: of the
patient, or of a carer. All limits that the trial's entry does not give are drafts.
"""

# The tables are wider than code may be.
# ruff: noqa: E501

import pytest

from dashboard.domain.pilot.eligibility import SOURCES, Criterion, Eligibility, eligibility
from tests.spec.screening import facts
from tests.spec.words import AS_OF, Line, lines


def judged(line: Line) -> Eligibility:
    return eligibility(facts(line), AS_OF)


CRITERIA = {
    Criterion.AGE: """
        verdict    | born       | missing | because
        met        | 1971-11-23 |         | 55 today
        not-met    | 1971-11-24 |         | 55 tomorrow
        met        | 1970       |         | born in 1970, 55 at the least
        cannot-say | 1971       | age     | 55 or 54, by the day
        cannot-say | 1971-11    | age     | 55 or 54, by the day
        met        | 1971-10    |         | 55 whatever the day
        not-met    | 1972       |         | 54 at the most
        not-met    | 2027       |         | a birth date to come
        cannot-say |            | age     | no birth date
        """,
    Criterion.TYPE_2_DIABETES: """
        verdict    | conditions    | unread    | missing         | because
        met        | T2DM          |           |                 | on the problem list
        not-met    | HF            |           |                 | not on the problem list
        not-met    | T2DM inactive |           |                 | over
        cannot-say | ?T2DM         |           | type-2-diabetes | nobody has confirmed it
        met        | ?T2DM; T2DM   |           |                 | confirmed by another
        cannot-say |               | Condition | type-2-diabetes | the problem list could not be read in full
        met        | T2DM          | Condition |                 | it is there, whatever else is not
        """,
    Criterion.KIDNEYS: """
        verdict    | conditions | results                               | unread    | missing              | because
        met        | CKD        | eGFR 30 mL/min/{1.73_m2} 2026-05-01   |           |                      | from 30
        met        | CKD        | eGFR 59.5 mL/min/{1.73_m2} 2026-05-01 |           |                      | under 60
        not-met    | CKD        | eGFR 60 mL/min/{1.73_m2} 2026-05-01   |           |                      | 60
        not-met    | CKD        | eGFR 29.9 mL/min/{1.73_m2} 2026-05-01 |           |                      | under 30
        not-met    | CKD        | eGFR <30 mL/min/{1.73_m2} 2026-05-01  |           |                      | certainly under 30
        not-met    | CKD        | eGFR >60 mL/min/{1.73_m2} 2026-05-01  |           |                      | certainly over
        not-met    | CKD        | eGFR >59 mL/min/{1.73_m2} 2026-05-01  |           |                      | whole numbers: 60 or more
        cannot-say | CKD        | eGFR <60 mL/min/{1.73_m2} 2026-05-01  |           | egfr                 | may be 20
        cannot-say | CKD        | eGFR >45 mL/min/{1.73_m2} 2026-05-01  |           | egfr                 | may be 90
        met        | CKD        | eGFR 45 mL/min/{1.73_m2} 2025-11-22   |           |                      | 366 days old
        cannot-say | CKD        | eGFR 45 mL/min/{1.73_m2} 2025-11-21   |           | egfr                 | 367 days old counts as missing
        cannot-say | CKD        |                                       |           | egfr                 | no eGFR
        met        | CKD        | eGFR 80 mL/min/{1.73_m2} 2026-01-01; eGFR 45 mL/min/{1.73_m2} 2026-05-01 | | | the latest counts
        cannot-say |            | eGFR 45 mL/min/{1.73_m2} 2026-05-01   |           | kidney-disease       | one eGFR is no diagnosis, and nobody wrote one down
        cannot-say |            | eGFR <60 mL/min/{1.73_m2} 2026-05-01  |           | kidney-disease; egfr | may be in it, and nobody wrote a diagnosis down
        not-met    |            | eGFR 45 mL/min/{1.73_m2} 2025-01-01   |           |                      | too old to doubt the problem list
        not-met    |            | eGFR 70 mL/min/{1.73_m2} 2026-05-01   |           |                      | neither
        not-met    |            |                                       |           |                      | no kidney disease on the problem list
        cannot-say | ?CKD       |                                       |           | kidney-disease; egfr | both open
        not-met    | ?CKD       | eGFR 70 mL/min/{1.73_m2} 2026-05-01   |           |                      | not whatever the diagnosis
        cannot-say |            | eGFR 45 mL/min/{1.73_m2} 2026-05-01   | Condition | kidney-disease       | the problem list could not be read in full
        cannot-say |            |                                       | Observation | kidney-disease; egfr | an eGFR from 30 to 59 may be there, and nobody wrote a diagnosis down
        """,
    Criterion.HEART_FAILURE: """
        verdict    | conditions  | observed                         | missing    | because
        met        | HF NYHA I   |                                  |            | class I
        met        | HF NYHA II  |                                  |            | class II
        not-met    | HF NYHA III |                                  |            | class III
        not-met    | HF NYHA IV  |                                  |            | class IV
        cannot-say | HF          |                                  | nyha-class | no class
        cannot-say | HF stage C  |                                  | nyha-class | a stage of another scale
        not-met    | HF NYHA II  | NYHA III                         |            | observed later than the diagnosis
        met        | HF NYHA III | NYHA II                          |            | better since
        met        | HF NYHA II  | NYHA III 2025-11-21              |            | observed 367 days ago: does not count
        met        | HF          | NYHA II 2025-11-22               |            | 366 days old
        cannot-say | HF          | NYHA II 2025-11-21               | nyha-class | too old
        met        | HF          | NYHA III 2026-01-01; NYHA II     |            | the latest counts
        met        | HF          | NYHA II; NYHA III 2026-12-01     |            | one of a later day does not
        cannot-say | HF          | NYHA II; NYHA III                | nyha-class | two of one day that differ
        cannot-say | HF          | not understood                   | nyha-class | a value that is not understood
        not-met    |             | NYHA II                          |            | no heart failure on the problem list
        """,
    Criterion.DEPRESSION: """
        verdict    | conditions          | results                     | missing             | because
        met        | depression mild     |                             |                     | mild
        met        | depression moderate |                             |                     | moderate
        not-met    | depression severe   |                             |                     | severe
        met        | depression mild     | PHQ-9 20 {score} 2026-11-01 |                     | what a clinician recorded counts
        met        | depression          | PHQ-9 5 {score} 2026-11-01  |                     | mild by its score
        met        | depression          | PHQ-9 14 {score} 2026-11-01 |                     | moderate by its score
        not-met    | depression          | PHQ-9 15 {score} 2026-11-01 |                     | moderately severe
        not-met    | depression          | PHQ-9 4 {score} 2026-11-01  |                     | less than mild
        cannot-say | depression          | PHQ-9 9 {score} 2025-11-21  | depression-severity | 367 days old
        cannot-say | depression          |                             | depression-severity | neither severity nor score
        not-met    |                     | PHQ-9 9 {score} 2026-11-01  |                     | a score is no diagnosis
        """,
    Criterion.AT_HOME: """
        verdict    | home                     | missing          | because
        met        | yes                      |                  | at home
        not-met    | no                       |                  | in a nursing home, say
        met        | yes 2019-01-01           |                  | asked long ago: it has no limit
        not-met    | yes 2025-01-01; no       |                  | the latest counts
        cannot-say | yes 2026; no 2026-03-01  | living-situation | which is later is not known
        met        | yes; no 2026-12-01       |                  | one of a later day does not count
        not-met    | yes 2026-11-01T09:00:00Z; no 2026-11-01T15:00:00Z | | later on the same day
        cannot-say | not understood           | living-situation | a value that is not understood
        cannot-say |                          | living-situation | never asked
        """,
    Criterion.ICT: """
        verdict    | ict                       | unread  | missing                              | because
        met        | yes                       |         |                                      | the patient passes
        met        | no; carer yes             |         |                                      | a carer passes
        met        | yes; carer no             |         |                                      | one is enough
        not-met    | no                        |         |                                      | no carer is known
        not-met    | no; carer no              |         |                                      | neither
        cannot-say | no; carer unasked         |         | carer-ict-self-check                 | the carer has not been asked
        cannot-say | carer unasked             |         | ict-self-check; carer-ict-self-check | nobody has been asked
        cannot-say | carer no                  |         | ict-self-check                       | the patient has not been asked
        cannot-say |                           |         | ict-self-check                       | not asked, and no carer is known
        met        | no 2026-01-01; yes        |         |                                      | passed at the second time
        cannot-say |                           | answers | ict-self-check; carer-ict-self-check | the answers could not be read
        """,
}
NOT_READ = {
    Criterion.HEART_FAILURE: """
        verdict    | conditions | unread    | missing             | because
        cannot-say | HF NYHA II | answers   | nyha-class          | another class may have been observed since
        """,
    Criterion.DEPRESSION: """
        verdict    | conditions      | results                     | unread    | missing             | because
        cannot-say | depression      | PHQ-9 20 {score} 2026-11-01 | Condition | depression-severity | another severity may be recorded
        met        | depression mild | PHQ-9 20 {score} 2026-11-01 | Condition |                     | what is there is recorded
        """,
}
TABLED = [(criterion, line) for criterion, table in (*CRITERIA.items(), *NOT_READ.items()) for line in lines(table)]

_EGFR = "eGFR 45 mL/min/{1.73_m2} 2026-05-01"
OUTCOMES = f"""
    outcome      | born | conditions                              | results | home | ict | failed              | missing                          | because
    eligible     | 1950 | T2DM; CKD                               | {_EGFR} | yes  | yes |                     |                                  | all criteria
    eligible     | 1950 | T2DM; CKD; HF; ?depression              | {_EGFR} | yes  | yes |                     |                                  | two are met, whatever the others
    not-eligible | 1980 | T2DM; HF                                |         |      |     | age                 |                                  | too young, whatever is missing
    not-eligible | 1950 | T2DM                                    |         | yes  | yes | two-conditions      |                                  | one condition alone
    not-eligible | 1950 | T2DM; HF NYHA III                       |         | yes  | yes | two-conditions      |                                  | heart failure, but class III
    not-eligible | 1950 | HF                                      |         | yes  | yes | two-conditions      |                                  | one at the most, whatever its class
    not-eligible | 1950 | T2DM; CKD                               | {_EGFR} | no   | no  | at-home; ict        |                                  | both are named
    not-known    | 1950 | T2DM; HF                                |         | yes  | yes |                     | nyha-class                       | one is met, one is open
    not-known    | 1950 | HF; depression                          |         | yes  | yes |                     | nyha-class; depression-severity  | two are open, none is met
    not-known    | 1971 | T2DM; CKD; HF                           | {_EGFR} |      | yes |                     | age; living-situation            | the class of heart failure could change nothing
    """
WHOLE = lines(OUTCOMES)


@pytest.mark.parametrize(("criterion", "line"), TABLED, ids=lambda each: each.because if isinstance(each, Line) else "")
def test_what_the_record_says_of_a_criterion(criterion: Criterion, line: Line) -> None:
    [found] = [each for each in judged(line).results if each.criterion is criterion]
    assert (found.verdict, list(found.missing)) == (line.verdict, line.parts("missing"))


@pytest.mark.parametrize("line", WHOLE, ids=lambda line: line.because)
def test_what_follows_for_the_patient(line: Line) -> None:
    found = judged(line)
    assert (found.outcome, list(found.failed), list(found.missing)) == (
        line.outcome,
        line.parts("failed"),
        line.parts("missing"),
    )


def test_every_criterion_has_its_table_and_names_its_source_as_a_draft() -> None:
    assert {*CRITERIA, Criterion.TWO_CONDITIONS} == set(Criterion) == set(SOURCES)
    assert all(source.startswith("NCT03834207: ") and source.endswith("draft") for source in SOURCES.values())


def test_the_facts_used_are_named_with_record_value_and_date() -> None:
    table = f"""
        born | conditions            | results | home | ict
        1950 | T2DM; CKD; HF; ?depression | {_EGFR} | yes | carer yes
        """
    found = judged(lines(table)[0])
    assert [(each.key, str(each.origin), str(each.when)) for each in found.used] == [
        ("age", "Patient/p1", "None"),
        ("type-2-diabetes", "Condition/c0", "2015"),
        ("kidney-disease", "Condition/c1", "2015"),
        ("egfr", "Observation/o0", "2026-05-01"),
        ("heart-failure", "Condition/c2", "2015"),
        ("depression", "Condition/c3", "2015"),
        ("living-situation", "Observation/living-situation-0", "2026-11-01"),
        ("carer-ict-self-check", "Observation/ict-self-check-0", "2026-11-01"),
    ]
    assert [each.key for each in found.used if each.doubtful] == ["depression"]


def test_a_confirmed_diagnosis_is_used_rather_than_a_suspected_one() -> None:
    found = judged(lines("conditions\n?T2DM; T2DM")[0])
    assert [(str(each.origin), each.doubtful) for each in found.used] == [("Condition/c1", False)]


def test_a_fact_that_is_too_old_is_shown_and_not_counted() -> None:
    table = """
        conditions | results                             | observed
        CKD; HF    | eGFR 45 mL/min/{1.73_m2} 2025-01-01 | NYHA II 2025-01-01
        """
    assert [(each.key, str(each.when)) for each in judged(lines(table)[0]).used if each.too_old] == [
        ("egfr", "2025-01-01"),
        ("nyha-class", "2025-01-01"),
    ]
