"""What happened to a patient: visits with their results, and the medicines that followed from them.

A visit reads the true course (kidneys fall along a line, sugar drifts up and answers to medicines), measures it with
the laboratory's scatter, and then decides as a clinician of that year would, who does not always act at once.
Days are proleptic day numbers; values are in canonical units.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from dashboard.demo import depression, diabetes, heart, kidney
from dashboard.demo.chance import between
from dashboard.demo.profile import YEAR, Profile
from dashboard.demo.staging import kidney_stages

# Days between visits: in the last two years, and before.
_RECENT: Final = (90, 150)
_EARLIER: Final = (180, 260)
_RECENT_DAYS: Final = 730
# Of those with heart failure, how many were once in hospital with it.
_ADMITTED: Final = 0.3
# Of all, how many have a blood test in the last days that nobody has talked to them about.
_FRESH: Final = 0.16
_ACTS: Final = 0.7  # How often a clinician changes treatment at once when a value is above target.


@dataclass(slots=True)
class Visit:
    """A contact with what was measured; `kind` is a key of contacts.VISITS ("blood" is a blood test alone)."""

    day: int
    kind: str
    values: dict[str, float] = field(default_factory=dict)
    phq: list[int] = field(default_factory=list)
    screen: bool = False


@dataclass(slots=True)
class Prescription:
    """A medicine at one dose step; `why` is how it ended: "changed" to another dose, "stopped", "" while in use."""

    medicine: str
    step: int
    start: int
    end: int | None = None
    why: str = ""


@dataclass(slots=True)
class Course:
    """The visits (by day) and prescriptions (by start) of one patient."""

    visits: list[Visit]
    prescriptions: list[Prescription]
    stages: list[tuple[str, int]]


def live(who: Profile) -> Course:
    """The whole course of a patient up to the last visit."""
    return _Life(who).run()


class _Life:
    """The state while the visits go by."""

    def __init__(self, who: Profile) -> None:
        self.who = who
        self.chance = who.chance("course")
        self.on: dict[str, int] = {}
        self.open: dict[str, Prescription] = {}
        self.past: list[Prescription] = []
        self.sugar: list[tuple[int, float]] = []
        self.done: dict[str, int] = {}
        self.visits: list[Visit] = []
        self.sugar_base = between(self.chance, 55, 64)
        self.sugar_drift = between(self.chance, 1.2, 3.2)
        self.last_change = 0
        self.treated_since = 0
        self.hurt = between(self.chance, 0.0, 1.0)
        self.trend = between(self.chance, -0.6, 0.5)
        self.in_hospital = False

    def run(self) -> Course:
        self._before()
        for day, kind in self._schedule():
            self._visit(day, kind)
        self._fresh_blood_test()
        self.visits.sort(key=lambda visit: visit.day)
        self._steer()
        prescriptions = sorted([*self.past, *self.open.values()], key=lambda one: (one.start, one.medicine))
        return Course(self.visits, prescriptions, kidney_stages(self.who))

    # The true course -------------------------------------------------------------------------------------------

    def egfr(self, day: int) -> float:
        return self.who.true_egfr(day)

    def hba1c(self, day: int) -> float:
        who = self.who
        level = self.sugar_base + self.sugar_drift * (day - who.start) / YEAR
        level -= sum(fall * diabetes.settled(day - since) for since, fall in self.sugar)
        if who.situation == "glycaemia":
            level = max(level, 60) + (14 + 18 * self.hurt) * max(0.0, 1 - (who.as_of - day) / 300)
        return max(38.0, level)

    def pressure(self, day: int) -> float:
        who = self.who
        untreated = who.pressure if who.has("hypertension", day) else who.pressure - 22
        level = heart.systolic(untreated, self.on)
        if who.situation == "pressure":
            level = max(level, 140) + 26 * max(0.0, 1 - (who.as_of - day) / 160)
        return max(98.0, level)

    def weight(self, day: int) -> float:
        who = self.who
        level = who.weight - self.trend * (who.as_of - day) / YEAR
        level -= 2.5 * bool(self.on.keys() & {"empagliflozin", "dapagliflozin"}) + 4 * ("semaglutide" in self.on)
        if who.situation == "congestion" and who.as_of - day <= 28 and day >= who.last_visit:
            level += 3.0 + 2.0 * self.hurt
        return level + (3.5 if self.in_hospital else 0.0)

    def phq(self, day: int) -> float:
        who = self.who
        if not who.has("depression", day):
            return 2.5
        since = self.treated_since or day
        level = depression.score_after(who.phq, who.response, day - since)
        if who.situation == "low-mood" and who.as_of - day < 75:
            level = max(level, 15 + 6 * self.hurt)
        return level

    def _steer(self) -> None:
        """Bends the HbA1c so that its last value is the one of the script."""
        wanted = self.who.script.get("hba1c")
        measured = [visit for visit in self.visits if "hba1c" in visit.values]
        if wanted is None or not measured:
            return
        first, last = measured[0].day, measured[-1]
        miss = wanted - last.values["hba1c"]
        for visit in measured:
            visit.values["hba1c"] += miss * (visit.day - first + 1) / (last.day - first + 1)

    # Visits ----------------------------------------------------------------------------------------------------

    def _schedule(self) -> list[tuple[int, str]]:
        """Days and kinds of contact, counted back from the last one; a diagnosis is a contact too."""
        who = self.who
        days = []
        day = who.last_visit
        while day > who.start:
            days.append(day)
            recent = who.as_of - day < _RECENT_DAYS
            day -= int(between(self.chance, *(_RECENT if recent else _EARLIER)))
        plan = dict.fromkeys(days, "review")
        if who.situation == "congestion":
            plan[who.last_visit - 11] = "nurse"
        for condition in ("t2dm", "hf", "ckd", "depression"):
            began = who.onset.get(condition, 0)
            if who.start < began < who.last_visit - 20:
                plan[began] = "diagnosis"
        self._stays(plan)
        return sorted(plan.items())

    def _stays(self, plan: dict[int, str]) -> None:
        """For some with heart failure a stay in hospital, in the past: the situation decides the last half year."""
        who = self.who
        likely, when = self.chance.random(), self.chance.random()
        began = max(who.start, who.onset.get("hf", who.as_of)) + 60
        ended = who.last_visit - 190
        if likely < _ADMITTED and began < ended:
            plan[began + int(when * (ended - began))] = "admission"

    def _due(self, name: str, day: int, after: int) -> bool:
        return day - self.done.get(name, 0) >= after

    def _visit(self, day: int, kind: str) -> None:
        who = self.who
        annual = self._due("annual", day, 300) and kind == "review"
        if annual:
            self.done["annual"] = day
            kind = "annual"
        visit = Visit(day, kind)
        self.visits.append(visit)
        self.in_hospital = kind == "admission"
        sugar, failing = who.has("t2dm", day), who.has("hf", day)
        kidneys = who.has("ckd", day) or failing or bool(self.on.keys() & {"ramipril", "losartan"})
        self._body(visit, annual or failing or self._due("weight", day, 170))
        if annual or (kidneys and self._due("egfr", day, 80)) or (day == who.last_visit and kidneys):
            self._kidneys(visit)
        if sugar and (self._due("hba1c", day, 115) or annual):
            self._measure(visit, "hba1c", self.hba1c(day) + self.chance.gauss(0, 1.4))
        if annual:
            self._yearly(visit)
        if failing:
            self._heart(visit)
        self._mood(visit, annual)
        if day != who.last_visit:
            self._decide(visit)

    def _measure(self, visit: Visit, name: str, value: float) -> None:
        visit.values[name] = value
        self.done[name] = visit.day

    def _body(self, visit: Visit, weigh: bool) -> None:
        systolic = self.pressure(visit.day) + self.chance.gauss(0, 6)
        low = heart.diastolic(systolic, self.who.age(visit.day)) + self.chance.gauss(0, 4)
        visit.values["systolic"], visit.values["diastolic"] = systolic, min(low, systolic - 20)
        scatter = self.chance.gauss(0, 0.5)
        if weigh:
            self._measure(visit, "weight", self.weight(visit.day) + scatter)
        if "height" not in self.done:
            self._measure(visit, "height", self.who.height)

    def _kidneys(self, visit: Visit) -> None:
        """Creatinine with the laboratory's scatter; the eGFR is worked out from it, so the two always agree."""
        who, day = self.who, visit.day
        true = self.egfr(day) * (1 + self.chance.gauss(0, 0.025))
        creatinine = round(kidney.creatinine_of(true, who.age(day), who.female))
        self._measure(visit, "creatinine", creatinine)
        self._measure(visit, "egfr", kidney.egfr_of(creatinine, who.age(day), who.female))
        level = kidney.potassium(true, self.on) + self.chance.gauss(0, 0.17)
        if who.situation == "potassium" and day == who.last_visit:
            level = max(level, 5.6 + 0.33 * self.hurt)
        self._measure(visit, "potassium", min(6.4, level))
        sodium = 140 - 2 * ("furosemide" in self.on) - 2 * ("indapamide" in self.on) - ("sertraline" in self.on)
        scatter = self.chance.gauss(0, 1.6)
        if visit.kind == "annual":
            self._measure(visit, "sodium", sodium + scatter)

    def _yearly(self, visit: Visit) -> None:
        who, day = self.who, visit.day
        years = (who.as_of - day) / YEAR
        shielded = 0.75 if self.on.keys() & {"ramipril", "losartan", "sacubitril"} else 1.0
        albumin = who.uacr * 0.93**years * shielded * self.chance.lognormvariate(0, 0.18)
        if who.has("t2dm", day) or who.has("ckd", day):
            self._measure(visit, "uacr", max(0.4, albumin))
        lipid = (2.0 if "atorvastatin" in self.on else 3.4) + self.chance.gauss(0, 0.3)
        self._measure(visit, "ldl", max(0.9, lipid))
        self._measure(visit, "cholesterol", max(2.4, lipid + 1.9 + self.chance.gauss(0, 0.2)))
        if who.has("ckd", day) or who.has("hf", day):
            low = max(0.0, 50 - self.egfr(day)) * 0.6
            self._measure(visit, "haemoglobin", (132 if who.female else 145) - low + self.chance.gauss(0, 4))

    def _heart(self, visit: Visit) -> None:
        who, day = self.who, visit.day
        scatter, spread = self.chance.gauss(0, 2), self.chance.lognormvariate(0, 0.15)
        congested = visit.kind == "admission" or (who.situation == "congestion" and day == who.last_visit)
        if self._due("lvef", day, 900) or (visit.kind == "diagnosis" and "lvef" not in self.done):
            better = 4 if "bisoprolol" in self.on else 0
            self._measure(visit, "lvef", min(65, who.lvef - 4 + better + scatter))
            visit.kind = "cardiology" if visit.kind == "review" else visit.kind
        if congested or self._due("ntprobnp", day, 330):
            level = heart.ntprobnp(who.lvef, self.egfr(day), self.on) * spread
            self._measure(visit, "ntprobnp", max(110.0, level * (2.3 if congested else 1)))

    def _mood(self, visit: Visit, annual: bool) -> None:
        """The nine questions for who has depression; for the others a yearly screen in the last three years."""
        who, day = self.who, visit.day
        low = who.has("depression", day)
        if not ((low and self._due("phq9", day, 75)) or (annual and who.as_of - day < 3 * YEAR)):
            return
        total = round(min(24.0, max(0.0, self.phq(day) + self.chance.gauss(0, 1.4))))
        visit.phq = depression.answers(total, self.chance)
        visit.screen = not low
        self._measure(visit, "phq9", sum(visit.phq))

    # Treatment -------------------------------------------------------------------------------------------------

    def _before(self) -> None:
        """What was already prescribed when the record begins."""
        who = self.who
        if who.has("t2dm", who.start):
            for medicine, step in (("metformin", 1), ("gliclazide", 0))[: 2 if self.hurt > 0.6 else 1]:
                if self.egfr(who.start) >= 45 or medicine != "metformin":
                    self._start(medicine, step, who.start - int(between(self.chance, 200, 1500)))
            # What these take off is part of the level at the start.
            self.sugar_base += sum(fall for _, fall in self.sugar)
        if who.has("hypertension", who.start):
            self._start("losartan" if who.arb else "ramipril", 1, who.start - int(between(self.chance, 200, 2500)))
        if who.has("hf", who.start):
            self._start("bisoprolol", 1, who.start - int(between(self.chance, 100, 900)))
            self._start("furosemide", 1, who.start - int(between(self.chance, 100, 900)))
        if who.has("t2dm", who.start) or who.has("heart-disease", who.start):
            self._start("atorvastatin", 0, who.start - int(between(self.chance, 200, 2500)))
        for condition, medicine in (
            ("heart-disease", "aspirin"),
            ("atrial-fibrillation", "apixaban"),
            ("knee", "paracetamol"),
        ):
            if who.has(condition):
                self._start(medicine, 0, max(who.onset[condition] + 20, who.start - 2000))
        if who.has("depression", who.start):
            self.treated_since = who.start - 200
            self._start("sertraline", 0, self.treated_since)

    def _start(self, medicine: str, step: int, day: int) -> None:
        """Start a medicine or move it to another dose step."""
        running = self.open.pop(medicine, None)
        if running is not None:
            running.end, running.why = day - 1, "changed"
            self.past.append(running)
        self.open[medicine] = Prescription(medicine, step, day)
        before = self.on.get(medicine, -1)
        self.on[medicine] = step
        effect = diabetes.EFFECT.get(medicine)
        if effect:
            self.sugar.append((day, effect[step] - (effect[before] if before >= 0 else 0.0)))
        self.last_change = day

    def _stop(self, medicine: str, day: int) -> None:
        running = self.open.pop(medicine)
        running.end, running.why = day, "stopped"
        self.past.append(running)
        step = self.on.pop(medicine)
        if medicine in diabetes.EFFECT:
            self.sugar.append((day, -diabetes.EFFECT[medicine][step]))

    def _acts(self) -> bool:
        return self.chance.random() < _ACTS

    def _decide(self, visit: Visit) -> None:
        """At most one step each for sugar, pressure, heart and mood; safety first."""
        self._safety(visit)
        year = date.fromordinal(visit.day).year
        acts = [self._acts() for _ in range(4)]
        sugar = visit.values.get("hba1c", 0.0)
        if acts[0] and sugar >= diabetes.INTENSIFY_AT and self._due("sugar-step", visit.day, 120):
            renal = self.who.has("hf", visit.day) or self.who.has("ckd", visit.day)
            step = diabetes.next_step(self.on, self.egfr(visit.day), renal, year)
            if step:
                self._start(*step, visit.day)
                self.done["sugar-step"] = visit.day
        failing = self.who.has("hf", visit.day)
        if acts[1] and visit.values["systolic"] >= 143:
            self._follow(visit, heart.next_pressure_step(self.on, failing, self.who.arb))
        if acts[2] and failing and self._due("heart-step", visit.day, 60):
            potassium = visit.values.get("potassium", 5.5)
            self._follow(visit, heart.next_failure_step(self.on, self.who.lvef, potassium, self.who.arb, year))
            self.done["heart-step"] = visit.day
        self._treat_mood(visit, acts[3])
        if visit.kind == "annual" and "atorvastatin" not in self.on and (self.who.has("t2dm") or self.who.has("ckd")):
            self._start("atorvastatin", 0, visit.day)

    def _follow(self, visit: Visit, step: tuple[str, int] | None) -> None:
        """Take a step; a RAAS inhibitor or MRA is followed by a blood test within two weeks."""
        if step is None:
            return
        self._start(*step, visit.day)
        test = visit.day + 9 + int(6 * self.chance.random())
        if step[0] in ("ramipril", "losartan", "sacubitril", "spironolactone") and test < self.who.last_visit:
            blood = Visit(test, "blood")
            self._kidneys(blood)
            self.visits.append(blood)

    def _fresh_blood_test(self) -> None:
        """A blood test of the last days, after the last contact."""
        who = self.who
        likely, when = self.chance.random(), who.as_of - 1 - int(4 * self.chance.random())
        kidneys = who.has("ckd") or who.has("hf")
        if likely < _FRESH and kidneys and not who.situation and not who.script and who.last_visit < when - 10:
            blood = Visit(when, "blood")
            self._kidneys(blood)
            if who.has("t2dm"):
                self._measure(blood, "hba1c", self.hba1c(when) + self.chance.gauss(0, 1.4))
            self.visits.append(blood)

    def _safety(self, visit: Visit) -> None:
        """Potassium of 6 or more stops the MRA, a low eGFR lowers and then stops metformin."""
        egfr, day = self.egfr(visit.day), visit.day
        if visit.values.get("potassium", 0.0) >= 5.9:
            for medicine in ("spironolactone", "eplerenone"):
                if medicine in self.on:
                    self._stop(medicine, day)
        if "metformin" in self.on and egfr < 29 and self._acts():
            self._stop("metformin", day)
        elif self.on.get("metformin") == 1 and egfr < 44 and self._acts():
            self._start("metformin", 0, day)

    def _treat_mood(self, visit: Visit, acts: bool) -> None:
        who, score = self.who, visit.values.get("phq9", 0.0)
        if not who.has("depression", visit.day) or not visit.phq:
            return
        drug = next((key for key in ("sertraline", "citalopram", "mirtazapine") if key in self.on), "")
        if not drug and score >= 10 and acts:
            drug = "mirtazapine" if self.hurt > 0.8 else "sertraline"
            self._start(drug, 0, visit.day)
            self.treated_since = self.treated_since or visit.day
        elif not drug and not self.treated_since:
            # Talking therapy alone works too.
            self.treated_since = visit.day
        elif drug and score >= 12 and self.on[drug] == 0 and acts:
            self._start(drug, 1, visit.day)
        elif drug and score <= 4 and visit.day - self.treated_since > 500 and self.hurt < 0.4:
            self._stop(drug, visit.day)
