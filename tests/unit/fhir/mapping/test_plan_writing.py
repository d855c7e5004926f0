"""What a shared plan holds is read as it was written, and an edit of one thing leaves everything else as it was."""

import copy
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import fhirkit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.record.care_plan import CarePlan, Outcome
from dashboard.domain.record.care_team import CareTeam, TeamMember
from dashboard.domain.record.comment import Comment
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.goal import (
    ACCEPTANCES,
    CONFLICTS_WITH,
    PRIORITIES,
    RELATIONS,
    Acceptance,
    Goal,
    OtherTarget,
    RelatedGoal,
)
from dashboard.domain.record.observation import Measure, Target
from dashboard.domain.record.order import Order
from dashboard.domain.record.provenance import Choice, Provenance, ResourceVersion
from dashboard.domain.record.task import Task
from dashboard.domain.values.code_systems import PLAN_REVIEW
from dashboard.domain.values.datatypes import (
    NOBODY,
    CodeableConcept,
    Coding,
    NamedReference,
    PartialDate,
    Quantity,
    Reference,
)
from dashboard.domain.values.units import CANONICAL_UNIT
from dashboard.domain.values.words import without_control_characters
from dashboard.fhir.client import json_text
from dashboard.fhir.mapping.elements import CannotRead
from dashboard.fhir.mapping.extensions import ACCEPTANCE_WORDS, CONFLICT_CHOICE, GOAL_ACCEPTANCE, GOAL_RELATIONSHIP
from dashboard.fhir.mapping.goal_targets import CODE
from dashboard.fhir.mapping.writable import from_fhir, to_fhir
from dashboard.fhir.mapping.writing import NotWritable
from dashboard.fhir.terminology_files import load_terminology
from tests.laws import examples
from tests.unit import people_and_teams as make

Json = dict[str, Any]
PATIENT = Reference("Patient", "p1")
GP = NamedReference(Reference("Practitioner", "gp"), "Dr Jane Okafor")
NURSE = NamedReference(Reference("Practitioner", "nurse"), "Anna")
ODD = "<b>İş</b> \u202eright to left\u202c 30%"
MOMENT = "2026-11-29T08:00:00Z"

# What people write and choose

WORDS = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30)
    .map(without_control_characters)
    .filter(bool),
    st.just(ODD),
)
DAYS = st.dates().map(lambda day: PartialDate(day.isoformat()))
IDS = st.text("abc123-", min_size=1, max_size=8)
NUMBERS = st.decimals(min_value=-500, max_value=500, places=2, allow_nan=False)
NOTES = st.lists(st.builds(Comment, WORDS, st.just(MOMENT), WORDS, st.just(GP.to)), max_size=2).map(tuple)


def references(*types: str) -> st.SearchStrategy[Reference]:
    return st.builds(Reference, st.sampled_from(types), IDS)


def some(of: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=3, unique=True).map(tuple)


def people(*types: str) -> st.SearchStrategy[NamedReference]:
    return st.builds(NamedReference, references(*types), WORDS)


@st.composite
def ends(draw: st.DrawFn, unit: str) -> tuple[Quantity | None, Quantity | None]:
    """What FHIR can say: below, above, a number, a range with both of its ends."""
    one, other = sorted((draw(NUMBERS), draw(NUMBERS)))
    shape = draw(st.sampled_from(["<", "<=", ">", ">=", "number", "range"]))
    if shape == "range":
        return Quantity(one, unit, ">="), Quantity(other, unit, "<=")
    if shape == "number":
        return Quantity(one, unit), Quantity(one, unit)
    end = Quantity(one, unit, shape)
    return (None, end) if shape.startswith("<") else (end, None)


@st.composite
def key_targets(draw: st.DrawFn) -> Target:
    measure = draw(st.sampled_from(Measure))
    return Target(measure, *draw(ends(CANONICAL_UNIT[measure])))


@st.composite
def other_targets(draw: st.DrawFn) -> OtherTarget:
    measured = draw(WORDS)
    if draw(st.booleans()):
        return OtherTarget(None, measured, text=draw(WORDS))
    return OtherTarget(None, measured, *draw(ends(draw(st.sampled_from(["1", "mmol/L", "steps a day"])))))


GOALS = st.builds(
    Goal,
    st.builds(Reference, st.just("Goal"), IDS),
    WORDS,
    st.sampled_from(["proposed", "active", "on-hold"]),
    st.sampled_from(["", "in-progress", "achieved"]),
    st.just(False),
    st.none() | DAYS,
    targets=some(key_targets()),
    other_targets=some(other_targets()),
    start=st.none() | DAYS,
    status_date=st.none() | DAYS,
    status_reason=st.just("") | WORDS,
    expressed_by=st.just(NOBODY) | people("Practitioner"),
    addresses=some(references("Condition")),
    patient=st.just(PATIENT),
    priority=st.sampled_from(["", *PRIORITIES]),
    accepted_by=some(
        st.builds(
            Acceptance, people("Patient", "Practitioner"), st.sampled_from(["", *ACCEPTANCES]), st.just("") | WORDS
        )
    ),
    related=some(st.builds(RelatedGoal, st.sampled_from(RELATIONS), references("Goal"))),
    notes=NOTES,
    source=st.just({}),
)
PLANS = st.builds(
    CarePlan,
    st.builds(Reference, st.just("CarePlan"), IDS),
    st.just(""),
    WORDS,
    st.sampled_from(["draft", "active"]),
    st.just("plan"),
    category=st.just(CodeableConcept((Coding(make.SNOMED, "734163000", "Care plan"),), "Care plan")),
    description=st.just("") | WORDS,
    start=st.none() | DAYS,
    end=st.none() | DAYS,
    created=st.none() | DAYS,
    author=people("Practitioner"),
    goals=some(references("Goal")),
    activities=st.just((Reference("Task", "t1"), Reference("ServiceRequest", "o1"))),
    addresses=some(references("Condition")),
    notes=NOTES,
    patient=st.just(PATIENT),
    custodian=st.just(NOBODY) | people("Organization"),
    care_teams=some(references("CareTeam")),
    outcomes=st.just(()) | WORDS.map(lambda words: (Outcome(Reference("ServiceRequest", "o1"), words),)),
    source=st.just({}),
)


