"""Who the patient is, on paper: as on the banner of the page, allergies always."""

from dashboard.domain.record.allergy import AllergyState
from dashboard.paper.document import Block, Paragraph
from dashboard.ui.paper.sheet import late, plain, soft, strong, urgent, warned
from dashboard.ui.patient.banner_html import (
    LINKS,
    NOT_IN_USE,
    BannerFacts,
    allergy_words,
    flag_words,
    identity_facts,
)
from dashboard.ui.patient.enrolment_words import enrolment_words
from dashboard.ui.record.people import show_name, similar_words
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t


def banner_blocks(facts: BannerFacts, at: ViewTime, *, similar: bool = False) -> list[Block]:
    """Name, dates, gender, number, and how the person stands in the pilot; what must be known of the record; allergies
    and flags.
    """
    person = facts.person
    who = [word for term, value in identity_facts(person, at) for word in (soft(term), plain(value))]
    pilot, doubt = enrolment_words(facts.enrolment, at)
    if pilot:
        who += [soft(t("Pilot")), plain(pilot), *([late(doubt)] if doubt else [])]
    state, label, detail = allergy_words(facts, at)
    first = urgent(label) if state is AllergyState.KNOWN else late(label) if detail else strong(label)
    others = [
        " ".join(filter(None, (t(LINKS.get(link.type, LINKS["seealso"])[0]), clean(link.to.name, 120))))
        for link in person.links
    ]
    return [
        Paragraph((strong(show_name(person.name)), *who), framed=True),
        *warned(
            [
                similar_words() if similar else "",
                "" if person.active else " ".join(map(t, NOT_IN_USE)),
                *others,
            ]
        ),
        Paragraph((first, plain(detail)) if detail else (first,), framed=True),
        *_flags(facts, at),
    ]


def _flags(facts: BannerFacts, at: ViewTime) -> list[Block]:
    label, shown, doubt = flag_words(facts, at)
    if not label:
        return []
    return [Paragraph(tuple(each for each in (urgent(label), strong(shown), late(doubt)) if each.text), framed=True)]
