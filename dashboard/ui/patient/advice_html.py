"""What guidelines suggest for the patient, in one line of the summary: how many apply, and the most urgent one."""

from collections.abc import Sequence

from dashboard.domain.guidelines.evaluate import Finding
from dashboard.ui.recommendations.card_html import INDICATORS
from dashboard.ui.recommendations.contradiction_words import contradict_words
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, clean
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t, tn


def advice_line_html(
    patient_id: str, applies: Sequence[Finding] | None, contradictions: int = 0, *, whole: bool = True
) -> Html:
    """The line, with the way to the page. `applies` is None while they are read, or where they could not be read;
    `contradictions`: in how many things guidelines contradict each other and nobody has decided; `whole`: everything
    that the rules ask for was read.
    """
    link = h.a(
        href=f"recommendations?id={patient_id}", data_act=press("recommendations"), data_key="advice-recommendations"
    )
    if applies is None:
        words = t("Recommendations: not known now")
        return h.p(class_="c3-adviceline c3-quiet")[icon("info"), " ", link[words]]
    if not applies:
        words = t("No recommendation of a guideline") if whole else t("Recommendations: not everything could be read")
        return h.p(class_="c3-adviceline c3-quiet")[icon("info"), " ", link[words], _contradict(contradictions)]
    first = applies[0]
    label = tn("{n} recommendation", "{n} recommendations", len(applies))
    return h.p(class_=f"c3-adviceline c3-advice-{first.advice.indicator}")[
        icon(INDICATORS[first.advice.indicator][1]),
        " ",
        link[label],
        ": ",
        h.span[clean(first.advice.summary, 200)],
        h.span(class_="c3-sub")[" ", t("(draft)")] if first.rule.draft else None,
        h.span(class_="c3-sub")[", ", t("not everything could be read")] if not whole else None,
        _contradict(contradictions),
    ]


def _contradict(contradictions: int) -> Html | None:
    return h.span[". ", contradict_words(contradictions)] if contradictions else None