@st.composite
def orders(draw: st.DrawFn, kind: str) -> Order:
    message = kind == "CommunicationRequest"
    due = draw(st.none() | DAYS)
    return Order(
        Reference(kind, draw(IDS)),
        draw(st.sampled_from(["draft", "active", "on-hold"])),
        "" if message else draw(st.sampled_from(["order", "plan", "proposal"])),
        draw(WORDS),
        CodeableConcept(),
        draw(st.none() | DAYS),
        draw(st.none() | DAYS),
        due,
        requester=draw(people("Practitioner")),
        reason_codes=draw(some(WORDS.map(lambda words: CodeableConcept((), words)))),
        reason_references=draw(some(st.builds(NamedReference, references("Condition"), st.just("") | WORDS))),
        patient=PATIENT,
        priority=draw(st.sampled_from(["", "routine", "urgent"])),
        owner=draw(st.just(NOBODY) | people("Practitioner", "Organization")),
        recipients=draw(some(people("Patient"))) if message else (),
        due=due,
        notes=draw(NOTES),
        goals=draw(some(references("Goal"))),
        based_on=draw(some(references("CarePlan"))),
        status_reason=draw(st.just("") | WORDS),
        source={},
    )


TASKS = st.builds(
    Task,
    st.builds(Reference, st.just("Task"), IDS),
    st.just(""),
    WORDS,
    st.just(PATIENT),
    st.sampled_from(["requested", "draft"]),
    st.sampled_from(["routine", "urgent"]),
    st.just(GP.to),
    WORDS,
    WORDS,
    st.none() | DAYS,
    st.none() | DAYS,
    comments=NOTES,
    intent=st.just("order"),
    requester=st.just(NURSE.to),
    reason_codes=st.just(()) | WORDS.map(lambda words: (CodeableConcept((), words),)),
    status_reason=st.just("") | WORDS,
    goals=some(references("Goal")),
    based_on=some(references("CarePlan")),
    source=st.just({}),
)
TEAMS = st.builds(
    CareTeam,
    st.builds(Reference, st.just("CareTeam"), IDS),
    st.just(PATIENT),
    st.just("active"),
    st.none() | references("Organization"),
    WORDS,
    st.none() | DAYS,
    st.none() | DAYS,
    some(
        st.builds(
            TeamMember,
            references("Practitioner", "RelatedPerson"),
            WORDS,
            st.none(),
            WORDS,
            st.none() | DAYS,
            st.none() | DAYS,
        )
    ),
    source=st.just({}),
)
VERSIONS = st.builds(ResourceVersion, references("Goal", "Task"), st.sampled_from(["1", "2"]))
CHANGES = st.builds(
    Provenance,
    st.builds(Reference, st.just("Provenance"), IDS),
    st.lists(VERSIONS, min_size=1, max_size=2).map(tuple),
    st.just(PartialDate("2026-11-29T08:00:00.000+00:00")),
    WORDS,
    st.just(GP.to),
    st.just("UPDATE"),
    WORDS,
    WORDS,
    some(VERSIONS),
    on_behalf_of=st.none() | references("Organization", "Patient"),
    role=st.just(CodeableConcept()) | WORDS.map(lambda words: CodeableConcept((Coding(make.SNOMED, "1"),), words)),
    during=st.none() | references("Appointment", "Encounter"),
    choices=some(st.builds(Choice, references("Goal"), WORDS, st.just("") | WORDS, WORDS, WORDS, WORDS, WORDS)),
    restores=st.none() | VERSIONS,
    source=st.just({}),
)
MADE: dict[str, st.SearchStrategy[Any]] = {
    "Goal": GOALS,
    "CarePlan": PLANS,
    "Task": TASKS,
    "ServiceRequest": orders("ServiceRequest"),
    "CommunicationRequest": orders("CommunicationRequest"),
    "CareTeam": TEAMS,
    "Provenance": CHANGES,
}
FOLLOWS = {
    "description", "achievement_text", "measured", "by_patient", "details", "code", "concept", "detail", "modified",
}  # fmt: skip
"""Fields that follow from others when they are read: how else a name is written, what an outcome says on the page."""


def stored(value: Any) -> Json:
    """The resource as a server answers with it: what was sent as JSON, with an id."""
    text = json_text.written(to_fhir(value))
    assert [str(issue) for issue in fhirkit.validate(text)] == []
    resource: Json = json_text.parse(text)
    return resource | {"id": value.origin.id}


def fields_of(value: Any) -> dict[str, Any]:
    names = (name for name, field in value.__dataclass_fields__.items() if field.compare and name not in FOLLOWS)
    return {name: getattr(value, name) for name in names}


