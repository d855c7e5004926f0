"""The banner of a patient, after the NHS CUI: who it is, in a fixed order, and the allergies always."""

from typing import Protocol, TypeVar

from dashboard.domain.pilot.patient_enrolment import PatientEnrolment
from dashboard.domain.record.allergy import Allergy, AllergyState
from dashboard.domain.record.flag import Flag
from dashboard.domain.record.people import PatientLink, Person
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Section
from dashboard.ui.patient.enrolment_words import enrolment_words
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
    similar_words,
)
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html, clean, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.notices import show_read
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t, tn

T = TypeVar("T")
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

    @property
    def flags(self) -> Section[tuple[Flag, ...]]: ...

    @property
    def enrolment(self) -> Section[PatientEnrolment]: ...

    @property
    def unreadable(self) -> tuple[Unreadable, ...]: ...


NOT_IN_USE = (mark("Record not in use"), mark("It is marked as no longer to be used."))
# Type of a link to another record of the person -> what it says, and the words of the way there.
LINKS = {
    "replaced-by": (
        mark("This record was replaced by another one: use that one."),
        mark("Open the record that replaces it"),
    ),
    "replaces": (
        mark("This record replaces another one; what only that one holds is not shown here."),
        mark("Open the replaced record"),
    ),
    "refer": (mark("There is another record of this person, which holds more."), mark("Open the other record")),
    "seealso": (mark("There is another record of this person."), mark("Open the other record")),
}


def banner_html(summary: BannerFacts, at: ViewTime, *, may_follow: bool = True, similar: bool = False) -> Html:
    """Who this is, in the order of the NHS CUI: name, born, gender, number; how the person stands in the pilot, where
    there is a record of it; allergies and raised flags always. Under it the other records of the person, with the ways
    there for who may follow them, and a warning where somebody else looks alike.
    """
    person = summary.person
    facts = identity_facts(person, at)
    return h.section(
        class_="c3-patientbanner c3-patient-any" + (" c3-deceased" if person.deceased or not person.in_use else ""),
        aria_label=t("Patient"),
    )[
        h.div(class_="c3-idline")[
            h.h1[h.bdi[show_name(person.name)]],
            h.dl[(h.div[h.dt[term], h.dd[h.bdi[value]]] for term, value in facts), _enrolment(summary, at)],
        ],
        _similar() if similar else None,
        _not_in_use() if not person.active else None,
        (_other_record(link, may_follow) for link in person.links),
        _allergies(summary, at),
        _flags(summary, at),
    ]


def identity_facts(person: Person, at: ViewTime) -> list[tuple[str, str]]:
    """Born, died, gender and number, each with its label, in the order of the NHS CUI."""
    label, number = show_identifier(main_identifier(person))
    facts = [(t("Born"), show_born(person, at.today))]
    if person.deceased:
        facts.append((t("Died"), show_died(person, at.today)))
    return [*facts, (t("Gender"), show_gender(person.gender)), (label, number)]


def _enrolment(summary: BannerFacts, at: ViewTime) -> Html | None:
    state, doubt = enrolment_words(summary.enrolment, at)
    if not state:
        return None
    # With the space, since what is printed takes the texts of a line together.
    return h.div[
        h.dt[t("Pilot")],
        h.dd[unbroken_dates(state), [" ", h.span(class_="c3-lateword")[icon("warn"), " ", doubt]] if doubt else None],
    ]


def _similar() -> Html:
    return h.div(class_="c3-allergyline c3-alike")[icon("warn"), h.b[similar_words()]]


def _not_in_use() -> Html:
    state, why = map(t, NOT_IN_USE)
    return h.div(class_="c3-allergyline c3-unavailable")[icon("warn"), h.b[state], h.span[why]]


def _other_record(link: PatientLink, may_follow: bool) -> Html:
    """What a link to another record of the person says. One to another server has no way there."""
    words, way = LINKS.get(link.type, LINKS["seealso"])
    to = link.to.to
    lead = h.a(href=f"patient?id={to.id}")[t(way)] if to is not None and to.type == "Patient" and may_follow else None
    return h.div(class_=f"c3-allergyline c3-{'unavailable' if link.type == 'replaced-by' else 'otherrecord'}")[
        icon("warn" if link.type == "replaced-by" else "info"), h.b[t(words)], h.bdi[clean(link.to.name, 120)], lead
    ]


def _flags(summary: BannerFacts, at: ViewTime) -> Html | None:
    label, shown, doubt = flag_words(summary, at)
    if not label:
        return None
    css = "c3-allergyline c3-unavailable" + (" c3-flags" if summary.flags.ok else "")
    return h.div(class_=css)[
        icon("warn"),
        h.b[label],
        h.span[h.bdi[unbroken_dates(shown)]] if shown else None,
        h.span[doubt] if doubt else None,
    ]


def flag_words(summary: BannerFacts, at: ViewTime) -> tuple[str, str, str]:
    """A label, the flags in the words of their source, and that one could not be read or understood; "" without any."""
    if not summary.flags.ok:
        return t("Flags unavailable"), "", t("they could not be read: ask, or look in the source system")
    flags = summary.flags.value or ()
    shown = "; ".join(_flag(flag, at) for flag in flags)
    unread = len({each.origin for each in summary.unreadable if each.origin.type == "Flag"} - {f.origin for f in flags})
    doubt = (
        tn(
            "{n} flag could not be understood: look in the source system",
            "{n} flags could not be understood: look in the source system",
            unread,
        )
        if unread
        else ""
    )
    doubt = "; ".join(part for part in (doubt, _old(summary.flags, at)) if part)
    return (t("Flags"), shown, doubt) if shown or doubt else ("", "", "")


def _flag(flag: Flag, at: ViewTime) -> str:
    """`Do not resuscitate (clinical, since 02-Mar-2025)`."""
    remarks = [clean(flag.category, 60)]
    if flag.start is not None and flag.start.start > at.today:
        remarks.append(t("from {date}", date=show_date(flag.start)))
    elif flag.start is not None:
        remarks.append(t("since {date}", date=show_date(flag.start)))
    if flag.end is not None:
        remarks.append(t("until {date}", date=show_date(flag.end)))
    if flag.is_over(at.today):
        remarks.append(t("its time is over, and the record still says that it goes on"))
    if flag.status != "active":
        remarks.append(clean(flag.status, 40) or t("status not recorded"))
    bracket = ", ".join(remark for remark in remarks if remark)
    return clean(flag.code.text, 200) + (f" ({bracket})" if bracket else "")


def _allergies(summary: BannerFacts, at: ViewTime) -> Html:
    state, label, detail = allergy_words(summary, at)
    marks = {AllergyState.KNOWN: icon("danger"), AllergyState.UNAVAILABLE: icon("warn")}
    return h.div(class_=f"c3-allergyline c3-{state}")[
        marks.get(state), h.b[label], h.span[h.bdi[detail]] if detail else None
    ]


def allergy_words(summary: BannerFacts, at: ViewTime) -> tuple[AllergyState, str, str]:
    """The state of the allergies, its words, and which they are, or what to do where they could not be read."""
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
    old = _old(summary.allergies, at)
    return state, t(ALLERGY_LABELS[state]), "; ".join(part for part in (detail, old) if part)


def _old(found: Section[T], at: ViewTime) -> str:
    """`as of 16:40, they could not be read again`; "" for what was read just now."""
    if found.old is None:
        return ""
    return t("as of {time}, they could not be read again", time=show_read(found.old.read, at.as_of, at.zone))
