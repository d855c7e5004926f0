"""Banners over a page: that what is shown is old or not all there, and what could not be done or read."""

from collections.abc import Sequence

from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import tn


def warning_html(words: str) -> Html | None:
    """What must be known before anything is read off, such as that the data are old; None for ""."""
    return h.div(class_="c3-banner c3-stale", role="alert")[icon("warn"), h.span[words]] if words else None


def notices_html(notices: Sequence[str]) -> Html | None:
    """What could not be done or read: one line, the rest folded."""
    if not notices:
        return None
    first, rest = notices[0], notices[1:]
    more = None
    if rest:
        more = h.details(data_key="notices")[
            h.summary[tn("{n} more remark", "{n} more remarks", len(rest))], h.ul[(h.li[notice] for notice in rest)]
        ]
    return h.div(class_="c3-banner c3-notice", role="note")[icon("info"), h.div[h.span[first], more]]
