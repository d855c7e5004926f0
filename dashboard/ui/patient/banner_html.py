"""The banner of a patient, after the NHS CUI: who it is, in a fixed order, and the allergies always."""

from typing import Protocol

from dashboard.domain.record.allergy import Allergy, AllergyState
from dashboard.domain.record.people import Person
from dashboard.domain.record.views import Section
from dashboard.ui.record.names import (
    CLINICAL_STATUSES,
    CRITICALITIES,
    VERIFICATIONS,
    word,
)
from dashboard.ui.record.people import (
    main_identifier,
    show_born,
    show_died,
    show_gender,
    show_identifier,
    show_name,
)
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, clean
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t

ALLERGY_LABELS = {
    AllergyState.KNOWN: mark("Known allergies"),
    AllergyState.NONE_KNOWN: mark("No known allergies"),
    AllergyState.NOT_RECORDED: mark("Allergies not recorded"),
    AllergyState.UNAVAILABLE: mark("Allergies unavailable"),
}


class BannerFacts(Protocol):
    """What the banner shows: of a summary and of a timeline alike."""

    @property
    def person(self) -> Person: ...

    @property
    def allergies(self) -> Section[tuple[Allergy, ...]]: ...

    @property
    def allergy_state(self) -> AllergyState: ...


def banner_html(summary: BannerFacts, at: ViewTime) -> Html:
    """Who this is, in the order of the NHS CUI: name, born, gender, number; allergies always."""
    person = summary.person
    label, number = show_identifier(main_identifier(person))
    facts = [(t("Born"), show_born(person, at.today))]
    if person.deceased:
        facts.append((t("Died"), show_died(person, at.today)))
    facts += [(t("Gender"), show_gender(person.gender)), (label, number)]
    return h.section(
        class_="c3-patientbanner c3-patient-any" + (" c3-deceased" if person.deceased else ""), aria_label=t("Patient")
    )[
        h.div(class_="c3-idline")[
            h.h1[h.bdi[show_name(person.name)]], h.dl[(h.div[h.dt[term], h.dd[h.bdi[value]]] for term, value in facts)]
        ],
        _allergies(summary),
    ]


def _allergies(summary: BannerFacts) -> Html:
    state = summary.allergy_state if summary.allergies.ok else AllergyState.UNAVAILABLE
    allergies: list[str] = []
    for allergy in summary.allergies.value or ():
        remarks = [allergy.reaction, word(CRITICALITIES, allergy.criticality)]
        remarks += [word(VERIFICATIONS, allergy.verification_status), word(CLINICAL_STATUSES, allergy.clinical_status)]
        bracket = ", ".join(clean(remark, 80) for remark in remarks if remark)
        allergies.append(clean(allergy.text, 120) + (f" ({bracket})" if bracket else ""))
    detail = "; ".join(allergies) if state is AllergyState.KNOWN else ""
    if state is AllergyState.UNAVAILABLE:
        detail = t("they could not be read: ask, or look in the source system")
    marks = {AllergyState.KNOWN: icon("danger"), AllergyState.UNAVAILABLE: icon("warn")}
    return h.div(class_=f"c3-allergyline c3-{state}")[
        marks.get(state), h.b[t(ALLERGY_LABELS[state])], h.span[h.bdi[detail]] if detail else None
    ]
