"""A made-up story as a Timeline, for tests of the figure and of the page: four conditions, and one of each oddity."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from dashboard.domain.record.allergy import Allergy, AllergyState
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.observation import Measure, Result, Target
from dashboard.domain.record.people import Person
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice, Section
from dashboard.domain.timeline.events import (
    Certainty,
    Event,
    EventDetail,
    EventKind,
    EventState,
    LaneMembership,
    LaneReason,
    TargetWindow,
    Timeline,
)
from dashboard.domain.values.datatypes import Coding, PartialDate, Quantity, Reference
from tests.pages import samples

AS_OF = samples.AS_OF
CONFERENCE = datetime(2026, 10, 28, 14, 0, tzinfo=UTC)
T2DM, HF, CKD, DEP, OTHER = tuple(ConditionKey)
ATC = "http://www.whocc.no/atc"
SNOMED = "http://snomed.info/sct"


def event(kind: EventKind, number: int | str, text: str, start: str = "", *lanes: ConditionKey, **more: Any) -> Event:
    """An event in the lanes; `end` as text, anything else as Event takes it."""
    types = {
        EventKind.CONDITION: "Condition",
        EventKind.MEDICINE: "MedicationRequest",
        EventKind.CONTACT: "Encounter",
        EventKind.CONFERENCE: "Encounter",
        EventKind.PROCEDURE: "Procedure",
        EventKind.RESULT: "Observation",
        EventKind.QUESTIONNAIRE: "QuestionnaireResponse",
        EventKind.GOAL: "Goal",
        EventKind.PLAN: "Provenance",
        EventKind.TASK: "Task",
    }
    end = more.pop("end", "")
    memberships = more.pop("memberships", tuple(LaneMembership(lane, LaneReason.CODE) for lane in lanes))
    return Event(
        Reference(types.get(kind, "Basic"), f"{kind.value[:2]}{number}"),
        kind,
        text,
        PartialDate(start) if start else None,
        PartialDate(end) if end else None,
        memberships=memberships,
        **more,
    )


def medicine(number: int | str, text: str, dose: str, start: str, *lanes: ConditionKey, **more: Any) -> Event:
    more.setdefault("state", EventState.STOPPED if more.get("end") else EventState.ONGOING)
    memberships = tuple(LaneMembership(lane, LaneReason.DRUG_CLASS, through=Coding(ATC, "C09AA05")) for lane in lanes)
    track = text
    return event(EventKind.MEDICINE, number, text, start, detail=dose, memberships=memberships, track=track, **more)


def values(
    measure: Measure, lane: ConditionKey, *course: tuple[str, str], abnormal: int = 0, **more: Any
) -> list[Event]:
    """Results of a measure; the last `abnormal` of them are out of range."""
    found = []
    for number, (when, value) in enumerate(course):
        origin = Reference("Observation", f"{measure.value.lower()}-{number}")
        quantity = Quantity(Decimal(value), samples.UNITS[measure])
        result = Result(
            measure, quantity, PartialDate(when), more.get("recorded", quantity), "recorded" in more, origin
        )
        found.append(
            Event(
                origin,
                EventKind.RESULT,
                measure.value.capitalize(),
                PartialDate(when),
                memberships=(LaneMembership(lane, LaneReason.MEASURE),),
                codes=(Coding("http://loinc.org", "2823-3"),),
                detail=f"{value} {samples.UNITS[measure]}",
                abnormal=number >= len(course) - abnormal,
                results=(result,),
                recorded=PartialDate(when),
            )
        )
    return found


def pressures(*course: tuple[str, str, str]) -> list[Event]:
    found = []
    for number, (when, upper, lower) in enumerate(course):
        origin = Reference("Observation", f"bp-{number}")
        results = tuple(
            Result(m, Quantity(Decimal(v), "mm[Hg]"), PartialDate(when), Quantity(Decimal(v), "mm[Hg]"), False, origin)
            for m, v in ((Measure.SYSTOLIC, upper), (Measure.DIASTOLIC, lower))
        )
        found.append(
            Event(
                origin,
                EventKind.RESULT,
                "Blood pressure",
                PartialDate(when),
                memberships=tuple(LaneMembership(lane, LaneReason.MEASURE) for lane in (T2DM, HF, CKD)),
                detail=f"{upper}/{lower} mmHg",
                results=results,
            )
        )
    return found


def problems() -> list[Event]:
    return [
        event(
            EventKind.CONDITION, 1, "Type 2 diabetes mellitus", "2009-05-11", T2DM, state=EventState.ONGOING,
            track="T2DM", codes=(Coding(SNOMED, "44054006"),),
        ),
        event(
            EventKind.CONDITION, 2, "Heart failure", "2019-03", HF, state=EventState.ONGOING, stage="NYHA II",
            track="HF",
        ),
        event(
            EventKind.CONDITION, 3, "Chronic kidney disease stage 3A", "2021", CKD, end="2024-03-01", stage="G3a",
            track="CKD",
        ),
        event(
            EventKind.CONDITION, 4, "Chronic kidney disease stage 3B", "2024-03-01", CKD, state=EventState.ONGOING,
            stage="G3b", track="CKD",
            memberships=(
                LaneMembership(CKD, LaneReason.CODE, "wider", Coding("http://hl7.org/fhir/sid/icpc-2", "U99")),
            ),
        ),
        event(
            EventKind.CONDITION, 5, "Mild depression", "2023-04-05", DEP, state=EventState.ONGOING, severity="mild",
            track="DEP",
        ),
        event(EventKind.CONDITION, 6, "Osteoarthritis of knee", "2015", state=EventState.ONGOING),
        event(
            EventKind.CONDITION, 7, "Bipolar disorder", "2025-06-03", DEP, certainty=Certainty.REFUTED,
        ),
    ]  # fmt: skip


def medicines() -> list[Event]:
    return [
        medicine(1, "Metformin", "500 mg twice a day", "2019-01-10", T2DM, end="2023-02-01", state=EventState.DONE),
        medicine(2, "Metformin", "1 g twice a day", "2023-02-01", T2DM),
        medicine(3, "Dapagliflozin", "10 mg once a day", "2025-02-03", T2DM, HF, CKD),
        medicine(4, "Gliclazide", "80 mg once a day", "2017-02-03", T2DM, end="2026-02-11"),
        medicine(5, "Ramipril", "5 mg once a day", "2024-06-06", T2DM, HF, CKD),
        medicine(6, "Bisoprolol", "5 mg once a day", "2019-04-02", HF),
        medicine(7, "Furosemide", "40 mg in the morning", "2022-04-02", HF),
        medicine(8, "Spironolactone", "25 mg once a day", "2026-10-18", HF, CKD),
        medicine(9, "Sertraline", "50 mg once a day", "2023-05-02", DEP),
        medicine(10, "Paracetamol", "1 g when needed", "2018-05-02"),
    ]


def moments() -> list[Event]:
    return [
        event(EventKind.CONTACT, 1, "GP review", "2026-11-11T09:20:00+00:00", T2DM, CKD, who="Dr Sarah Whitfield"),
        event(EventKind.CONTACT, 2, "Heart failure clinic", "2026-10-18", HF, who="Dr Owen Pryce"),
        event(EventKind.CONTACT, 3, "Nurse visit", "2026-06-02", T2DM),
        event(EventKind.CONTACT, 4, "Phone call", "2026-06-04", T2DM),
        event(EventKind.CONTACT, 5, "GP appointment", "2026-12-08T10:00:00+00:00", CKD, state=EventState.PLANNED),
        event(EventKind.CONTACT, 6, "Dietitian", "2026-08-12", T2DM, state=EventState.NOT_DONE),
        event(EventKind.CONFERENCE, 1, "MDT conference", "2026-10-28T14:00:00+00:00", T2DM, HF, CKD, DEP),
        event(EventKind.PROCEDURE, 1, "Echocardiography", "2026-03-14", HF),
        event(EventKind.PROCEDURE, 2, "Hip replacement", "2025-09"),
        event(EventKind.QUESTIONNAIRE, 1, "PHQ-9", "2025-10-29", DEP, detail="13"),
        event(EventKind.GOAL, 1, "HbA1c under 58", "2026-05-01", T2DM, end="2027-02-01", state=EventState.ONGOING),
        event(EventKind.GOAL, 2, "Walk to the allotment", "2026-05-01", HF, end="2027-03-31", state=EventState.ONGOING),
        event(
            EventKind.PLAN, 1, "Goal changed", "2026-10-28T14:31:00+00:00", T2DM, who="Dr Sarah Whitfield",
            why="Hypoglycaemia in September",
        ),
        event(EventKind.TASK, 1, "Repeat potassium within 24 hours", "2026-11-22", CKD, state=EventState.ONGOING),
        event(EventKind.IMMUNISATION, 1, "Influenza", "2026-10-01"),
        event(
            EventKind.RESULT, 1, "Trastorno desconocido", "2026-05-05", unmapped=True, codes=(Coding("urn:x", "99"),),
        ),
        event(EventKind.CONTACT, 9, "Old entry", ""),
    ]  # fmt: skip


def results() -> list[Event]:
    return [
        *values(
            Measure.HBA1C, T2DM, ("2025-01-12", "66"), ("2025-07-20", "64"), ("2026-01-18", "61"), ("2026-06-02", "58"),
            ("2026-11-11", "62"),
        ),
        *values(
            Measure.EGFR, CKD, ("2025-02-12", "46"), ("2025-08-12", "44"), ("2026-02-12", "42"), ("2026-06-20", "41"),
            ("2026-10-28", "40"), ("2026-11-22", "38"), abnormal=3,
        ),
        *values(
            Measure.POTASSIUM, CKD, ("2025-02-12", "4.6"), ("2025-08-12", "4.8"), ("2026-02-12", "4.7"),
            ("2026-06-20", "4.9"), ("2026-10-28", "5.1"), ("2026-11-22", "5.9"), abnormal=1,
        ),
        *values(Measure.UACR, CKD, ("2025-03-12", "36"), ("2025-09-20", "41"), abnormal=1),
        *values(Measure.WEIGHT, HF, ("2026-01-12", "75.4"), ("2026-07-20", "74.2"), ("2026-11-11", "74")),
        *values(Measure.LVEF, HF, ("2025-03-14", "38"), ("2026-03-14", "35"), abnormal=1),
        *values(Measure.PHQ9, DEP, ("2024-10-01", "11"), ("2025-10-29", "13"), abnormal=1),
        *pressures(("2025-12-02", "152", "84"), ("2026-06-02", "150", "86"), ("2026-11-11", "148", "82")),
    ]  # fmt: skip


def events() -> tuple[Event, ...]:
    found = [*problems(), *medicines(), *moments(), *results()]
    return tuple(sorted(found, key=lambda each: (each.start is None, each.start.moment if each.start else AS_OF)))


def timeline(who: Person = samples.ALDOUS, **changes: Any) -> Timeline:
    """The story of a person, read at AS_OF."""
    told = events()
    series: dict[Measure, tuple[Result, ...]] = {}
    for each in told:
        for result in each.results:
            series[result.measure] = (*series.get(result.measure, ()), result)
    whole = Timeline(
        person=who,
        fetched=AS_OF,
        events=told,
        series=series,
        targets=(
            TargetWindow(
                Reference("Goal", "go1"), Target(Measure.HBA1C, None, Quantity(Decimal(58), "mmol/mol", "<")),
                PartialDate("2026-05-01"),
                PartialDate("2027-02-01"), "HbA1c under 58",
            ),
        ),
        conference=CONFERENCE,
        allergies=Section(
            (Allergy(Reference("AllergyIntolerance", "a1"), "Penicillin", "rash", "high", "active", ""),)
        ),
        allergy_state=AllergyState.KNOWN,
        excluded={("Observation", Exclusion.ENTERED_IN_ERROR): 2, ("Appointment", Exclusion.NEVER_HAPPENED): 1},
        unreadable=(Unreadable(Reference("Observation", "bad"), "unknown-unit"),),
        unmapped={Coding("urn:x", "99", "Trastorno desconocido"): 1},
        notices=(Notice("capped", "Observation"),),
    )  # fmt: skip
    return replace(whole, **changes)


def detail(origin: str) -> EventDetail:
    """The details of an event of the story."""
    found = next(each for each in events() if str(each.origin) == origin)
    return EventDetail(
        found,
        source="Warwick Hospital laboratory",
        recorded=PartialDate("2026-11-22T16:40:00+00:00"),
        recorder="Tom Hadley",
        version="3",
        raw='{\n  "resourceType": "Observation",\n  "id": "potassium-5"\n}',
        address=f"http://fhir.test/fhir/{origin}",
    )


def long_ago(days: int) -> datetime:
    return AS_OF - timedelta(days=days)
