"""The evaluation once more, slowly: straight from raw JSON, record by record, without any code of the dashboard.

It knows the measures of `data/evaluation` by heart, on purpose: a change of a file has to be made here too.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from statistics import median
from typing import Any

Json = dict[str, Any]
CODES = {"4548-4": "hba1c", "59261-8": "hba1c", "33914-3": "egfr", "62238-1": "egfr", "44261-6": "phq", "8480-6": "sys",
         "8462-4": "dia"}  # fmt: skip
HALF_YEARS = {"6 months": (121, 243, 182), "12 months": (304, 426, 365)}
SNOMED = {"44054006": "T2DM", "84114007": "HF", "433144002": "CKD", "35489007": "DEPRESSION"}


def days_of(text: str, zone: tzinfo) -> date | None:
    """The day of a date or a dateTime at the sites; None where it is not known."""
    if len(text) < 10:
        return None
    if len(text) == 10:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text).astimezone(zone).date()


def moment_of(text: str, zone: tzinfo) -> datetime:
    if len(text) == 10:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    return datetime.fromisoformat(text)


def _in_unit(code: str, number: float, unit: str) -> float | None:
    value = Decimal(str(number))
    table = {
        ("hba1c", "mmol/mol"): (1, 0), ("hba1c", "%"): (Decimal("10.93"), Decimal("-23.50")),
        ("egfr", "mL/min/{1.73_m2}"): (1, 0), ("egfr", "mL/s/{1.73_m2}"): (60, 0), ("phq", "{score}"): (1, 0),
        ("sys", "mm[Hg]"): (1, 0), ("dia", "mm[Hg]"): (1, 0), ("sys", "kPa"): (Decimal("7.50062"), 0),
    }  # fmt: skip
    line = table.get((CODES[code], unit))
    if line is None:
        return None
    made = value * line[0] + line[1]
    return float(made if line == (1, 0) else made.quantize(Decimal(1), ROUND_HALF_UP))


class Slow:
    """The study's resources, asked again for each number."""

    def __init__(self, rows: Iterable[Json], today: date, zone: tzinfo) -> None:
        self.rows, self.today, self.zone = list(rows), today, zone

    def of(self, kind: str, whose: str) -> list[Json]:
        found = []
        for row in self.rows:
            pointer = row.get("for") if kind == "Task" else row.get("subject")
            if row["resourceType"] == kind and pointer and pointer["reference"] == f"Patient/{whose}":
                found.append(row)
        return found

    def people(self) -> dict[str, Json]:
        """id -> enrolled, until, died, arm, site, of who is evaluated."""
        found: dict[str, Json] = {}
        for row in self.rows:
            if row["resourceType"] != "ResearchSubject":
                continue
            who = row["individual"]["reference"].split("/")[1]
            changes = []
            for extension in row["extension"]:
                parts = {part["url"]: part for part in extension["extension"]}
                if "takenBack" not in parts and parts["action"]["valueCode"] != "take-back":
                    changes.append(parts)
            entered = [each for each in changes if each["state"]["valueCode"] == "enrolled"]
            if not entered or changes[-1]["state"]["valueCode"] == "withdrawn":
                continue
            enrolled = date.fromisoformat(min(each["day"]["valueDate"] for each in entered))
            if enrolled > self.today:
                continue
            ends, died = [], False
            if changes[-1]["state"]["valueCode"] == "left":
                ends.append(date.fromisoformat(changes[-1]["day"]["valueDate"]))
                died = changes[-1]["reason"]["valueCoding"]["code"] == "died"
            [one] = [row for row in self.rows if row["resourceType"] == "Patient" and row["id"] == who]
            if "deceasedDateTime" in one:
                ends.append(date.fromisoformat(one["deceasedDateTime"]))
                died = True
            died = died or one.get("deceasedBoolean") is True
            found[who] = {
                "enrolled": enrolled, "until": min(ends, default=None), "died": died, "arm": row["assignedArm"],
                "site": entered[0]["site"]["valueReference"]["reference"].split("/")[1],
            }  # fmt: skip
        return found

    def conditions(self, whose: str) -> str:
        had = []
        for row in self.of("Condition", whose):
            if row["verificationStatus"]["coding"][0]["code"] == "confirmed":
                had.append(SNOMED[row["code"]["coding"][0]["code"]])
        had = [key for key in ("T2DM", "HF", "CKD", "DEPRESSION") if key in had]
        return "+".join(had) if len(had) == 2 else "3+" if len(had) > 2 else "0-1"

    def results(self, whose: str, wanted: str, first: date, last: date) -> list[tuple[date, float]]:
        """Of each moment one value, in the order of moments; a final one before a preliminary one, then the last id."""
        at: dict[datetime, tuple[tuple[bool, str], date, float]] = {}
        for row in self.of("Observation", whose):
            parts = row.get("component", [row])
            day = days_of(row["effectiveDateTime"], self.zone)
            if row["status"] in ("entered-in-error", "cancelled") or day is None or not first <= day <= last:
                continue
            for part in parts:
                code, quantity = part["code"]["coding"][0]["code"], part["valueQuantity"]
                if CODES.get(code) != wanted or "comparator" in quantity:
                    continue
                value = _in_unit(code, quantity["value"], quantity["code"])
                moment = moment_of(row["effectiveDateTime"], self.zone)
                rank = (row["status"] not in ("preliminary", "registered"), row["id"])
                if value is not None and (moment not in at or rank > at[moment][0]):
                    at[moment] = rank, day, value
        return [(day, value) for _, (_, day, value) in sorted(at.items())]

    def measures(self, whose: str) -> dict[tuple[str, str], float | None]:
        """(measure, period) -> value, None where there is none."""
        who = self.people()[whose]
        day0, found = who["enrolled"], {}

        def window(first: int, last: int) -> tuple[date, date]:
            end = min(day0 + timedelta(last), self.today, who["until"] or self.today)
            return day0 + timedelta(first), end

        for key, wanted in (
            ("hba1c", "hba1c"), ("systolic-pressure", "sys"), ("diastolic-pressure", "dia"), ("phq-9", "phq")
        ):  # fmt: skip
            values = self.results(whose, wanted, *window(-183, 0))
            found[key, "before"] = values[-1][1] if values else None
            for name, (first, last, aim) in HALF_YEARS.items():
                best = None
                for day, value in self.results(whose, wanted, *window(first, last)):
                    off = abs((day - day0).days - aim)
                    if best is None or off <= best[0]:
                        best = off, value
                found[key, name] = best[1] if best else None
        for name, days in (("before", (-730, 0)), ("12 months", (1, 426))):
            found["egfr-slope", name] = self.slope(self.results(whose, "egfr", *window(*days)))
        for name, days in (("before", (-365, -1)), ("12 months", (0, 364))):
            first, last = window(*days)
            gone = last < first or (who["died"] and not who["until"] and name != "before")
            found["admissions", name] = None if gone else self.admissions(whose, first, last)
            found["goals-achieved", name] = None if gone else self.goals(whose, first, last)
            found["time-to-done", name] = None if last < first else self.time_to_done(whose, first, last)
        for name, offset in (("before", 0), ("6 months", 182), ("12 months", 365)):
            first, last = window(offset, offset)
            gone = last < first or (who["died"] and not who["until"] and name != "before")
            number = None if gone else self.medicines(whose, first)
            found["medicines", name] = number
            found["polypharmacy", name] = None if number is None else 100.0 if number >= 5 else 0.0
        return found

    def slope(self, values: list[tuple[date, float]]) -> float | None:
        if len(values) < 3 or (values[-1][0] - values[0][0]).days < 90:
            return None
        xs = [Fraction(day.toordinal() * 4, 1461) for day, _ in values]
        ys = [Fraction(value) for _, value in values]
        n, sx, sy = len(xs), sum(xs), sum(ys)
        top = n * sum(x * y for x, y in zip(xs, ys, strict=True)) - sx * sy
        return float(top / (n * sum(x * x for x in xs) - sx * sx))

    def admissions(self, whose: str, first: date, last: date) -> float:
        number = 0
        for row in self.of("Encounter", whose):
            day = days_of(row["period"]["start"], self.zone)
            inpatient = row["class"]["code"] in ("IMP", "ACUTE", "NONAC") and "identifier" not in row
            if inpatient and row["status"] in ("finished", "in-progress") and day and first <= day <= last:
                number += 1
        return number / (((last - first).days + 1) / 365.25)

    def goals(self, whose: str, first: date, last: date) -> float | None:
        ran = reached = 0
        for row in self.of("Goal", whose):
            life, since = row["lifecycleStatus"], date.fromisoformat(row["startDate"])
            changed = date.fromisoformat(row["statusDate"]) if "statusDate" in row else None
            good = row["achievementStatus"]["coding"][0]["code"] in ("achieved", "sustaining")
            over = life in ("completed", "cancelled")
            if life in ("proposed", "entered-in-error") or since > last or (over and changed is None):
                continue
            if changed is not None and (over or good) and changed < first:
                continue
            ran += 1
            reached += good and changed is not None and changed <= last
        return 100 * reached / ran if ran else None

    def time_to_done(self, whose: str, first: date, last: date) -> float | None:
        meetings = {row["id"] for row in self.of("Encounter", whose) if "identifier" in row}
        took = []
        for row in self.of("Task", whose):
            decided, end = date.fromisoformat(row["authoredOn"]), row["executionPeriod"].get("end")
            if row["status"] == "completed" and end and row["encounter"]["reference"].split("/")[1] in meetings:
                done = date.fromisoformat(end)
                if first <= decided <= last and done <= last:
                    took.append((done - decided).days)
        return float(median(took)) if took else None

    def medicines(self, whose: str, day: date) -> float | None:
        names, any_at_all = set(), False
        for row in self.of("MedicationRequest", whose):
            if row["status"] not in ("active", "completed", "stopped"):
                continue
            any_at_all = True
            end = row["dispenseRequest"]["validityPeriod"].get("end")
            if row["status"] != "active" and not end:
                continue
            if date.fromisoformat(row["authoredOn"]) <= day and (not end or date.fromisoformat(end) >= day):
                names.add(row["medicationCodeableConcept"]["coding"][0]["code"])
        return float(len(names)) if any_at_all else None
