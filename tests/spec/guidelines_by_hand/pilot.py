"""The pilot's criteria (NCT03834207) read a second time, slowly and by hand: plain Python over FHIR JSON."""

from decimal import Decimal
from math import floor

from tests.spec.guidelines_by_hand.answers import Answer
from tests.spec.guidelines_by_hand.codes import MAPS, belongs, plain
from tests.spec.guidelines_by_hand.records import (
    first_code,
    is_active,
    is_broken,
    is_left_out,
    read_date,
    stage_of,
    when_of,
)

CLASSES = {"NYHA I": True, "NYHA II": True, "NYHA III": False, "NYHA IV": False}
SEVERITIES = {"mild": True, "moderate": True, "severe": False}


def two_of_four(person) -> Answer:
    """Two that are met are enough; where two cannot be any more, it is not met."""
    four = (person.pilot_type_2_diabetes, person.pilot_kidneys, person.pilot_heart_failure, person.pilot_depression)
    met, open_ = (sum(each.value is value for each in four) for value in (True, None))
    return Answer(True if met >= 2 else None if met + open_ >= 2 else False)


def kidneys(person) -> Answer:
    disease, egfr, recent = person.problem("condition-CKD"), *latest(person, "EGFR", 30, 60)
    if disease.value is False and ((recent and egfr.value is not False) or "Observation" in person.unread):
        disease = Answer(None)
    return disease & egfr


def heart_failure(person) -> Answer:
    seen = newest(person, "nyha-class")
    fresh = bool(seen) and all(when is not None and (person.on - when.end).days <= 366 for _, when, _ in seen)
    if unanswered(person):
        known = Answer(None)
    elif fresh:
        known = agreed(seen)
    else:
        known = Answer(staged(person, "condition-HF", CLASSES))
    return person.problem("condition-HF") & known


def depression(person) -> Answer:
    severity = staged(person, "condition-DEPRESSION", SEVERITIES)
    if severity is not None:
        known = Answer(severity)
    elif "Condition" in person.unread or any(map(is_broken, person.rows["Condition"])):
        known = Answer(None)
    else:
        known = latest(person, "PHQ9", 5, 15)[0]
    return person.problem("condition-DEPRESSION") & known


def at_home(person) -> Answer:
    return agreed(newest(person, "living-situation"))


def ict(person) -> Answer:
    """The patient's own self-check, or that of one carer."""
    own = agreed(newest(person, "ict-self-check", lambda who: not who.startswith("RelatedPerson/")))
    asked = {who for _, _, who in given(person, "ict-self-check") if who.startswith("RelatedPerson/")}
    any_carer = Answer(False) if not unanswered(person) else Answer(None)
    for carer in {*asked, *carers(person)}:
        any_carer |= agreed(newest(person, "ict-self-check", lambda who, carer=carer: who == carer))
    return own | any_carer


def register(person) -> Answer:
    return Answer(True if person.rows["ResearchSubject"] else None if "ResearchSubject" in person.unread else False)


def latest(person, measure: str, least: int, below: int) -> tuple[Answer, bool]:
    """Whether the latest value that can be read lies within the limits, and whether it is of the last year."""
    fine = [each for each in person.values(measure) if each[2] != "broken"]
    final = {each[0].moment for each in fine if each[1] not in ("preliminary", "registered")}
    fine = [each for each in fine if each[1] not in ("preliminary", "registered") or each[0].moment not in final]
    if not fine:
        return Answer(None), False
    when, _, (value, _, _), _ = max(fine, key=lambda each: (each[0].moment, len(each[0].text), each[2][2], each[3]))
    if (person.on - when.end).days > 366:
        return Answer(None), False
    return Answer(within(value, least, below)), True