@pytest.mark.parametrize("kind", MADE)
@settings(max_examples=examples(60))
@given(data=st.data())
def test_what_is_created_is_valid_and_read_back_as_it_was_made(kind: str, data: st.DataObject) -> None:
    made = data.draw(MADE[kind])
    resource = stored(made)
    assert resource["resourceType"] == kind
    assert fields_of(from_fhir(type(made), resource)) == fields_of(made)


@pytest.mark.parametrize("kind", [kind for kind in MADE if kind != "Provenance"])
@settings(max_examples=examples(60))
@given(data=st.data())
def test_one_plan_is_edited_into_any_other_and_nothing_that_is_not_known_is_touched(
    kind: str, data: st.DataObject
) -> None:
    made, wanted = data.draw(MADE[kind]), data.draw(MADE[kind])
    alien = {"url": "urn:alien", "valueDecimal": Decimal("1.50")}
    resource = stored(made) | {"language": "eu", "_status": {"id": "s"}}
    resource["extension"] = [alien, *resource.get("extension", ())]
    before = copy.deepcopy(resource)
    read = from_fhir(type(made), resource)
    kept = {"origin", "version", *FOLLOWS}
    if kind == "CareTeam":
        wanted = replace(wanted, members=(*read.members, *wanted.members), team_name=wanted.team_name)
    logs = {"notes", "comments"} & set(fields_of(read))
    notes = {name: (*getattr(read, name), *getattr(wanted, name)) for name in logs}
    edited = replace(read, **{name: value for name, value in fields_of(wanted).items() if name not in kept} | notes)
    written = json_text.parse(json_text.written(to_fhir(edited)))
    assert resource == before
    assert written["language"] == "eu" and written["_status"] == {"id": "s"} and alien in written["extension"]
    now = fields_of(from_fhir(type(made), written))
    for name, value in fields_of(edited).items():
        if name == "due" and kind == "Goal" and value is None:
            continue  # another target's own date is then the first
        if isinstance(value, tuple):
            assert sorted(map(repr, now[name])) == sorted(map(repr, value)), name
        else:
            assert now[name] == value, name


@pytest.mark.parametrize("status", ["draft", "active", "revoked"])
def test_a_plan_that_is_saved_again_while_it_is_in_force_says_once_that_it_was_reviewed(status: str) -> None:
    tags = [{"system": "urn:x", "code": "y"}]
    row = make.plan("c1", "p1", ("g1",)) | {"status": status, "meta": {"tag": tags, "versionId": "1"}}
    first = to_fhir(replace(from_fhir(CarePlan, row), end=PartialDate("2027-05-01")))
    reviewed = [{"system": PLAN_REVIEW, "code": "reviewed"}] if status == "active" else []
    assert first["meta"] == {"tag": [*tags, *reviewed], "versionId": "1"}
    again = to_fhir(replace(from_fhir(CarePlan, first), title="Another"))
    assert again["meta"] == first["meta"]
    assert to_fhir(from_fhir(CarePlan, row)) == row
    new = replace(from_fhir(CarePlan, row), version="", origin=Reference("CarePlan", "n"), source={})
    assert "meta" not in to_fhir(new)


# Targets


def goal_with(*targets: Json, **more: Any) -> Json:
    return make.goal("g1", "p1") | {"target": list(targets)} | more


def amount(value: str, unit: str, comparator: str = "") -> Json:
    parts = {"value": Decimal(value), "comparator": comparator, "unit": unit, "system": make.UCUM, "code": unit}
    return {name: part for name, part in parts.items() if part != ""}


WEIGHT = {"measure": make.concept(make.LOINC, "29463-7"), "detailQuantity": amount("70.50", "kg", "<=")}
IN_STONES = {
    "measure": make.concept(make.LOINC, "29463-7"),
    "detailQuantity": amount("11", "[stone_av]"),
    "dueDate": "2027-05-01",
    "extension": [{"url": "urn:x", "valueCode": "y"}],
}
PERCENT = {
    "measure": make.concept(make.LOINC, "4548-4") | {"text": "A1c"},
    "detailQuantity": amount("7.0", "%", "<"),
    "id": "t1",
}
STEPS = {"measure": {"text": "Steps"}, "detailInteger": 5000, "_detailInteger": {"id": "i"}, "dueDate": "2027-03-31"}


def edited(resource: Json, **change: Any) -> list[Json]:
    read = from_fhir(Goal, resource)
    written: list[Json] = to_fhir(replace(read, **change)).get("target", [])
    return written


def test_a_target_that_cannot_be_read_is_never_lost() -> None:
    resource = goal_with(IN_STONES, PERCENT, WEIGHT)
    assert from_fhir(Goal, resource).unreadable
    percent, weight = from_fhir(Goal, resource).targets
    assert edited(resource, text="Lose weight") == [IN_STONES, PERCENT, WEIGHT]
    assert edited(resource, targets=(percent,)) == [IN_STONES, PERCENT]
    assert edited(resource, targets=()) == [IN_STONES]
    lower = replace(weight, high=Quantity(Decimal("68"), "kg", "<"))
    assert edited(resource, targets=(percent, lower)) == [
        IN_STONES,
        PERCENT,
        WEIGHT | {"detailQuantity": amount("68", "kg", "<")},
    ]


