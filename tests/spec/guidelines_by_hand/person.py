"""The facts of guideline rules read a second time, slowly and by hand: plain Python over FHIR JSON.

It shares with the engine only how a date is read and the files of data/terminology; units, codes, medicines, what is
unknown, and the three answers are written again here, so that the two can be compared.
"""

from datetime import date
from decimal import Decimal
from functools import cached_property

from dashboard.domain.values.datatypes import PartialDate
from tests.spec.guidelines_by_hand.answers import UNKNOWN, Answer, Number, Word, exactly
from tests.spec.guidelines_by_hand.codes import SETS, atc_of, belongs
from tests.spec.guidelines_by_hand.pilot import PILOT
from tests.spec.guidelines_by_hand.records import (
    first_code,
    first_measure,
    has_value,
    in_unit,
    is_active,
    is_broken,
    is_conference,
    is_in,
    is_left_out,
    performed,
    periods,
    read_date,
    stage_of,
    when_of,
)  # fmt: skip

PROBLEMS = {
    "type_2_diabetes": "condition-T2DM",
    "heart_failure": "condition-HF",
    "chronic_kidney_disease": "condition-CKD",
    "depression": "condition-DEPRESSION",
    "type_1_diabetes": "fact-type-1-diabetes",
    "hypertension": "fact-hypertension",
    "ketoacidosis": "fact-ketoacidosis",
    "foot_ulcer": "fact-foot-ulcer",
    "hypoglycaemia": "fact-hypoglycaemia",
    "frailty": "fact-frailty",
}
CLASSES = {
    "metformin": ["metformin"],
    "sglt2_inhibitor": ["sglt2-inhibitor"],
    "dpp4_inhibitor": ["dpp4-inhibitor"],
    "pioglitazone": ["pioglitazone"],
    "sulfonylurea": ["sulfonylurea"],
    "insulin": ["insulin"],
    "ace_inhibitor": ["ace-inhibitor"],
    "arb": ["arb"],
    "arni": ["arni"],
    "beta_blocker": ["beta-blocker"],
    "mra": ["mra"],
    "diuretic": ["loop-diuretic", "thiazide", "other-diuretic"],
    "loop_diuretic": ["loop-diuretic"],
    "thiazide": ["thiazide"],
    "rate_limiting_ccb": ["rate-limiting-ccb"],
    "nsaid": ["nsaid"],
    "antiplatelet": ["antiplatelet"],
    "anticoagulant": ["anticoagulant"],
    "statin": ["statin"],
    "ssri": ["ssri"],
    "tricyclic": ["tricyclic"],
}
STARTED = {
    "days_since_raas_started": ["ace-inhibitor", "arb"],
    "days_since_mra_started": ["mra"],
    "days_since_antidepressant_started": ["ssri", "tricyclic", "other-antidepressant"],
}
MEASURED = {
    "hba1c": ("HBA1C", 366),
    "egfr": ("EGFR", 366),
    "uacr": ("UACR", 730),
    "potassium": ("POTASSIUM", 183),
    "systolic": ("SYSTOLIC", 366),
    "diastolic": ("DIASTOLIC", 366),
    "lvef": ("LVEF", 730),
    "phq9": ("PHQ9", 90),
}
MOVED = {
    "egfr_fall": ("EGFR", 366, True, False),
    "egfr_fall_percent": ("EGFR", 366, True, True),
    "egfr_fall_percent_90_days": ("EGFR", 90, True, True),
    "creatinine_rise_percent_90_days": ("CREATININE", 90, False, True),
    "weight_gain_3_days": ("WEIGHT", 3, False, False),
}
DONE = {
    "days_since_hba1c": "HBA1C",
    "days_since_egfr": "EGFR",
    "days_since_uacr": "UACR",
    "days_since_potassium": "POTASSIUM",
    "days_since_sodium": "SODIUM",
    "days_since_blood_pressure": "SYSTOLIC",
    "days_since_bmi": "BMI",
}
CHECKED = {
    "days_since_foot_check": "foot",
    "days_since_eye_check": "eyes",
    "days_since_smoking_status": "smoking",
}


