"""The eight stories hold in the records that are loaded: every claim of their text, and every order after its cause."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from dashboard.demo.cohort import generate
from dashboard.demo.files import stories
from dashboard.demo.places import index_of
from dashboard.domain.access.private_items import is_private
from dashboard.domain.record.care_plan import CarePlan
from dashboard.fhir.mapping.care_plan import from_fhir as care_plan
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.mapping.security_labels import security_labels

Json = dict[str, Any]
AS_OF = date(2026, 11, 23)
YESTERDAY = AS_OF - timedelta(days=1)


class Record:
    """One patient's resources, asked as a reader of the story asks."""

    def __init__(self, resources: list[Json]) -> None:
        self.resources = resources
        self.patient = resources[0]

    def of(self, kind: str) -> list[Json]:
        return [one for one in self.resources if one["resourceType"] == kind]

    @property
    def age(self) -> int:
        born = date.fromisoformat(self.patient["birthDate"])
        return AS_OF.year - born.year - ((AS_OF.month, AS_OF.day) < (born.month, born.day))

    def results(self, measure: str) -> list[tuple[date, float]]:
        """Day and value, oldest first."""
        found = [
            (date.fromisoformat(one["effectiveDateTime"][:10]), float(one["valueQuantity"]["value"]))
            for one in self.of("Observation")
            if one["id"].endswith(f"-{measure}") and "valueQuantity" in one and one["status"] == "final"
        ]
        return sorted(found)

    def latest(self, measure: str) -> tuple[date, float]:
        return self.results(measure)[-1]

    def near(self, measure: str, days_ago: int, within: int = 40) -> float:
        """The value nearest to so many days ago."""
        wanted = AS_OF - timedelta(days=days_ago)
        day, value = min(self.results(measure), key=lambda pair: abs((pair[0] - wanted).days))
        assert abs((day - wanted).days) <= within, f"no {measure} about {days_ago} days ago"
        return value

    def since(self, key: str) -> date:
        """When the first problem of this name began."""
        return min(
            date.fromisoformat((one["onsetDateTime"] + "-01-01")[:10])
            for one in self.of("Condition")
            if one["id"].removeprefix(f"{self.patient['id']}-con-").startswith(key)
        )

    def medicines(self, *statuses: str) -> dict[str, Json]:
        """By ATC code; the active ones unless otherwise asked."""
        return {
            one["medicationCodeableConcept"]["coding"][0]["code"]: one
            for one in self.of("MedicationRequest")
            if one["status"] in (statuses or ("active",))
        }

    def tasks(self, words: str) -> list[Json]:
        return [one for one in self.of("Task") if words.lower() in one["description"].lower()]

    def task(self, words: str) -> Json:
        (found,) = self.tasks(words)
        return found

    def overdue(self, words: str) -> bool:
        task = self.task(words)
        return task["restriction"]["period"]["end"] < AS_OF.isoformat() and task["status"] != "completed"

    def contacts(self) -> list[date]:
        return sorted(date.fromisoformat(one["period"]["start"][:10]) for one in self.of("Encounter"))

    def plans(self) -> list[CarePlan]:
        return [care_plan(one) for one in self.of("CarePlan")]


@pytest.fixture(scope="module")
def records() -> dict[str, Record]:
    made = list(generate(60, 7, AS_OF))
    found = {}
    for story in stories():
        record = Record(made[index_of(story["team"], story["place"])])
        assert record.patient["id"] == story["id"]
        found[story["id"].removeprefix("pat-")] = record
    return found


MRA, ACE, METFORMIN, SGLT2 = ("C03DA01", "C03DA04"), "C09AA05", "A10BA02", ("A10BK01", "A10BK03")