def test_a_changed_target_keeps_its_due_date_and_all_but_what_is_aimed_at() -> None:
    [percent] = from_fhir(Goal, goal_with(PERCENT)).targets
    between = replace(
        percent, low=Quantity(Decimal(48), "mmol/mol", ">="), high=Quantity(Decimal(58), "mmol/mol", "<=")
    )
    written = edited(goal_with(PERCENT | {"dueDate": "2027-03-31"}, STEPS), targets=(between,))
    aim = {"detailRange": {"low": amount("48", "mmol/mol"), "high": amount("58", "mmol/mol")}}
    ifcc = {
        "coding": [{"system": make.LOINC, "code": "59261-8", "display": CODE[Measure.HBA1C].display}],
        "text": "A1c",
    }
    assert written == [{"id": "t1", "measure": ifcc, "dueDate": "2027-03-31", **aim}, STEPS]


@pytest.mark.parametrize("unit", ["mm[Hg]", "mmHg"])
def test_the_code_of_a_measure_stays_while_its_unit_does(unit: str) -> None:
    sitting = {"measure": make.concept(make.LOINC, "8459-0"), "detailQuantity": amount("150", unit, "<")}
    [target] = from_fhir(Goal, goal_with(sitting)).targets
    lower = replace(target, high=Quantity(Decimal(140), "mm[Hg]", "<"))
    assert edited(goal_with(sitting), targets=(lower,)) == [sitting | {"detailQuantity": amount("140", "mm[Hg]", "<")}]


def test_a_target_in_words_is_changed_into_a_number_and_nothing_of_the_old_one_is_left() -> None:
    [steps] = from_fhir(Goal, goal_with(STEPS)).other_targets
    more = replace(steps, low=Quantity(Decimal(7000), "1", ">="), text="")
    assert edited(goal_with(STEPS), other_targets=(more,)) == [
        {
            "measure": {"text": "Steps"},
            "detailQuantity": {"value": Decimal(7000), "comparator": ">="},
            "dueDate": "2027-03-31",
        }
    ]


@pytest.mark.parametrize(
    ("before", "due", "after"),
    [
        # The date that is shown is changed wherever a target has it; another date stays, and one that is no date.
        (["2027-03-31", "2027-03-31", "2027-06-30"], "2027-04-30", ["2027-04-30", "2027-04-30", "2027-06-30"]),
        (["soon", "2027-03-31"], "2027-04-30", ["soon", "2027-04-30"]),
        (["2027-03-31", "2027-06-30"], None, [None, "2027-06-30"]),
        (["2027-03-31"], None, [None]),
        ([None, None], "2027-04-30", ["2027-04-30", "2027-04-30"]),
        (["soon"], "2027-04-30", ["2027-04-30", "soon"]),
        ([], "2027-04-30", ["2027-04-30"]),
    ],
)
def test_the_due_date_of_a_goal(before: list[str | None], due: str | None, after: list[str | None]) -> None:
    rows = [
        {"measure": {"text": f"{n}"}, "detailString": "x"} | ({"dueDate": day} if day else {})
        for n, day in enumerate(before)
    ]
    written = edited(goal_with(*rows), due=PartialDate(due) if due else None)
    assert [part.get("dueDate") for part in written] == after
    aims = [{name: value for name, value in part.items() if name != "dueDate"} for part in written]
    assert [part for part in aims if part] == [
        {name: row[name] for name in ("measure", "detailString")} for row in rows
    ]


def test_a_due_duration_stays_where_a_date_is_set() -> None:
    within = {"measure": {"text": "Steps"}, "detailString": "many", "dueDuration": amount("3", "mo")}
    assert edited(goal_with(within), due=PartialDate("2027-04-30")) == [{"dueDate": "2027-04-30"}, within]


def test_the_due_date_of_a_goal_outlives_its_target_and_a_target_of_a_day_alone_ends_with_it() -> None:
    resource = goal_with(WEIGHT | {"dueDate": "2027-03-31"})
    assert edited(resource, targets=()) == [{"dueDate": "2027-03-31"}]
    assert edited(goal_with({"dueDate": "2027-03-31"}), due=None) == []


def test_a_new_target_is_due_with_the_goal() -> None:
    new = Target(Measure.SYSTOLIC, None, Quantity(Decimal(140), "mm[Hg]", "<"))
    assert edited(
        goal_with(WEIGHT | {"dueDate": "2027-03-31"}), targets=(*from_fhir(Goal, goal_with(WEIGHT)).targets, new)
    )[1] == {
        "measure": {"coding": [{"system": make.LOINC, "code": "8480-6", "display": "Systolic blood pressure"}]},
        "detailQuantity": amount("140", "mm[Hg]", "<"),
        "dueDate": "2027-03-31",
    }


@pytest.mark.parametrize(("low", "high"), [(">", "<="), (">=", "<")])
def test_a_range_without_one_of_its_ends_is_refused(low: str, high: str) -> None:
    target = Target(Measure.WEIGHT, Quantity(Decimal(1), "kg", low), Quantity(Decimal(2), "kg", high))
    with pytest.raises(NotWritable, match="both of its ends"):
        edited(goal_with(WEIGHT), targets=(target,))


def test_every_measure_has_a_code_that_means_it() -> None:
    terminology = load_terminology()
    assert {measure: terminology.measure([code]) for measure, code in CODE.items()} == {each: each for each in Measure}
    assert all(terminology.display([code]) == code.display for code in CODE.values())


# What people say to a goal, and how it stands to others


