"""The cards of CDS Hooks services of others as HTML: plain text with its origin, beside ours and never among them."""

from collections.abc import Sequence
from typing import Final

from dashboard.domain.guidelines.foreign_card import ForeignAnswer, ForeignCard, ForeignLink, Trouble
from dashboard.ui.recommendations.card_html import INDICATORS
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import warning_html
from dashboard.ui.shared.html import Html, clean
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.notices import part_words
from dashboard.ui.shared.wording import mark, t, tn

AT_ONCE: Final = 3
"""Cards of a service that are shown before "more"."""
TROUBLES: Final = {
    Trouble.SLOW: mark("{service} did not answer in time."),
    Trouble.AWAY: mark("{service} cannot be reached."),
    Trouble.REFUSED: mark("{service} does not accept calls of this dashboard: an administrator can look into it."),
    Trouble.UNFED: mark("{service} needs records that it did not get."),
    Trouble.FAILED: mark("{service} failed to answer."),
    Trouble.REDIRECTED: mark("{service} wanted to send the question elsewhere, which is not followed."),
    Trouble.TOO_LARGE: mark("{service} answered with more than is taken."),
    Trouble.NOT_CARDS: mark("{service} answered with something else than cards."),
}
"""What is said of a service that did not answer, or not in full."""


def foreign_html(answers: Sequence[ForeignAnswer]) -> Html:
    """What the services said; each part names the service."""
    number = tn(
        "{n} card, not of our rules and not checked by them.",
        "{n} cards, not of our rules and not checked by them.",
        sum(len(each.cards) for each in answers),
    )
    advice = t("What a service suggests is not carried out from here.")
    return _section(h.p(class_="c3-sub")[number, " ", advice], [_answer(each) for each in answers])


def waiting_html(answered: int, asked: int) -> Html:
    """While they are asked."""
    words = t("Asking: {answered} of {asked} have answered.", answered=answered, asked=asked)
    return _section(h.p(class_="c3-quiet", role="status")[words])


def sentence_html(words: str) -> Html:
    """Why there are no cards of others."""
    return _section(h.p(class_="c3-quiet")[words])


def _section(*parts: Html | list[Html]) -> Html:
    return h.section(class_="c3-recs c3-recforeign")[
        h.h2(class_="c3-sectionhead")[t("From other services")],
        parts,
    ]


def _answer(answer: ForeignAnswer) -> Html:
    label = clean(answer.service.label, 80)
    unread = ", ".join(clean(part_words(each) or each, 60) for each in answer.unread if each)
    lost = tn(
        "{n} part of its answer is not shown: it is no card, no plain link, or one too many.",
        "{n} parts of its answer are not shown: they are no card, no plain link, or too many.",
        answer.left_out,
    )
    return h.div(class_="c3-recs")[
        h.p(class_="c3-recservice")[h.b[label]],
        warning_html(t(TROUBLES[answer.trouble], service=label)) if answer.trouble is not None else None,
        h.ul(class_="c3-reclist")[(_card(each, label) for each in answer.cards[:AT_ONCE])] if answer.cards else None,
        _more(answer, label),
        h.p(class_="c3-quiet")[t("No card.")] if not answer.cards and answer.trouble is None else None,
        h.p(class_="c3-sub")[lost] if answer.left_out else None,
        h.p(class_="c3-sub")[t("It also asked for, and did not get: {what}.", what=unread)] if unread else None,
    ]


def _more(answer: ForeignAnswer, label: str) -> Html | None:
    rest = answer.cards[AT_ONCE:]
    if not rest:
        return None
    return h.details(data_key=f"foreign-more-{answer.service.name}")[
        h.summary[tn("{n} more card", "{n} more cards", len(rest))],
        h.ul(class_="c3-reclist")[(_card(each, label) for each in rest)],
    ]


def _card(card: ForeignCard, service: str) -> Html:
    word, sign = INDICATORS[card.indicator]
    suggests = "; ".join(clean(each, 120) for each in card.suggestions)
    return h.li(class_=f"c3-rec c3-rec-{card.indicator}")[
        h.h3[h.span(class_="c3-recword")[icon(sign), " ", t(word)], " ", h.span[clean(card.summary, 200)]],
        [h.p(class_="c3-recdetail")[clean(line, 2000)] for line in card.detail.splitlines() if line.strip()],
        h.p(class_="c3-recsuggests")[h.b[t("Suggests")], " ", suggests] if suggests else None,
        h.ul(class_="c3-reclinks")[(_link(each) for each in card.links)] if card.links else None,
        h.p(class_="c3-sub c3-recsource")[
            t("From {service}", service=service),
            f", {t('which names as its source: {source}', source=clean(card.source, 120))}" if card.source else None,
        ],
    ]


def _link(link: ForeignLink) -> Html:
    """The address is shown whole: nobody presses on words and lands somewhere else."""
    named = f"{clean(link.label, 120)}: " if link.label else None
    return h.li[named, h.a(href=link.url, target="_blank", rel="noopener noreferrer nofollow")[link.url]]