CLAIMS: list[tuple[str, str, Callable[[Record], bool]]] = [
    ("mary-aldous", "78, of Warwick", lambda r: r.age == 78),
    ("mary-aldous", "her daughter Susan", lambda r: r.of("RelatedPerson")[0]["name"][0]["given"] == ["Susan"]),
    (
        "mary-aldous",
        "one of her goals she keeps from Susan",
        lambda r: (
            [one["description"]["text"] for one in r.of("Goal") if is_private(origin(one), security_labels(one), ())]
            == ["Not to be a burden to Susan"]
        ),
    ),
    ("mary-aldous", "diabetes since 2009", lambda r: r.since("t2dm").year == 2009),
    ("mary-aldous", "heart failure since 2019", lambda r: r.since("hf").year == 2019),
    ("mary-aldous", "kidney disease since 2021", lambda r: r.since("ckd").year == 2021),
    ("mary-aldous", "low mood since 2023", lambda r: r.since("depression").year == 2023),
    ("mary-aldous", "ejection fraction 35%", lambda r: r.latest("lvef")[1] == 35),
    ("mary-aldous", "G3b now", lambda r: 30 <= r.latest("egfr")[1] < 45),
    ("mary-aldous", "G3a before 2024", lambda r: 45 <= [v for d, v in r.results("egfr") if d.year == 2022][-1] < 60),
    (
        "mary-aldous",
        "five weeks ago the heart clinic added spironolactone",
        lambda r: (
            r.medicines()["C03DA01"]["authoredOn"] == (AS_OF - timedelta(days=36)).isoformat()
            and "cardio" in r.medicines()["C03DA01"]["requester"]["reference"]
        ),
    ),
    ("mary-aldous", "to ramipril", lambda r: ACE in r.medicines()),
    ("mary-aldous", "yesterday's potassium is 5.9", lambda r: r.latest("potassium") == (YESTERDAY, 5.9)),
    ("mary-aldous", "it rose on the MRA", lambda r: [v for _, v in r.results("potassium")][-2:] == [5.1, 5.9]),
    ("mary-aldous", "albumin over a year ago", lambda r: (AS_OF - r.latest("uacr")[0]).days > 365),
    ("mary-aldous", "PHQ-9 over a year ago", lambda r: (AS_OF - r.latest("phq9")[0]).days > 365),
    ("derek-thorne", "81", lambda r: r.age == 81),
    ("derek-thorne", "diabetes for twenty years", lambda r: r.since("t2dm").year == 2006),
    ("derek-thorne", "kidney disease for nearly six", lambda r: 5.5 < (AS_OF - r.since("ckd")).days / 365.25 < 6),
    (
        "derek-thorne",
        "eGFR from 42 to 28 within half a year",
        lambda r: [round(v) for d, v in r.results("egfr") if (AS_OF - d).days <= 183] == [42, 35, 28],
    ),
    (
        "derek-thorne",
        "metformin twice two tablets a day",
        lambda r: r.medicines()[METFORMIN]["dosageInstruction"][0]["text"].startswith("2 tablets twice daily"),
    ),
    ("derek-thorne", "the pharmacist's review is overdue", lambda r: r.overdue("Review medicines")),
    ("surinder-sandhu", "66", lambda r: r.age == 66),
    (
        "surinder-sandhu",
        "stopped metformin in the spring",
        lambda r: (
            METFORMIN not in r.medicines()
            and "2026-03" <= r.medicines("stopped")[METFORMIN]["dispenseRequest"]["validityPeriod"]["end"] < "2026-06"
        ),
    ),
    (
        "surinder-sandhu",
        "when her low mood came back",
        lambda r: any(one.get("onsetDateTime", "").startswith("2026-04") for one in r.of("Condition")),
    ),
    (
        "surinder-sandhu",
        "HbA1c was in the fifties for two years before",
        lambda r: all(50 < v < 60 for d, v in r.results("hba1c") if date(2024, 7, 1) < d < date(2026, 4, 1)),
    ),
    ("surinder-sandhu", "HbA1c to 97", lambda r: r.latest("hba1c")[1] == 97),
    ("surinder-sandhu", "PHQ-9 to 18", lambda r: r.latest("phq9")[1] == 18),
    (
        "surinder-sandhu",
        "prefers Punjabi",
        lambda r: r.patient["communication"][0]["language"]["coding"][0]["code"] == "pa",
    ),
    ("surinder-sandhu", "her son", lambda r: r.of("RelatedPerson")[0]["name"][0]["given"] == ["Harjit"]),
    ("ronald-pickering", "84", lambda r: r.age == 84),
    ("ronald-pickering", "naproxen", lambda r: any(code.startswith("M01A") for code in r.medicines())),
    (
        "ronald-pickering",
        "nearly five kilograms in eleven days",
        lambda r: (
            4.5 <= r.latest("weight")[1] - r.results("weight")[-2][1] < 5
            and (r.latest("weight")[0] - r.results("weight")[-2][0]).days == 11
        ),
    ),
    (
        "ronald-pickering",
        "gained since naproxen",
        lambda r: all(
            one["authoredOn"] < r.results("weight")[-2][0].isoformat()
            for code, one in r.medicines().items()
            if code.startswith("M01A")
        ),
    ),
    (
        "ronald-pickering",
        "NT-proBNP twice its usual",
        lambda r: (
            1.6
            <= r.latest("ntprobnp")[1]
            / (sum(v for _, v in r.results("ntprobnp")[:-1]) / (len(r.results("ntprobnp")) - 1))
            <= 3
        ),
    ),
    ("ronald-pickering", "a diuretic", lambda r: any(code.startswith("C03C") for code in r.medicines())),
    ("ronald-pickering", "an ACE inhibitor", lambda r: any(code.startswith("C09A") for code in r.medicines())),
    ("begona-etxeberria", "87", lambda r: r.age == 87),
    ("begona-etxeberria", "her sister", lambda r: r.of("RelatedPerson")[0]["name"][0]["given"] == ["Itziar"]),
    ("begona-etxeberria", "HbA1c is 5.9%", lambda r: r.latest("hba1c")[1] == pytest.approx(5.9, abs=0.05)),
    ("begona-etxeberria", "gliclazide and insulin", lambda r: {"A10BB09", "A10AE04"} <= set(r.medicines())),
    ("begona-etxeberria", "failing kidneys", lambda r: r.latest("egfr")[1] < 45),
    (
        "begona-etxeberria",
        "has fallen twice",
        lambda r: sum("fall" in str(one.get("reasonCode", "")).lower() for one in r.of("Encounter")) == 2,
    ),
    ("jose-antonio-ibarra", "69", lambda r: r.age == 69),
    ("jose-antonio-ibarra", "HbA1c 9.7% a year ago", lambda r: r.near("hba1c", 400) == pytest.approx(9.7, abs=0.06)),
    ("jose-antonio-ibarra", "PHQ-9 16 a year ago", lambda r: r.near("phq9", 420) == 16),
    ("jose-antonio-ibarra", "6.7% now", lambda r: r.latest("hba1c")[1] == pytest.approx(6.7, abs=0.06)),
    ("jose-antonio-ibarra", "PHQ-9 3 now", lambda r: r.latest("phq9")[1] == 3),
    ("jose-antonio-ibarra", "semaglutide and sertraline", lambda r: {"A10BJ06", "N06AB06"} <= set(r.medicines())),
    (
        "jose-antonio-ibarra",
        "his goal is reached",
        lambda r: any(
            one["achievementStatus"]["coding"][0]["code"] == "achieved"
            for one in r.of("Goal")
            if "HbA1c" in one["description"]["text"]
        ),
    ),
    (
        "jose-antonio-ibarra",
        "nothing is due",
        lambda r: not [one for one in r.of("Task") if one["status"] != "completed"],
    ),
    ("gunilla-aberg", "76", lambda r: r.age == 76),
    ("gunilla-aberg", "ejection fraction 28%", lambda r: r.latest("lvef")[1] == 28),
    ("gunilla-aberg", "no MRA, no SGLT2 inhibitor", lambda r: not {*MRA, *SGLT2} & set(r.medicines())),
    ("gunilla-aberg", "citalopram", lambda r: "N06AB04" in r.medicines()),
    (
        "gunilla-aberg",
        "sends her weight",
        lambda r: len([d for d, _ in r.results("weight") if (AS_OF - d).days < 30]) >= 4,
    ),
    ("sture-jonsson", "79", lambda r: r.age == 79),
    ("sture-jonsson", "last seen fourteen months ago", lambda r: 13 * 30 < (AS_OF - r.contacts()[-1]).days < 15 * 31),
    ("sture-jonsson", "letters came back", lambda r: "came back" in r.task("Find him")["note"][0]["text"]),
    ("sture-jonsson", "the task to find him is overdue", lambda r: r.overdue("Find him")),
    (
        "sture-jonsson",
        "it is the coordinator's",
        lambda r: "coordinator" in r.task("Find him")["owner"]["reference"],
    ),
]