def within(value, least: int, below: int) -> bool | None:
    """In whole numbers: more than 59 is 60 or more."""
    if value.low is not None and value.high is not None:
        return least <= value.low < below
    if value.low is None:
        return False if value.high < least or (value.high == least and value.high_out) else None
    lowest = Decimal(floor(value.low) + 1) if value.low_out else value.low
    return False if lowest >= below else None


def staged(person, value_set: str, scale) -> bool | None:
    """The stage of the active problem of the latest onset that has one of the scale."""
    found = []
    for row in person.rows["Condition"]:
        if is_broken(row) or not row.get("code") or not belongs(value_set, row["code"]):
            continue
        verification = first_code(row.get("verificationStatus"))
        if verification == "entered-in-error" or not is_active(row, verification) or stage_of(row) not in scale:
            continue
        onset = read_date(row.get("onsetDateTime") or row.get("onsetPeriod", {}).get("start"))
        found.append((onset is None, -onset.moment.timestamp() if onset else 0, row.get("id"), scale[stage_of(row)]))
    return min(found)[3] if found else None


def asked(person, question: str = ""):
    names = [f"screening-{question}"] if question else [f"screening-{each}" for each in QUESTIONS]
    return [row for row in person.rows["Observation"] if any(belongs(name, row.get("code")) for name in names)]


def unanswered(person) -> bool:
    return "Observation" in person.unread or any(map(is_broken, asked(person)))


def given(person, question: str):
    """What was said, when, and by whom."""
    if unanswered(person):
        return []
    return [
        (said(row, question), when_of(row), next((each["reference"] for each in row.get("performer", ())), ""))
        for row in asked(person, question)
        if not is_left_out(row)
    ]


def said(row, question: str) -> bool | None:
    value = row.get("valueCodeableConcept", {})
    if question == "nyha-class":
        stages = [
            display
            for coding in value.get("coding", ())
            for _, _, display, _ in MAPS.get(("stage", coding["system"], plain(coding["system"], coding["code"])), ())
        ]
        return CLASSES.get(stages[0]) if stages else None
    if question == "ict-self-check" and isinstance(row.get("valueBoolean"), bool):
        return row["valueBoolean"]
    yes = any(belongs(name, value) for name in ("screening-at-home", "screening-ict-passed"))
    no = any(belongs(name, value) for name in ("screening-not-at-home", "screening-ict-not-passed"))
    return None if yes == no else yes


def newest(person, question: str, by=lambda who: True):
    """The answers of which each may be the latest."""
    known = [
        each for each in given(person, question) if by(each[2]) and (each[1] is None or each[1].start <= person.on)
    ]
    return [each for each in known if not any(before(each[1], other[1]) for other in known)]


def before(one, other) -> bool:
    if one is None or other is None:
        return other is not None
    both_exact = "T" in one.text and "T" in other.text
    return one.end < other.start or (both_exact and one.moment < other.moment)


def agreed(answers) -> Answer:
    said_ = {each[0] for each in answers}
    return Answer(said_.pop() if len(said_) == 1 else None)


def carers(person) -> set[str]:
    def now(period) -> bool:
        start, end = read_date(period.get("start")), read_date(period.get("end"))
        return (start is None or start.start <= person.on) and (end is None or end.end >= person.on)

    return {
        member["member"]["reference"]
        for team in person.rows["CareTeam"]
        if team.get("status") == "active" and now(team.get("period", {}))
        for member in team.get("participant", ())
        if member.get("member", {}).get("reference", "").startswith("RelatedPerson/") and now(member.get("period", {}))
    }


QUESTIONS = ("living-situation", "ict-self-check", "nyha-class")
PILOT = {
    "pilot_age": lambda person: person.age >= 55,
    "pilot_type_2_diabetes": lambda person: person.problem("condition-T2DM"),
    "pilot_kidneys": kidneys,
    "pilot_heart_failure": heart_failure,
    "pilot_depression": depression,
    "pilot_at_home": at_home,
    "pilot_ict": ict,
    "pilot_register": register,
}
"""How each fact of the pilot is found."""
