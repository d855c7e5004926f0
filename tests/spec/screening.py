"""How a line of the tables on eligibility becomes the facts of a patient; a cell that is empty says nothing."""

from dashboard.domain.pilot.screening_answer import NYHA_CLASSES, ScreeningAnswer, ScreeningQuestion
from dashboard.domain.pilot.screening_facts import ScreeningFacts
from dashboard.domain.record.condition import Condition
from dashboard.domain.record.people import HumanName, Person
from dashboard.domain.values.code_systems import SNOMED
from dashboard.domain.values.datatypes import NOBODY, Coding, NamedReference, PartialDate, Reference
from dashboard.fhir.terminology_files import load_terminology
from tests.spec.words import CONDITIONS, Line, results

MEANS: dict[str, bool | None] = {"yes": True, "no": False, "not understood": None, **NYHA_CLASSES}
CARER = Reference("RelatedPerson", "carer")


def problem(words: str, number: int = 0) -> Condition:
    """`HF NYHA II`, `depression mild`, `CKD`; `?HF` is only suspected, `HF inactive` is over."""
    over, suspected = words.endswith(" inactive"), words.startswith("?")
    name, _, stage = words.removeprefix("?").removesuffix(" inactive").partition(" ")
    return Condition(
        origin=Reference("Condition", f"c{number}"),
        code=(Coding(SNOMED, CONDITIONS[name]),),
        text=name,
        keys=load_terminology().conditions((Coding(SNOMED, CONDITIONS[name]),)),
        onset=PartialDate("2015"),
        abatement=None,
        clinical_status="inactive" if over else "active",
        verification_status="provisional" if suspected else "confirmed",
        stage=stage,
    )


def answers(question: ScreeningQuestion, words: list[str]) -> list[ScreeningAnswer]:
    """`yes`, `no 2026-05-01`, `carer yes`, `NYHA II`: who (the patient, where no carer is named), what, and when."""
    made = []
    for each in words:
        said, _, when = each.removeprefix("carer ").partition(" 20")
        made.append(
            ScreeningAnswer(
                origin=Reference("Observation", f"{question}-{len(made)}"),
                question=question,
                holds=MEANS[said],
                text=said,
                when=PartialDate("20" + when) if when else PartialDate("2026-11-01"),
                by=NamedReference(CARER) if each.startswith("carer ") else NOBODY,
            )
        )
    return made


def facts(line: Line) -> ScreeningFacts:
    """The facts of a line. `unread` names resource types that could not be read; `carers` says that there is one."""
    unread = frozenset(line.parts("unread"))
    ict = line.parts("ict")
    return ScreeningFacts(
        person=Person("p1", HumanName(), PartialDate(line.born) if line.born else None),
        problems=[problem(words, number) for number, words in enumerate(line.parts("conditions"))],
        results=results(line),
        answers=(
            *answers(ScreeningQuestion.LIVING_SITUATION, line.parts("home")),
            *answers(ScreeningQuestion.ICT_SELF_CHECK, [each for each in ict if not each.endswith("unasked")]),
            *answers(ScreeningQuestion.NYHA_CLASS, line.parts("observed")),
        ),
        carers=frozenset({CARER} if any(each.startswith("carer") for each in ict) else ()),
        unread=unread - {"answers"},
        unanswered="answers" in unread,
    )
