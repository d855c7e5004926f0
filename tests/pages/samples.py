"""Made-up people and views for the tests of pages: what the queries answer with, without a server."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pandas as pd

from dashboard.domain.access.user import User
from dashboard.domain.attention.reason import Check, Reason, ReasonKind
from dashboard.domain.record.allergy import Allergy, AllergyState
from dashboard.domain.record.care_plan import CarePlanSummary
from dashboard.domain.record.care_team import Carer, TeamMember
from dashboard.domain.record.comment import Comment
from dashboard.domain.record.condition import Condition, ConditionKey
from dashboard.domain.record.contact import Contact
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import Direction, KeyResult, Measure, Result, Target
from dashboard.domain.record.people import HumanName, Identifier, Person, Team
from dashboard.domain.record.task import Task
from dashboard.domain.record.views import WORKLIST_COLUMNS, PatientMatch, PatientSummary, Section, TaskList, Worklist
from dashboard.domain.values.datatypes import Coding, PartialDate, Quantity, Reference

AS_OF = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
TODAY = AS_OF.date()
TEAMS = (
    Team("team-sw-1", "Warwick North", "org-sw-1", "Priory Medical Centre", "region-sw", "South Warwickshire"),
    Team("team-sw-2", "Leamington", "org-sw-2", "Clarendon Lodge", "region-sw", "South Warwickshire"),
)
USERS = (
    User(Reference("Practitioner", "prac-sw-gp-1"), "Dr Sarah Whitfield", None, "General practitioner", "Warwick"),
    User(Reference("Practitioner", "prac-sw-nurse-1"), "Tom Hadley", None, "Practice nurse", "Warwick"),
)
UNITS = {
    Measure.HBA1C: "mmol/mol",
    Measure.EGFR: "mL/min/{1.73_m2}",
    Measure.UACR: "mg/mmol",
    Measure.POTASSIUM: "mmol/L",
    Measure.SYSTOLIC: "mm[Hg]",
    Measure.DIASTOLIC: "mm[Hg]",
    Measure.LVEF: "%",
    Measure.PHQ9: "{score}",
    Measure.WEIGHT: "kg",
    Measure.NTPROBNP: "ng/L",
}
T2DM, HF, CKD, DEP = ConditionKey.T2DM, ConditionKey.HF, ConditionKey.CKD, ConditionKey.DEPRESSION


def result(measure: Measure, value: str, when: str, recorded: Quantity | None = None) -> Result:
    quantity = Quantity(Decimal(value), UNITS[measure])
    return Result(
        measure, quantity, PartialDate(when), recorded or quantity, recorded is not None, Reference("Observation", "o1")
    )


def key(measure: Measure, *course: tuple[str, str], abnormal: bool = False, high: str = "", low: str = "") -> KeyResult:
    series = tuple(result(measure, value, when) for value, when in course)
    previous = series[-2] if len(series) > 1 else None
    direction = Direction.UNKNOWN
    if previous:
        change = series[-1].value.value - previous.value.value
        direction = Direction.UP if change > 1 else Direction.DOWN if change < -1 else Direction.STEADY
        if measure is Measure.POTASSIUM:
            direction = Direction.UP if change > 0 else Direction.DOWN

    def bound(text: str, comparator: str) -> Quantity | None:
        return Quantity(Decimal(text), UNITS[measure], comparator) if text else None

    target = Target(measure, bound(low, ">="), bound(high, "<=" if low else "<")) if low or high else None
    return KeyResult(measure, series[-1], previous, direction, series, abnormal, target=target)


def person(
    number: int,
    family: str,
    given: str,
    gender: str,
    birth: str,
    *,
    prefix: str = "",
    deceased: PartialDate | bool = False,
) -> Person:
    nhs = Identifier("https://fhir.nhs.uk/Id/nhs-number", f"999{number:07d}", "NHS No.")
    return Person(
        f"p{number}",
        HumanName(family, given, prefix, f"{given} {family}"),
        PartialDate(birth) if birth else None,
        gender,
        deceased,
        (nhs,),
        Reference("Organization", "org-sw-1"),
    )


ALDOUS = person(123456, "Aldous", "Mary", "female", "1948-02-03", prefix="Mrs")
PEOPLE = (
    ALDOUS,
    person(223311, "Bramhall", "Kenneth", "male", "1951-07-19", prefix="Mr"),
    person(305518, "Okonkwo", "Grace", "female", "1957-01-30"),
    person(411902, "Pettifer", "John Edward", "male", "1944-11-02"),
    person(500127, "Singh", "Harjit", "male", "1960-05-14"),
    person(612345, "Tallis", "Eileen", "female", "1939", deceased=PartialDate("2026-11-18")),
    person(700001, "Ó Súilleabháin", "Niamh", "female", "1958-03"),
    person(800001, "Whitlock", "Pat", "", ""),
)
RESULTS = {
    Measure.HBA1C: key(
        Measure.HBA1C,
        ("58", "2025-01-03"),
        ("55", "2025-07-11"),
        ("62", "2026-03-12"),
        ("71", "2026-09-12"),
        abnormal=True,
        high="58",
    ),
    Measure.EGFR: key(
        Measure.EGFR, ("52", "2024-11-02"), ("47", "2025-06-02"), ("43", "2026-01-20"), ("38", "2026-09-12")
    ),
    Measure.POTASSIUM: key(
        Measure.POTASSIUM,
        ("4.8", "2026-03-12"),
        ("5.1", "2026-09-12"),
        ("5.9", "2026-11-22"),
        abnormal=True,
        low="3.5",
        high="5.3",
    ),
    Measure.SYSTOLIC: key(Measure.SYSTOLIC, ("139", "2026-05-02"), ("148", "2026-10-30"), abnormal=True, high="130"),
    Measure.DIASTOLIC: key(Measure.DIASTOLIC, ("80", "2026-05-02"), ("82", "2026-10-30")),
    Measure.LVEF: key(Measure.LVEF, ("35", "2025-04-18")),
    Measure.NTPROBNP: key(Measure.NTPROBNP, ("1450", "2026-02-01"), ("1820", "2026-09-12"), abnormal=True),
    Measure.PHQ9: key(Measure.PHQ9, ("14", "2025-12-10"), ("11", "2026-06-10")),
    Measure.UACR: key(Measure.UACR, ("32", "2024-08-10"), ("41", "2025-08-28"), abnormal=True),
    Measure.WEIGHT: key(Measure.WEIGHT, ("81.4", "2026-05-02"), ("82.0", "2026-10-30")),
}
CHECKS = (
    Check(Measure.UACR, "uacr", CKD, PartialDate("2025-08-28"), date(2026, 8, 28), 365, "NICE NG203"),
    Check(Measure.PHQ9, "phq9", DEP, None, date(2026, 10, 1), 365, "CG91"),
)
REASONS = (
    Reason(
        ReasonKind.DANGEROUS_RESULT,
        50,
        "",
        Measure.POTASSIUM,
        RESULTS[Measure.POTASSIUM].latest,
        RESULTS[Measure.POTASSIUM].baseline,
        RESULTS[Measure.POTASSIUM].direction,
        source="NICE NG203",
    ),
    Reason(ReasonKind.TASK_OVERDUE, 15, "", due=date(2026, 11, 16)),
    Reason(ReasonKind.CHECK_OVERDUE, 10, "", Measure.UACR, due=date(2026, 8, 28)),
    Reason(ReasonKind.CHECK_OVERDUE, 10, "", Measure.PHQ9, due=date(2026, 10, 1)),
    Reason(
        ReasonKind.WORSENING,
        8,
        "",
        Measure.HBA1C,
        RESULTS[Measure.HBA1C].latest,
        RESULTS[Measure.HBA1C].baseline,
        RESULTS[Measure.HBA1C].direction,
        source="NICE NG28",
    ),
    Reason(
        ReasonKind.NEW_RESULT,
        5,
        "",
        Measure.EGFR,
        RESULTS[Measure.EGFR].latest,
        RESULTS[Measure.EGFR].baseline,
        RESULTS[Measure.EGFR].direction,
    ),
    Reason(ReasonKind.PLAN_REVIEW_DUE, 5, "", due=date(2026, 12, 2)),
)
GOALS = (
    Goal(
        Reference("Goal", "g1"),
        "Blood pressure under 130/80",
        "active",
        "no-change",
        False,
        PartialDate("2027-03-31"),
        (CKD, HF),
    ),
    Goal(
        Reference("Goal", "g2"),
        "Walk to the allotment and back without stopping",
        "active",
        "improving",
        True,
        PartialDate("2026-10"),
        (HF,),
    ),
    Goal(
        Reference("Goal", "g3"),
        "HbA1c under 58 mmol/mol",
        "active",
        "worsening",
        False,
        PartialDate("2027-01-31"),
        (T2DM,),
    ),
)
PLAN = CarePlanSummary(
    Reference("CarePlan", "c1"),
    "14",
    "Shared care plan",
    "active",
    "A. Lindqvist",
    datetime(2026, 11, 14, 10, 1, tzinfo=UTC),
    date(2026, 12, 2),
    GOALS,
)
TASKS = (
    Task(
        Reference("Task", "t1"),
        "3",
        "Repeat potassium and creatinine within a week",
        Reference("Patient", ALDOUS.id),
        "requested",
        "urgent",
        Reference("Practitioner", "prac-sw-gp-1"),
        "Dr Sarah Whitfield",
        "J. Ibarra",
        PartialDate("2026-11-09"),
        PartialDate("2026-11-16"),
        (Comment("Tom Hadley", "2026-11-12", "Phoned, no answer; try the daughter."),),
    ),
    Task(
        Reference("Task", "t2"),
        "1",
        "Check ramipril dose after the blood test",
        Reference("Patient", ALDOUS.id),
        "requested",
        "routine",
        Reference("Practitioner", "prac-sw-nurse-1"),
        "Tom Hadley",
        "",
        None,
        PartialDate("2026-12-05"),
    ),
    Task(
        Reference("Task", "t3"),
        "1",
        "Talk about foot care",
        Reference("Patient", PEOPLE[1].id),
        "accepted",
        "routine",
        Reference("Organization", "team-sw-1"),
        "Warwick North",
        "",
        None,
        None,
    ),
    Task(
        Reference("Task", "t4"),
        "2",
        "Send the spirometry letter",
        Reference("Patient", PEOPLE[2].id),
        "completed",
        "routine",
        Reference("Practitioner", "prac-sw-gp-1"),
        "Dr Sarah Whitfield",
        "",
        None,
        PartialDate("2026-11-20"),
    ),
)


def row(
    who: Person, conditions: tuple[ConditionKey, ...], reasons: tuple[Reason, ...], **more: object
) -> dict[str, object]:
    made: dict[str, object] = {
        "patient_id": who.id,
        "person": who,
        "team_ids": ("team-sw-1",),
        "team": "Warwick North",
        "site": "Priory Medical Centre",
        "region": "South Warwickshire",
        "conditions": conditions,
        "suspected": frozenset(),
        "stages": {CKD: "G3b", HF: "NYHA II"},
        "reasons": reasons,
        "urgency": sum(reason.points for reason in reasons),
        "overdue": CHECKS if any(r.kind is ReasonKind.CHECK_OVERDUE for r in reasons) else (),
        "risks": (),
        "results": RESULTS,
        "next_conference": datetime(2026, 11, 24, 13, 30, tzinfo=UTC),
        "open_tasks": 3,
        "my_tasks": 1,
        "overdue_tasks": 1,
        "owners": ("Dr Sarah Whitfield", "Tom Hadley"),
        "last_contact": PartialDate("2026-11-12"),
        "plan": PLAN,
        "unread": frozenset(),
        "awaited": frozenset(),
        "updated": datetime(2026, 11, 23, 11, 0, tzinfo=UTC),
    }
    return made | more


def worklist_frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series([r[name] for r in rows], dtype=object) for name in WORKLIST_COLUMNS})


def rows() -> list[dict[str, object]]:
    """Eight people: the full case, plain ones, a deceased one, birth unknown, nothing recorded."""
    bare = {"open_tasks": 0, "my_tasks": 0, "overdue_tasks": 0, "owners": (), "next_conference": None}
    return [
        row(ALDOUS, (T2DM, HF, CKD, DEP), REASONS),
        row(PEOPLE[1], (T2DM, CKD), REASONS[2:5], next_conference=None, my_tasks=0),
        row(PEOPLE[2], (T2DM, DEP), REASONS[4:6], **bare),
        row(PEOPLE[3], (HF, CKD), REASONS[5:], results={Measure.EGFR: RESULTS[Measure.EGFR]}),
        row(PEOPLE[4], (T2DM, HF), (Reason(ReasonKind.NO_PLAN, 6, ""),), plan=None, **bare),
        row(PEOPLE[5], (HF, CKD), (), **bare),
        row(
            PEOPLE[6],
            (CKD, DEP),
            REASONS[6:],
            team_ids=("team-sw-2",),
            team="Leamington",
            site="Clarendon Lodge",
            **bare,
        ),
        row(PEOPLE[7], (T2DM, HF), (), results={}, last_contact=None, plan=None, stages={}, **bare),
    ]


def worklist(made: list[dict[str, object]] | None = None, **more: object) -> Worklist:
    found = rows() if made is None else made
    settings: dict[str, object] = {"fetched": AS_OF - timedelta(seconds=5)} | more
    return Worklist(rows=worklist_frame(found), teams=TEAMS, **settings)  # type: ignore[arg-type]


def many(n: int) -> list[dict[str, object]]:
    base = rows()
    made = []
    for number in range(n):
        source = base[number % len(base)]
        who: Person = source["person"]  # type: ignore[assignment]
        clone = person(number + 1_000_000, f"{who.name.family}{number}", who.name.given, who.gender, "1950-01-01")
        made.append({**source, "person": clone, "patient_id": clone.id})
    return made


def task_list(**more: object) -> TaskList:
    settings: dict[str, object] = {"fetched": AS_OF} | more
    return TaskList(tasks=TASKS, people={p.id: p for p in PEOPLE}, **settings)  # type: ignore[arg-type]


def summary(who: Person = ALDOUS, **more: object) -> PatientSummary:
    """Mary Aldous: all four conditions, and a daughter who cares for her."""
    sct = "http://snomed.info/sct"

    def problem(code: str, text: str, keys: tuple[ConditionKey, ...], onset: str, stage: str = "") -> Condition:
        return Condition(
            Reference("Condition", f"c{code}"),
            (Coding(sct, code),),
            text,
            keys,
            PartialDate(onset),
            None,
            "active",
            "confirmed",
            stage,
        )

    def medicine(text: str, atc: str, dose: str, since: str, *serves: ConditionKey, status: str = "active") -> Medicine:
        return Medicine(
            Reference("MedicationRequest", "m1"), text, (), atc, dose, status, PartialDate(since), None, serves
        )

    parts: dict[str, object] = {
        "person": who,
        "fetched": AS_OF,
        "allergies": Section(
            (Allergy(Reference("AllergyIntolerance", "a1"), "Penicillin", "rash", "high", "active", "confirmed"),)
        ),
        "allergy_state": AllergyState.KNOWN,
        "problems": Section(
            (
                problem("44054006", "Type 2 diabetes mellitus", (T2DM,), "2009"),
                problem("84114007", "Heart failure with reduced ejection fraction", (HF,), "2019-04", "NYHA II"),
                problem("700379002", "Chronic kidney disease stage 3B", (CKD,), "2021-03-14", "G3b"),
                problem("310495003", "Mild depression", (DEP,), "2023", "mild"),
                problem("396275006", "Osteoarthritis of knee", (), "2015"),
                problem("38341003", "Hypertension", (ConditionKey.OTHER,), "2004"),
            )
        ),
        "results": Section(
            {
                T2DM: (RESULTS[Measure.HBA1C], RESULTS[Measure.WEIGHT]),
                HF: (
                    RESULTS[Measure.LVEF],
                    RESULTS[Measure.NTPROBNP],
                    RESULTS[Measure.SYSTOLIC],
                    RESULTS[Measure.DIASTOLIC],
                ),
                CKD: (RESULTS[Measure.EGFR], RESULTS[Measure.POTASSIUM], RESULTS[Measure.UACR]),
                DEP: (RESULTS[Measure.PHQ9],),
            }
        ),
        "medicines": Section(
            (
                medicine("Metformin 500 mg tablets", "A10BA02", "1 tablet twice a day", "2009-05-01", T2DM),
                medicine(
                    "Dapagliflozin 10 mg tablets", "A10BK01", "1 tablet in the morning", "2024-02-12", T2DM, HF, CKD
                ),
                medicine("Bisoprolol 5 mg tablets", "C07AB07", "1 tablet in the morning", "2019-05-02", HF),
                medicine("Ramipril 5 mg capsules", "C09AA05", "1 capsule at night", "2019-05-02", HF, CKD),
                medicine("Spironolactone 25 mg tablets", "C03DA01", "1 tablet in the morning", "2025-11-20", HF),
                medicine("Sertraline 50 mg tablets", "N06AB06", "1 tablet in the morning", "2023-08-01", DEP),
                medicine("Paracetamol 500 mg tablets", "N02BE01", "2 tablets when needed", "2016-01-01"),
                medicine("Naproxen 250 mg tablets", "M01AE02", "", "2018-01-01", status="stopped"),
            )
        ),
        "team": Section(
            (
                TeamMember(
                    Reference("Practitioner", "prac-sw-gp-1"),
                    "Dr Sarah Whitfield",
                    None,
                    "General practitioner",
                    None,
                    None,
                ),
                TeamMember(
                    Reference("Practitioner", "prac-sw-nurse-1"), "Tom Hadley", None, "Practice nurse", None, None
                ),
                TeamMember(Reference("Practitioner", "p3"), "Dr Anil Mehta", None, "Cardiologist", None, None),
            )
        ),
        "carers": Section((Carer(Reference("RelatedPerson", "r1"), "Susan Aldous", "daughter", "01926 555 0147"),)),
        "plan": Section(PLAN),
        "tasks": Section(TASKS[:2]),
        "contacts": Section(
            (
                Contact(
                    Reference("Appointment", "x"),
                    PartialDate("2026-11-24"),
                    "MDT conference",
                    "",
                    "booked",
                    "",
                    "",
                    True,
                ),
                Contact(
                    Reference("Encounter", "e1"),
                    PartialDate("2026-11-12"),
                    "Heart failure review",
                    "AMB",
                    "finished",
                    "Tom Hadley",
                    "Priory Medical Centre",
                ),
                Contact(
                    Reference("Encounter", "e2"),
                    PartialDate("2026-09-12"),
                    "",
                    "AMB",
                    "finished",
                    "Dr Sarah Whitfield",
                    "",
                ),
            )
        ),
        "goals": Section(GOALS),
        "attention": REASONS,
        "checks": CHECKS,
    }
    return PatientSummary(**(parts | more))  # type: ignore[arg-type]


def matches() -> tuple[PatientMatch, ...]:
    return tuple(PatientMatch(each, "Warwick North") for each in PEOPLE[:3])


TEAM_MEMBERS = tuple(TeamMember(each.practitioner, each.name, None, "", None, None) for each in USERS)
