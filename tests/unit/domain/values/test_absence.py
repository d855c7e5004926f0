"""What a concept says by naming nothing, in codes and in the words of four languages."""

import pytest

from dashboard.domain.values.absence import Absence, Subject
from dashboard.domain.values.code_systems import DATA_ABSENT_REASON, RXNORM, SNOMED
from dashboard.domain.values.datatypes import CodeableConcept, Coding
from dashboard.fhir.terminology_files import load_terminology

T = load_terminology()
NONE, PARTLY, NOT_RECORDED, UNKNOWN = (
    Absence.NONE_KNOWN, Absence.PARTLY_NONE, Absence.NOT_RECORDED, Absence.UNKNOWN,
)  # fmt: skip
IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
A, M, P = Subject.ALLERGIES, Subject.MEDICINES, Subject.PROBLEMS


@pytest.mark.parametrize(
    ("subject", "words", "expected"),
    [
        (A, "No known allergies", NONE),
        (A, "NKA", NONE),
        (A, " no  known ALLERGIES. ", NONE),
        (A, "No known allergy (situation)", NONE),
        (A, "None known", NONE),
        (A, "Sin alergias conocidas", NONE),
        (A, "Ez da alergiarik ezagutzen", NONE),
        (A, "Inga kända allergier", NONE),
        (A, "NKDA", PARTLY),
        (A, "No known drug allergies", PARTLY),
        (A, "No known allergy to penicillin", PARTLY),
        (A, "Sin alergias medicamentosas conocidas", PARTLY),
        (A, "Ez da sendagai alergiarik ezagutzen", PARTLY),
        (A, "Inga kända läkemedelsallergier", PARTLY),
        (A, "No information about allergies", NOT_RECORDED),
        (A, "Uppgift om allergi saknas", NOT_RECORDED),
        (A, "Unknown", UNKNOWN),
        (A, "No consta", UNKNOWN),
        (A, "Penicillin", None),
        (A, "", None),
        (A, "No known allergies except penicillin", None),
        (A, "No known drug allergies other than penicillin", None),
        (A, "No known allergies: penicillin rash 2019", None),
        (A, "No known drug allergies, but latex", None),
        (A, "Sin alergias conocidas salvo penicilina", None),
        (A, "Inga kända allergier utom penicillin", None),
        (A, "No known problems", None),
        (M, "No current medications", NONE),
        (M, "Sin medicación", NONE),
        (M, "Ez du botikarik hartzen", NONE),
        (M, "Inga läkemedel", NONE),
        (M, "Drug treatment unknown", NOT_RECORDED),
        (M, "Metformin", None),
        (M, "No known allergies", None),
        (P, "No known problems", NONE),
        (P, "Sin problemas conocidos", NONE),
        (P, "Arazo ezagunik ez", NONE),
        (P, "Inga kända problem", NONE),
        (P, "No problem list yet", None),
    ],
)
def test_words_are_an_absence_only_as_a_whole(subject: Subject, words: str, expected: Absence | None) -> None:
    assert T.absence(subject, CodeableConcept((), words)) is expected


@pytest.mark.parametrize(
    ("subject", "codings", "text", "expected"),
    [
        (A, [Coding(SNOMED, "716186003")], "NKA, checked with the patient", NONE),
        (A, [Coding(SNOMED, "160244002")], "", NONE),
        (A, [Coding("http://snomed.info/sct|http://snomed.info/sct/900000000000207008", "428607008")], "", PARTLY),
        (
            A,
            [Coding(IPS, "no-allergy-info")],
            "",
            NOT_RECORDED,
        ),
        (A, [Coding(DATA_ABSENT_REASON, "not-asked")], "", UNKNOWN),
        (A, [Coding(DATA_ABSENT_REASON, "masked")], "", None),
        (A, [Coding("http://local", "NKA-1")], "No known allergies", NONE),
        # The weakest of several counts.
        (A, [Coding(SNOMED, "716186003"), Coding(SNOMED, "409137002")], "", PARTLY),
        # A code that names a thing is never taken away by words, nor by another code.
        (A, [Coding(SNOMED, "91936005")], "No known allergies", None),
        (A, [Coding(RXNORM, "7980")], "Unknown", None),
        (A, [Coding(SNOMED, "716186003"), Coding(SNOMED, "91936005")], "", None),
        (A, [Coding(SNOMED, "91936005", "No known egg allergy (situation)")], "", PARTLY),
        (M, [Coding(SNOMED, "787481004")], "", NONE),
        (M, [Coding(SNOMED, "182904002")], "", NOT_RECORDED),
        (P, [Coding(SNOMED, "160245001")], "", NONE),
        (P, [Coding(SNOMED, "716186003")], "", None),
    ],
)
def test_codes_count_before_words(subject: Subject, codings: list[Coding], text: str, expected: Absence | None) -> None:
    assert T.absence(subject, CodeableConcept(tuple(codings), text)) is expected