@pytest.mark.parametrize(("who", "claim", "holds"), CLAIMS, ids=[f"{who}: {claim}" for who, claim, _ in CLAIMS])
def test_a_claim_of_a_story_is_in_the_record(
    records: dict[str, Record], who: str, claim: str, holds: Callable[[Record], bool]
) -> None:
    assert holds(records[who]), claim


def test_every_story_has_claims() -> None:
    assert {who for who, _, _ in CLAIMS} == {story["id"].removeprefix("pat-") for story in stories()}
    assert all(sum(who == each for each, _, _ in CLAIMS) >= 5 for who in {who for who, _, _ in CLAIMS})


def moment_of(one: Json) -> datetime:
    return datetime.fromisoformat(one["effectiveDateTime"])


def test_every_order_with_a_cause_comes_after_it_and_before_its_date(records: dict[str, Record]) -> None:
    with_cause = 0
    for record in records.values():
        results = {f"Observation/{one['id']}": one for one in record.of("Observation")}
        for task in record.of("Task"):
            ordered = datetime.fromisoformat(task["authoredOn"])
            assert ordered.date() <= AS_OF
            assert ordered.date().isoformat() <= task["restriction"]["period"]["end"], task["description"]
            for note in task.get("note", ()):
                assert ordered <= datetime.fromisoformat(note["time"]) and note["time"][:10] < AS_OF.isoformat()
            if "reasonReference" in task:
                with_cause += 1
                cause = results[task["reasonReference"]["reference"]]
                assert ordered >= moment_of(cause), task["description"]
                later = [
                    one
                    for one in results.values()
                    if one["id"].rsplit("-", 1)[1] == cause["id"].rsplit("-", 1)[1]
                    and moment_of(cause) < moment_of(one) <= ordered
                ]
                assert not later, "an order rests on the latest result of its day"
    assert with_cause == sum("because" in task for story in stories() for task in story.get("tasks", ()))
    assert with_cause >= 5


def test_what_is_due_within_24_hours_was_ordered_the_day_before_for_the_result_of_that_day(
    records: dict[str, Record],
) -> None:
    mary = records["mary-aldous"]
    task = mary.task("Repeat potassium within 24 hours")
    assert task["authoredOn"][:10] == YESTERDAY.isoformat()
    assert task["restriction"]["period"]["end"] == AS_OF.isoformat()
    assert task["reasonReference"]["reference"].endswith("-potassium")
    assert mary.latest("potassium") == (YESTERDAY, 5.9)


def test_a_story_has_no_comment_that_it_did_not_write(records: dict[str, Record]) -> None:
    for story in stories():
        written = {task.get("comment") for task in story.get("tasks", ())}
        words = {task["text"] for task in story.get("tasks", ())}
        record = records[story["id"].removeprefix("pat-")]
        for task in record.of("Task"):
            if task["description"] in words:
                assert {note["text"] for note in task.get("note", ())} <= written