class ByHand:
    """One person's records as FHIR JSON, and every fact of the rules as an attribute."""

    def __init__(self, rows: list[dict], on: date, unread=()) -> None:
        self.on, self.unread = on, set(unread)
        self.rows = {
            kind: [row for row in rows if row.get("resourceType") == kind]
            for kind in (
                "Patient",
                "Condition",
                "Observation",
                "MedicationRequest",
                "MedicationStatement",
                "Encounter",
                "Procedure",
                "CareTeam",
                "ResearchSubject",
            )
        }
        self.substances = {f"Medication/{row.get('id')}": row for row in rows if row["resourceType"] == "Medication"}

    # --- problems

    def problem(self, *value_sets: str) -> Answer:
        sure = maybe = False
        broken = "Condition" in self.unread
        for row in self.rows["Condition"]:
            verification = first_code(row.get("verificationStatus"))
            if verification == "entered-in-error":
                continue
            if is_broken(row) or not row.get("code"):
                broken = True
                continue
            if not any(belongs(name, row["code"]) for name in value_sets) or not is_active(row, verification):
                continue
            if verification in ("confirmed", "presumed", ""):
                sure = True
            else:
                maybe = True
        return Answer(True if sure else None if maybe or broken else False)

    @cached_property
    def nyha_class(self) -> Word:
        staged = []
        for row in self.rows["Condition"]:
            if is_broken(row) or not row.get("code"):
                return Word(None)
            verification = first_code(row.get("verificationStatus"))
            if verification not in ("confirmed", "presumed", "") or not is_active(row, verification):
                continue
            stage = stage_of(row)
            if stage and belongs("condition-HF", row["code"]):
                onset = read_date(row.get("onsetDateTime") or row.get("onsetPeriod", {}).get("start"))
                staged.append((onset is None, -onset.moment.timestamp() if onset else 0, row.get("id"), stage))
        return Word(None if "Condition" in self.unread or not staged else min(staged)[3])

    # --- medicines

    def medicines(self):
        """ATC codes of each medicine in force, whether it is taken today, its name and start; None for a broken one."""
        found = []
        for kind in ("MedicationRequest", "MedicationStatement"):
            for row in self.rows[kind]:
                status = row.get("status")
                if status in ("entered-in-error", "draft", "cancelled", "not-taken"):
                    continue
                if kind == "MedicationRequest" and row.get("intent") in ("proposal", "plan", "option"):
                    continue
                named = self.substance(row)
                if is_broken(row) or not named:
                    found.append(None)
                    continue
                if row.get("doNotPerform") or status not in ("active", "on-hold", "intended", "unknown"):
                    continue
                codes, name = named
                ends = [read_date(each.get("end")) for each in periods(row)]
                last = next((end for end in ends if end), None)
                today = status == "active" and not (last and last.end < self.on)
                starts = [row.get("authoredOn"), row.get("effectiveDateTime")]
                starts += [each.get("start") for each in periods(row, bounds=False)] + [row.get("dateAsserted")]
                found.append((codes, today, name, next((when for each in starts if (when := read_date(each))), None)))
        return found

    def substance(self, row):
        own = row.get("medicationCodeableConcept")
        if own:
            code = atc_of(own.get("coding", ()))
            return ([code] if code else [], own.get("text") or "x") if own.get("coding") or own.get("text") else None
        pointer = row.get("medicationReference", {})
        contained = {f"#{part['id']}": part for part in row.get("contained", ())}
        target = contained.get(pointer.get("reference")) or self.substances.get(pointer.get("reference")) or {}
        concept = target.get("code", {})
        parts = [part.get("itemCodeableConcept", {}) for part in target.get("ingredient", ())]
        listed_codings = [concept["coding"]] if concept.get("coding") else [part.get("coding", []) for part in parts]
        name = concept.get("text") or pointer.get("display") or " / ".join(part.get("text", "") for part in parts)
        codes = [code for codings in listed_codings if (code := atc_of(codings))]
        return (codes, name) if name or codes or any(listed_codings) else None

    def takes(self, *classes: str, atc=()) -> Answer:
        paused = maybe = broken = False
        families = [each for name in classes for _, (each, _) in SETS[f"drug-class-{name}"][0]] + list(atc)
        without = tuple(each for name in classes for _, (each, _) in SETS[f"drug-class-{name}"][1])
        # What ATC's code does not tell: combinations of glucose-lowering medicines that are newer than the classes.
        newer: tuple[str, ...] = ()
        if any(each.startswith("A10BD") for each in families):
            newer = ("A10BD35", "A10BD36", "A10BD37", "A10BD38", "A10BD39", "A10BD4")
        if classes == ("mra",):  # "and potassium-sparing agents", "and other diuretics": it is not said which
            newer = ("C03E", "C07C", "C07D")
        if classes == ("nsaid",):  # an opioid with "other non-opioid analgesics"
            newer = ("N02AJ03", "N02AJ09", "N02AJ15")
        for medicine in self.medicines():
            if medicine is None:
                broken = True
                continue
            codes, today, _, _ = medicine
            if any(is_in(code, families, without) for code in codes):
                if today:
                    return Answer(True)
                paused = True
            elif (
                not codes
                or (newer and any(code.startswith(newer) for code in codes))
                or any(f.startswith(code) and f != code for code in codes for f in families)
            ):
                maybe = True
        unread = bool(self.unread & {"MedicationRequest", "MedicationStatement"})
        return Answer(None if paused or maybe or broken or unread else False)

    def started(self, *classes: str) -> Number:
        families = [each for name in classes for _, (each, _) in SETS[f"drug-class-{name}"][0]]
        first: dict[str, PartialDate] = {}
        medicines = self.medicines()
        if None in medicines or self.unread & {"MedicationRequest", "MedicationStatement"}:
            return UNKNOWN
        for codes, today, _, when in medicines:
            for code in codes:
                if today and is_in(code, families, ()):
                    if when is None:
                        return UNKNOWN
                    first[code] = min(when, first.get(code, when))
        return self.days(max(first.values())) if first else UNKNOWN

    @cached_property
    def medicine_count(self) -> Number:
        medicines = self.medicines()
        if None in medicines or self.unread & {"MedicationRequest", "MedicationStatement"}:
            return UNKNOWN
        named = [(tuple(codes) or (name.casefold(),), today) for codes, today, name, _ in medicines]
        least, most = {name for name, today in named if today}, {name for name, _ in named}
        return Number(Decimal(len(least)), Decimal(len(most)))

    # --- results

    def values(self, measure: str):
        """Date, status, value and id of each value of a measure; "broken" in an unknown unit, or without a date."""
        found = []
        for row in self.rows["Observation"]:
            if is_broken(row) or is_left_out(row):
                continue
            when = when_of(row)
            holders = [row] if "component" not in row or has_value(row) else []
            for holder in holders + row.get("component", []):
                if not belongs(f"measure-{measure}", holder.get("code")) or first_measure(holder["code"]) != measure:
                    continue
                value = in_unit(measure, holder)
                if value == "absent":
                    continue
                if when is not None and when.start > self.on and value != "broken":
                    continue
                found.append((when, row.get("status"), "broken" if when is None else value, row.get("id")))
        return found

    def latest(self, measure: str, most_days: int, with_course: bool = False):
        if "Observation" in self.unread:
            return None
        values = self.values(measure)
        fine = [each for each in values if each[2] != "broken"]
        final = {each[0].moment for each in fine if each[1] not in ("preliminary", "registered")}
        fine = [each for each in fine if each[1] not in ("preliminary", "registered") or each[0].moment not in final]
        fine.sort(key=lambda each: (each[0].moment, len(each[0].text), each[2][2], each[3]))
        for when, _, value, _ in values:
            if value == "broken":
                later = when is None or not fine or (when.start <= self.on and when.moment > fine[-1][0].moment)
                if later:
                    return None
        if not fine or (self.on - fine[-1][0].end).days > most_days:
            return None
        return fine if with_course else fine[-1][2][0]

    def measured(self, measure: str, most_days: int) -> Number:
        return self.latest(measure, most_days) or UNKNOWN

    def moved(self, measure: str, most_days: int, falls: bool, percent: bool) -> Number:
        course = self.latest(measure, most_days, with_course=True)
        if not course:
            return UNKNOWN
        day = course[-1][0].start
        near = [each for each in course if each[0].end < day and (day - each[0].start).days <= most_days]
        numbers = [each[2][0].low for each in near if each[2][0].low == each[2][0].high]
        end = course[-1][2][0]
        if not near or len(numbers) < len(near) or end.low != end.high:
            return UNKNOWN
        start = max(numbers) if falls else min(numbers)
        change = max(Decimal(0), start - end.low if falls else end.low - start)
        if percent:
            return exactly(change * 100 / start) if start else UNKNOWN
        return exactly(change)

    def done(self, *measures: str, check: str = "") -> Number:
        """Days since one of the measures was taken or the check done."""
        if "Observation" in self.unread:
            return UNKNOWN
        found, doubtful = [], bool(check) and "Procedure" in self.unread
        for row in self.rows["Procedure"] if check else ():
            when = performed(row)
            if is_broken(row):
                doubtful = True
            elif row.get("status") == "completed" and belongs(f"check-{check}", row.get("code")):
                doubtful = doubtful or when is None
                found += [when] if when is not None and when.start <= self.on else []
        for row in self.rows["Observation"]:
            if is_broken(row):
                doubtful = True
                continue
            if is_left_out(row):
                continue
            holders = ([row] if "component" not in row or has_value(row) else []) + row.get("component", [])
            taken = any(first_measure(holder.get("code")) in measures for holder in holders if holder.get("code"))
            if not taken and not (check and belongs(f"check-{check}", row.get("code"))):
                continue
            when = when_of(row)
            doubtful = doubtful or when is None
            if when is not None and when.start <= self.on:
                found.append(when)
        return self.since(max(found, default=None), doubtful)

    def since(self, last, doubtful: bool) -> Number:
        if last is None:
            return UNKNOWN if doubtful else Number(Decimal(730), None)
        days = self.days(last)
        return Number(Decimal(0), days.high) if doubtful else days

    def days(self, when: PartialDate) -> Number:
        return Number(Decimal(max(0, (self.on - when.end).days)), Decimal(max(0, (self.on - when.start).days)))

    @cached_property
    def days_since_contact(self) -> Number:
        if "Encounter" in self.unread:
            return UNKNOWN
        found, doubtful = [], False
        for row in self.rows["Encounter"]:
            if is_broken(row):
                doubtful = True
                continue
            status, period = row.get("status"), row.get("period", {})
            if status in ("entered-in-error", "cancelled", "planned") or is_conference(row):
                continue
            when = read_date(period.get("start")) or read_date(period.get("end"))
            if status in ("arrived", "triaged", "in-progress", "onleave"):
                when = PartialDate(self.on.isoformat())
            if when is not None and when.start <= self.on:
                found.append(when)
        return self.since(max(found, default=None), doubtful)

    @cached_property
    def phq9_item_9(self) -> Number:
        if "Observation" in self.unread:
            return UNKNOWN
        answers = [
            (when, row)
            for row in self.rows["Observation"]
            if not is_broken(row) and not is_left_out(row) and belongs("fact-phq9-item-9", row.get("code"))
            and (when := when_of(row)) and when.start <= self.on
        ]  # fmt: skip
        if not answers:
            return UNKNOWN
        when, row = max(answers, key=lambda each: (each[0], each[1]["id"]))
        value = row.get("valueInteger", row.get("valueQuantity", {}).get("value"))
        return UNKNOWN if value is None or (self.on - when.end).days > 30 else exactly(str(value))

    @cached_property
    def age(self) -> Number:
        born = next((read_date(row.get("birthDate")) for row in self.rows["Patient"]), None)
        if born is None:
            return UNKNOWN

        def years(day: date) -> int:
            return self.on.year - day.year - ((self.on.month, self.on.day) < (day.month, day.day))

        return Number(Decimal(years(born.end)), Decimal(years(born.start)))

    @cached_property
    def days_since_creatinine(self) -> Number:
        return self.done("CREATININE", "EGFR")

    @cached_property
    def days_since_lipids(self) -> Number:
        return self.done("CHOLESTEROL", "LDL")

    @cached_property
    def days_since_phq9(self) -> Number:
        return self.done("PHQ9", check="phq9")

    @cached_property
    def citalopram(self) -> Answer:
        return self.takes(atc=["N06AB04"])

    @cached_property
    def saxagliptin_or_alogliptin(self) -> Answer:
        # The combinations: with pioglitazone, metformin, metformin (alogliptin), dapagliflozin, both.
        combined = ["A10BD09", "A10BD10", "A10BD13", "A10BD21", "A10BD25"]
        return self.takes(atc=["A10BH03", "A10BH04", *combined])

    def __getattr__(self, name: str):
        for table, make in (
            (PROBLEMS, lambda found: self.problem(found)),
            (CLASSES, lambda found: self.takes(*found)),
            (STARTED, lambda found: self.started(*found)),
            (MEASURED, lambda found: self.measured(*found)),
            (MOVED, lambda found: self.moved(*found)),
            (DONE, lambda found: self.done(found)),
            (CHECKED, lambda found: self.done(check=found)),
            (PILOT, lambda found: found(self)),
        ):
            if name in table:
                self.__dict__[name] = make(table[name])
                return self.__dict__[name]
        raise AttributeError(name)
