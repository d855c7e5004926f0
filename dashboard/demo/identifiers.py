"""Identifiers that are well formed and belong to nobody.

* NHS number: the range 999 is reserved for tests (NHS Data Dictionary); ten digits, the last a valid modulus 11 check.
* Personnummer: birth numbers 980 to 999, the Tax Agency's range for test persons; the check digit is right.
* CIC (Osakidetza): no public form is known, so a plain number under a system URL of our own.
"""

from typing import Final

from dashboard.demo.fhir import OWN, Json

NHS_NUMBER: Final = "https://fhir.nhs.uk/Id/nhs-number"
PERSONNUMMER: Final = "urn:oid:1.2.752.129.2.1.3.1"
CIC: Final = OWN + "NamingSystem/osakidetza-cic"


def nhs_check(nine: str) -> int:
    """The modulus 11 check digit of nine digits; 10 means that the number is not used."""
    left = sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True)) % 11
    return (11 - left) % 11


def nhs_number(index: int) -> str:
    """The index-th usable number of the test range: of every 12 numbers one is taken whose check digit exists."""
    for step in range(12):
        nine = f"999{(index * 12 + step) % 1_000_000:06d}"
        if nhs_check(nine) != 10:
            return f"{nine}{nhs_check(nine)}"
    raise AssertionError("one of twelve neighbours always has a check digit below 10")


def luhn(digits: str) -> int:
    """The check digit that follows these digits (the first is doubled)."""
    total = 0
    for place, digit in enumerate(digits):
        value = int(digit) * (2 - place % 2)
        total += value - 9 if value > 9 else value
    return -total % 10


def personnummer(birth: str, female: bool, index: int) -> str:
    """`19480203-9823` for a birth date `1948-02-03`: the third digit of the four is even for women."""
    number = 980 + 2 * (index % 10) + (0 if female else 1)
    short = birth[2:].replace("-", "") + str(number)
    return f"{birth.replace('-', '')}-{number}{luhn(short)}"


def identifier(kind: str, index: int, birth: str, female: bool) -> Json:
    """The identifier of the kind that a region uses."""
    if kind == "nhs-number":
        return {"use": "official", "system": NHS_NUMBER, "value": nhs_number(index)}
    if kind == "personnummer":
        return {"use": "official", "system": PERSONNUMMER, "value": personnummer(birth, female, index)}
    return {"use": "official", "system": CIC, "value": f"99{index:07d}"}