def acceptance(who: str, status: str, *more: Json) -> Json:
    parts = [{"url": "individual", "valueReference": {"reference": who, "display": "Somebody"}}]
    return {"url": GOAL_ACCEPTANCE, "extension": [*parts, {"url": "status", "valueCode": status}, *more]}


def test_who_agrees_now_keeps_what_else_is_said_of_that_agreement() -> None:
    priority = {"url": "priority", "valueCodeableConcept": {"text": "high"}}
    nobody = {"url": GOAL_ACCEPTANCE, "extension": [{"url": "status", "valueCode": "agree"}]}
    rows = [acceptance("Patient/p1", "pending", priority), nobody, acceptance("Practitioner/gp", "agree")]
    read = from_fhir(Goal, goal_with(extension=rows))
    assert [(each.person.to, each.status) for each in read.accepted_by] == [(PATIENT, "pending"), (GP.to, "agree")]
    agreed = Acceptance(NamedReference(PATIENT), "disagree", "It <b>hurts</b>")
    written = to_fhir(replace(read, accepted_by=(agreed, read.accepted_by[1])))
    words = {"url": ACCEPTANCE_WORDS, "valueString": "It <b>hurts</b>"}
    assert written["extension"] == [acceptance("Patient/p1", "disagree", priority, words), nobody, rows[2]]
    assert to_fhir(replace(read, accepted_by=read.accepted_by[:1]))["extension"] == rows[:2]
    silent = replace(from_fhir(Goal, written).accepted_by[0], words="", status="")
    [part] = to_fhir(replace(from_fhir(Goal, written), accepted_by=(silent,)))["extension"][:1]
    assert [each["url"] for each in part["extension"]] == ["individual", "priority"]


def test_a_person_without_a_record_is_known_by_the_name() -> None:
    mary = {"url": "individual", "valueReference": {"display": "Mary"}}
    rows = [{"url": GOAL_ACCEPTANCE, "extension": [mary, {"url": "status", "valueCode": "pending"}]}]
    read = from_fhir(Goal, goal_with(extension=rows))
    [written] = to_fhir(replace(read, accepted_by=(Acceptance(NamedReference(None, "Mary"), "agree"),)))["extension"]
    assert written["extension"] == [mary, {"url": "status", "valueCode": "agree"}]


@pytest.mark.parametrize(
    ("kind", "concept"),
    [
        ("milestone", make.concept("http://terminology.hl7.org/CodeSystem/goal-relationship-type", "milestone")),
        ("predecessor", make.concept("http://hl7.org/fhir/goal-relationship-type", "predecessor")),
        ("other", make.concept("http://terminology.hl7.org/CodeSystem/goal-relationship-type", "other", "Near")),
        (CONFLICTS_WITH, {"text": "Conflicts with"}),
        ("part-of", make.concept("http://hl7.org/fhir/goal-relationship-type", "part-of")),
        ("other", {"text": "In the way of"}),
    ],
)
def test_relations_of_goals_as_others_write_them(kind: str, concept: Json) -> None:
    def related(target: str) -> Json:
        parts = [
            {"url": "type", "valueCodeableConcept": concept},
            {"url": "target", "valueReference": {"reference": target}},
        ]
        return {"url": GOAL_RELATIONSHIP, "extension": parts}

    rows = [related("Goal/g2"), related("#contained")]
    read = from_fhir(Goal, goal_with(extension=rows))
    assert read.related == (RelatedGoal(kind, Reference("Goal", "g2")),)
    new = RelatedGoal(CONFLICTS_WITH, Reference("Goal", "g3"))
    assert to_fhir(replace(read, related=(*read.related, new)))["extension"][:2] == rows
    changed = to_fhir(replace(read, related=(RelatedGoal("successor", Reference("Goal", "g2")),)))["extension"]
    assert changed[0]["extension"][1] == rows[0]["extension"][1] and changed[1] == rows[1]
    assert from_fhir(Goal, goal_with(extension=changed)).related == (RelatedGoal("successor", Reference("Goal", "g2")),)


def test_a_start_in_words_gives_way_to_a_day() -> None:
    row = goal_with(startCodeableConcept={"text": "after the operation"})
    written = to_fhir(replace(from_fhir(Goal, row), start=PartialDate("2026-12-01")))
    assert written["startDate"] == "2026-12-01" and "startCodeableConcept" not in written


def test_new_words_take_the_codes_of_the_old_ones_away() -> None:
    goal = goal_with(description=make.concept(make.SNOMED, "289169006", "Weight loss") | {"id": "d"})
    written = to_fhir(replace(from_fhir(Goal, goal), text="Walk every day"))
    assert written["description"] == {"text": "Walk every day", "id": "d"}


def test_what_follows_from_the_conditions_is_not_written() -> None:
    read = from_fhir(Goal, goal_with(WEIGHT))
    assert to_fhir(replace(read, conditions=(ConditionKey.HF,), by_patient=False, measured=())) == goal_with(WEIGHT)


# The plan


PLAN = make.plan("cp1", "p1", ("g1", "g2")) | {
    "activity": [
        {
            "reference": {"reference": "Task/t1"},
            "outcomeCodeableConcept": [{"text": "one"}, make.concept("urn:x", "two")],
        },
        {"reference": {"reference": "Task/t2"}, "progress": [{"text": "Slow"}]},
        {"reference": {"display": "Somewhere"}, "outcomeCodeableConcept": [{"text": "kept"}]},
    ]
}
T1, T2 = Reference("Task", "t1"), Reference("Task", "t2")


