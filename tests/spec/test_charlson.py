"""The Charlson index against a slow version: the enhanced ICD-10 codes of Quan 2005 (table 1) as patterns, and the
weights of 1987 beside them. Codes are written without their dot.
"""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.risk.comorbidity import WEIGHTS
from dashboard.domain.risk.score import RiskKey
from dashboard.domain.values.code_systems import ICD_10
from dashboard.domain.values.datatypes import Coding
from tests.laws import examples
from tests.unit.domain.risk.records import TERMINOLOGY, icd, score

PATTERNS = [
    (1, r"I21|I22|I252"),
    (1, r"I099|I110|I13[02]|I255|I420|I42[5-9]|I43|I50|P290"),
    (1, r"I7[01]|I73[189]|I771|I79[02]|K55[189]|Z95[89]"),
    (1, r"G4[56]|H340|I6"),
    (1, r"F0[0-3]|F051|G30|G311"),
    (1, r"I27[89]|J4[0-7]|J6[0-7]|J684|J70[13]"),
    (1, r"M0[56]|M315|M3[2-4]|M35[13]|M360"),
    (1, r"K2[5-8]"),
]
MILD_LIVER = r"B18|K70[0-39]|K71[3-57]|K7[34]|K76[02-489]|Z944"
SEVERE_LIVER = r"I85[09]|I864|I982|K704|K711|K72[19]|K76[5-7]"
DIABETES = r"E1[0-4][01689]|E1[01]$"
WITH_COMPLICATION = r"E1[0-4][2-57]"
CANCER = r"C[01]|C2[0-6]|C3[0-47-9]|C4[0135-9]|C5[0-8]|C6|C7[0-6]|C8[1-58]|C9[0-7]"
METASTASES = r"C7[7-9]|C80"
PATTERNS += [
    (2, r"G041|G114|G80[12]|G8[12]|G83[0-49]"),
    (2, r"I120|I131|N03[2-7]|N05[2-7]|N1[89]|N250|Z49[0-2]|Z940|Z992"),
    (6, r"B2[0124]"),
]


def slow_charlson(codes: list[str]) -> int:
    def has(pattern: str) -> bool:
        return any(re.match(pattern, code) for code in codes)

    points = sum(weight for weight, pattern in PATTERNS if has(pattern))
    points += 3 if has(SEVERE_LIVER) else 1 if has(MILD_LIVER) else 0
    points += 2 if has(WITH_COMPLICATION) else 1 if has(DIABETES) else 0
    return points + (6 if has(METASTASES) else 2 if has(CANCER) else 0)


LETTERS, DIGITS = "BCEFGHIJKMNPZ", "0123456789"
# Near the codes that are listed, where a wrong one would show: all of three characters, and their first subdivisions.
codes = st.tuples(st.sampled_from(LETTERS), st.integers(0, 99), st.sampled_from(["", *DIGITS])).map(
    lambda parts: f"{parts[0]}{parts[1]:02}{parts[2]}"
)


@settings(max_examples=examples(300))
@given(st.lists(codes, max_size=8))
def test_the_index_of_a_list_of_codes_is_that_of_the_slow_version(listed: list[str]) -> None:
    made = score(RiskKey.CHARLSON, [icd(code) for code in listed])
    assert made.value is not None
    assert (made.value.comparator, int(made.value.value)) == ("", slow_charlson(listed))


def test_every_code_near_the_listed_ones_is_in_the_list_of_the_slow_version() -> None:
    near = [f"{letter}{number:02}{last}" for letter in LETTERS for number in range(100) for last in ("", *DIGITS)]
    listed = {code: TERMINOLOGY.value_sets(Coding(ICD_10, code)) for code in near}
    points = {
        code: sum(WEIGHTS.get(name.removeprefix("charlson-"), 0) for name in names) for code, names in listed.items()
    }
    # Without a fourth character only our map says what they are.
    assert {code for code in near if points[code] != slow_charlson([code])} == {"E10", "E11"}
