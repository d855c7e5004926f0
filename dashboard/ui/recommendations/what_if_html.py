"""Which cards would come and go, as HTML."""

from collections.abc import Sequence

from dashboard.domain.guidelines.evaluate import Finding, Outcome
from dashboard.domain.guidelines.what_if import Difference
from dashboard.ui.recommendations.card_html import INDICATORS
from dashboard.ui.recommendations.page import RecommendationsPage, may_show
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, clean
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import t, tn


def difference_html(found: Difference, supposed: Sequence[str], page: RecommendationsPage) -> Html:
    """What would be other, where `supposed` (in words) were so. Nothing of it is saved, and it says so."""
    comes, goes, opens, settles = (
        [each for each in part if may_show(each, page)]
        for part in (found.comes, found.goes, found.opens, found.settles)
    )
    parts = (
        (tn("{n} would come", "{n} would come", len(comes)), "up", comes),
        (tn("{n} would go", "{n} would go", len(goes)), "down", goes),
        (tn("{n} could not be said any more", "{n} could not be said any more", len(opens)), "late", opens),
        (tn("{n} could be said and would not apply", "{n} could be said and would not apply", len(settles)), "check",
         settles),
    )  # fmt: skip
    shown = [_part(words, sign, findings) for words, sign, findings in parts if findings]
    return h.div(class_="c3-whatif", role="status")[
        h.p[h.b[t("Supposed, and not saved:")], " ", h.bdi["; ".join(supposed)]],
        shown if shown else h.p(class_="c3-quiet")[t("No card would come or go.")],
    ]


def _part(words: str, sign: str, findings: Sequence[Finding]) -> Html:
    return h.div(class_=f"c3-whatifpart c3-whatif-{sign}")[
        h.h3[icon(sign), " ", words], h.ul[(_line(each) for each in findings)]
    ]


def _line(finding: Finding) -> Html:
    word = t(INDICATORS[finding.advice.indicator][0])
    missing = ", ".join(clean(each.fact.words, 120) for each in finding.missing)
    why = t("missing: {facts}", facts=missing) if finding.outcome is Outcome.CANNOT_SAY and missing else ""
    return h.li[
        h.span(class_="c3-recword")[f"{word}: "],
        clean(finding.advice.summary, 200),
        h.span(class_="c3-sub")[f" ({why})"] if why else None,
    ]