def test_the_outcomes_of_one_activity_are_changed_and_others_stay() -> None:
    read = from_fhir(CarePlan, PLAN)
    assert read.outcomes == (Outcome(T1, "one; two"),)
    written = to_fhir(replace(read, outcomes=(*read.outcomes, Outcome(T2, "Walks again"))))
    assert written["activity"] == [
        PLAN["activity"][0],
        PLAN["activity"][1] | {"outcomeCodeableConcept": [{"text": "Walks again"}]},
        PLAN["activity"][2],
    ]
    assert "outcomeCodeableConcept" not in to_fhir(replace(read, outcomes=()))["activity"][0]


def test_the_custodian_is_written_where_the_plan_has_it() -> None:
    url = "http://hl7.org/fhir/5.0/StructureDefinition/extension-CarePlan.custodian"
    row = PLAN | {"extension": [{"url": url, "valueReference": {"reference": "Organization/o1"}}]}
    read = from_fhir(CarePlan, row)
    assert read.custodian == NamedReference(Reference("Organization", "o1"))
    new = NamedReference(Reference("Organization", "o2"), "Two")
    [part] = to_fhir(replace(read, custodian=new))["extension"]
    assert part == {"url": url, "valueReference": {"reference": "Organization/o2", "display": "Two"}}
    assert "extension" not in to_fhir(replace(read, custodian=NOBODY))


def test_the_order_of_goals_is_written_and_what_cannot_be_followed_keeps_its_place() -> None:
    one, two, words = {"reference": "Goal/g1", "display": "One"}, {"reference": "Goal/g2"}, {"display": "in words"}
    three = Reference("Goal", "g3")
    read = from_fhir(CarePlan, PLAN | {"goal": [one, words, two, one]})
    g1, g2 = Reference("Goal", "g1"), Reference("Goal", "g2")
    written = to_fhir(replace(read, goals=(g2, three, g1)))["goal"]
    assert written == [two, words, {"reference": "Goal/g3"}, one, one]
    assert to_fhir(replace(read, goals=(g1, g2)))["goal"] == [one, words, one, two]


def test_notes_are_only_added_in_whatever_order_they_are_given() -> None:
    row = PLAN | {"note": [{"text": "b", "time": MOMENT}, {"authorString": "no words"}, {"text": "a"}]}
    read = from_fhir(CarePlan, row)
    assert [note.text for note in read.notes] == ["a", "b"]
    new = Comment("Anna", MOMENT, " new\x00 ", None)
    written = to_fhir(replace(read, notes=(new, *reversed(read.notes))))["note"]
    assert written == [*row["note"], {"authorString": "Anna", "time": MOMENT, "text": "new"}]
    with pytest.raises(NotWritable, match="only added"):
        to_fhir(replace(read, notes=(replace(read.notes[0], text="A"), read.notes[1])))


DETAIL = {
    "kind": "ServiceRequest",
    "code": make.concept(make.SNOMED, "229065009", "Exercise therapy"),
    "status": "in-progress",
    "scheduledPeriod": {"start": "2026-10-01", "end": "soon"},
    "performer": [{"reference": "Practitioner/physio", "display": "Physiotherapist"}],
    "goal": [{"reference": "Goal/g1"}],
    "reasonCode": [{"text": "Stiff"}],
    "reasonReference": [{"reference": "Condition/c1"}],
}


def test_an_activity_of_the_plan_itself_becomes_a_reference_and_keeps_what_came_of_it() -> None:
    walking = {"detail": DETAIL, "outcomeCodeableConcept": [{"text": "better"}], "progress": [{"text": "Walks"}]}
    quiet = {"detail": {"status": "not-started"}, "extension": [{"url": "urn:x", "valueCode": "y"}]}
    row = PLAN | {"activity": [walking, quiet, {"reference": {"reference": "Task/t1"}}, {"detail": DETAIL}]}
    read = from_fhir(CarePlan, row)
    activity, second = read.details
    assert activity.in_plan and activity.kind == "ServiceRequest" and activity.code.text == "Exercise therapy"
    assert activity.performers == (NamedReference(Reference("Practitioner", "physio"), "Physiotherapist"),)
    assert (activity.goals, activity.start, activity.end) == (
        (Reference("Goal", "g1"),),
        PartialDate("2026-10-01"),
        None,
    )
    assert [each.text for each in activity.reasons] == ["Stiff"]
    assert [each.to for each in activity.reason_references] == [Reference("Condition", "c1")]
    new = Reference("ServiceRequest", "new")
    changed = replace(
        read,
        details=(replace(activity, converted_to=new), second),
        activities=(*read.activities, new),
        outcomes=(Outcome(T1, "called"),),
    )
    assert to_fhir(changed)["activity"] == [
        {
            "reference": {"reference": "ServiceRequest/new"},
            **{name: walking[name] for name in ("outcomeCodeableConcept", "progress")},
        },
        quiet,
        {"reference": {"reference": "Task/t1"}, "outcomeCodeableConcept": [{"text": "called"}]},
        {"detail": DETAIL},
    ]
    for details in ((), (activity,), (replace(activity, text="Other"), second)):
        with pytest.raises(NotWritable, match="converted"):
            to_fhir(replace(read, details=details))


# Orders


def order_row(**more: Any) -> Json:
    return {"resourceType": "ServiceRequest", "id": "o1", "status": "active", "intent": "order"} | more


DAY, LATER = PartialDate("2026-12-01"), PartialDate("2027-01-15")


@pytest.mark.parametrize(
    ("row", "change", "written"),
    [
        (
            {"occurrenceDateTime": "2026-12-01"},
            {"start": LATER, "due": LATER},
            {"occurrenceDateTime": "2027-01-15"},
        ),
        (
            {"occurrenceDateTime": "2026-12-01"},
            {"due": LATER},
            {"occurrencePeriod": {"start": "2026-12-01", "end": "2027-01-15"}},
        ),
        ({"occurrenceDateTime": "2026-12-01"}, {"due": None}, {"occurrencePeriod": {"start": "2026-12-01"}}),
        ({"occurrenceDateTime": "2026-12-01"}, {"due": None, "start": None}, {}),
        ({}, {"due": LATER}, {"occurrencePeriod": {"end": "2027-01-15"}}),
        ({}, {"end": LATER}, {"occurrencePeriod": {"end": "2027-01-15"}}),
        (
            {"occurrenceTiming": {"repeat": {"count": 1, "boundsDuration": {"value": 3}}, "code": {"text": "QD"}}},
            {"due": LATER},
            {
                "occurrenceTiming": {
                    "repeat": {"count": 1, "boundsPeriod": {"end": "2027-01-15"}},
                    "code": {"text": "QD"},
                }
            },
        ),
    ],
)
def test_when_an_order_is_to_happen(row: Json, change: Json, written: Json) -> None:
    read = from_fhir(Order, order_row(**row))
    assert to_fhir(replace(read, **change)) == order_row(**written)


def test_an_order_is_due_when_its_period_ends_or_at_its_one_moment() -> None:
    assert from_fhir(Order, order_row(occurrenceDateTime="2026-12-01")).due == DAY
    period = from_fhir(Order, order_row(occurrencePeriod={"start": "2026-12-01", "end": "2027-01-15"}))
    assert (period.start, period.due) == (DAY, LATER)
    assert from_fhir(Order, order_row(occurrencePeriod={"start": "2026-12-01"})).due is None


def test_a_new_owner_replaces_the_first_and_further_performers_stay() -> None:
    row = order_row(performer=[{"identifier": {"value": "x"}}, {"reference": "Practitioner/gp"}, {"display": "Clinic"}])
    read = from_fhir(Order, row)
    assert read.owner == NamedReference(GP.to)
    anna = {"reference": "Practitioner/nurse", "display": "Anna"}
    assert to_fhir(replace(read, owner=NURSE))["performer"] == [row["performer"][0], anna, row["performer"][2]]
    assert to_fhir(replace(read, owner=NOBODY))["performer"] == [row["performer"][0], row["performer"][2]]
    assert to_fhir(replace(from_fhir(Order, order_row()), owner=NURSE))["performer"] == [anna]


MESSAGE: Json = {"resourceType": "CommunicationRequest", "id": "m1", "status": "active"}


@pytest.mark.parametrize(
    ("row", "written"),
    [
        ({"category": [make.concept("urn:x", "edu", "Education")]}, {"category": [{"text": "Ring her"}]}),
        (
            {"payload": [{"contentString": "Ring"}, {"contentReference": {"reference": "Basic/b"}}]},
            {"payload": [{"contentString": "Ring her"}, {"contentReference": {"reference": "Basic/b"}}]},
        ),
        ({}, {"payload": [{"contentString": "Ring her"}]}),
    ],
)
def test_a_message_gets_new_words_where_it_has_its_name(row: Json, written: Json) -> None:
    read = from_fhir(Order, MESSAGE | row)
    assert to_fhir(replace(read, text="Ring her")) == MESSAGE | written
    assert from_fhir(Order, MESSAGE | written).text == "Ring her"


def test_the_codes_of_a_message_are_its_category_and_it_has_no_intent() -> None:
    education = CodeableConcept((Coding(make.SNOMED, "311401005", "Patient education"),))
    made = replace(
        from_fhir(Order, MESSAGE), text="Foot care", concept=education, intent="order", source={}, owner=NURSE
    )
    written = to_fhir(made)
    assert written["category"] == [
        {
            "coding": [{"system": make.SNOMED, "code": "311401005", "display": "Patient education"}],
            "text": "Foot care",
        }
    ]
    assert "intent" not in written and written["sender"]["display"] == "Anna"
    read = from_fhir(Order, written | {"id": "m1"})
    assert read.text == "Foot care"
    assert "category" not in to_fhir(replace(read, concept=CodeableConcept()))
    assert "payload" not in to_fhir(replace(from_fhir(Order, MESSAGE | {"payload": [{"contentString": "x"}]}), text=""))


def test_a_reason_of_an_order_that_stays_keeps_its_codes() -> None:
    coded = make.concept(make.SNOMED, "22253000", "Pain") | {"id": "r"}
    read = from_fhir(Order, order_row(reasonCode=[coded, {"text": "falls"}]))
    written = to_fhir(replace(read, reason_codes=(read.reason_codes[0], CodeableConcept((), "fear"))))
    assert written["reasonCode"] == [coded, {"text": "fear"}]


def test_an_order_of_another_type_is_refused() -> None:
    with pytest.raises(CannotRead):
        from_fhir(Order, {"resourceType": "Task", "id": "t1"})


def test_a_task_without_an_owner_has_no_empty_element() -> None:
    read = from_fhir(Task, make.task("t1", "p1", "Practitioner/gp"))
    assert "owner" not in to_fhir(replace(read, owner=None, owner_name=""))
    assert to_fhir(replace(read, owner=None, owner_name="Clinic"))["owner"] == {"display": "Clinic"}
    for several in ({"reason_codes": (CodeableConcept((), "a"),) * 2}, {"reason_references": (GP, NURSE)}):
        with pytest.raises(NotWritable, match="one"):
            to_fhir(replace(read, **several))


# The team


def test_a_membership_ends_with_its_period_and_keeps_the_rest() -> None:
    jane = {
        "member": {"reference": "Practitioner/gp", "identifier": {"value": "x"}},
        "onBehalfOf": {"display": "Clinic"},
    }
    nurse = [
        {"member": {"reference": "Practitioner/nurse"}, "role": [{"text": role}], "period": {"start": "2024-01-01"}}
        for role in ("Nurse", "Coordinator")
    ]
    team = make.care_team("p1", []) | {"participant": [jane, *nurse, {"member": {"display": "Mary"}}]}
    read = from_fhir(CareTeam, team)
    gp, first, second, mary = read.members
    ended = replace(second, until=DAY)
    doctor = replace(gp, name="Dr Jane", role=Coding("urn:x", "gp", "GP"), role_text="GP", since=DAY)
    written = to_fhir(replace(read, members=(doctor, first, ended, replace(mary, role_text="Daughter"))))
    assert written["participant"] == [
        {
            "member": {"reference": "Practitioner/gp", "display": "Dr Jane"},
            "onBehalfOf": {"display": "Clinic"},
            "role": [{"coding": [{"system": "urn:x", "code": "gp", "display": "GP"}], "text": "GP"}],
            "period": {"start": "2026-12-01"},
        },
        nurse[0],
        nurse[1] | {"period": {"start": "2024-01-01", "end": "2026-12-01"}},
        {"member": {"display": "Mary"}, "role": [{"text": "Daughter"}]},
    ]
    with pytest.raises(NotWritable, match="ends with its period"):
        to_fhir(replace(read, members=(gp, first, second)))
    bare = to_fhir(
        replace(from_fhir(CareTeam, written), members=(replace(doctor, role=None, role_text=""), first, ended, mary))
    )
    assert "role" not in bare["participant"][0] and "role" not in bare["participant"][3]


def test_a_team_that_is_no_record_has_a_name() -> None:
    read = from_fhir(CareTeam, make.care_team("p1", []))
    written = to_fhir(replace(read, team=None, team_name="The three of us"))
    assert written["name"] == "The three of us" and "managingOrganization" not in written


# Provenance


def test_what_a_change_was_made_from_is_no_version_that_was_changed() -> None:
    row = make.provenance("v1", "Goal/g1/_history/3", "Anna", MOMENT) | {
        "entity": [
            {"role": "revision", "what": {"reference": "Goal/g1/_history/2"}},
            {"role": "source", "what": {"reference": "DocumentReference/d1"}},
            {"role": "source", "what": {"reference": "Encounter/e1"}},
            {"role": "quotation", "what": {"reference": "Goal/g1/_history/1"}},
        ],
        "extension": [{"url": "urn:x", "valueCode": "y"}],
    }
    read = from_fhir(Provenance, row)
    goal = Reference("Goal", "g1")
    assert read.revised == (ResourceVersion(goal, "2"),)
    assert (read.during, read.restores) == (Reference("Encounter", "e1"), ResourceVersion(goal, "1"))
    assert read.choices == ()


def test_a_choice_that_is_about_no_record_is_none() -> None:
    row = make.provenance("v1", "Goal/g1", "Anna", MOMENT) | {
        "extension": [{"url": CONFLICT_CHOICE, "extension": [{"url": "field", "valueString": "title"}]}]
    }
    assert from_fhir(Provenance, row).choices == ()


# Texts


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "a\u202eb\u2066c", "x" * 10_000, "two\nlines\tand a tab", "İş ß ﷺ 👩‍⚕️"]
)
@pytest.mark.parametrize("wrap", ["{}", "  {}\x00\x1f \x7f"])
def test_a_text_is_kept_but_for_what_no_record_may_hold(text: str, wrap: str) -> None:
    written: dict[str, Callable[[str], Any]] = {
        "Goal": lambda words: replace(
            from_fhir(Goal, goal_with()),
            text=words,
            status_reason=words,
            notes=(Comment("A", MOMENT, words),),
            accepted_by=(Acceptance(GP, "agree", words),),
            other_targets=(OtherTarget(None, words, text=words),),
        ),
        "CarePlan": lambda words: replace(
            from_fhir(CarePlan, PLAN), title=words, description=words, outcomes=(Outcome(T1, words),)
        ),
        "ServiceRequest": lambda words: replace(
            from_fhir(Order, order_row()), text=words, status_reason=words, reason_codes=(CodeableConcept((), words),)
        ),
        "CommunicationRequest": lambda words: replace(from_fhir(Order, MESSAGE), text=words, status_reason=words),
        "Task": lambda words: replace(
            from_fhir(Task, make.task("t1", "p1", "Practitioner/gp")),
            text=words,
            status_reason=words,
            reason_codes=(CodeableConcept((), words),),
        ),
    }
    for made in written.values():
        resource = to_fhir(made(wrap.format(text)))
        assert resource == to_fhir(made(text))
        assert text in strings(resource)


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [found for part in value.values() for found in strings(part)]
    if isinstance(value, list):
        return [found for part in value for found in strings(part)]
    return [value] if isinstance(value, str) else []
