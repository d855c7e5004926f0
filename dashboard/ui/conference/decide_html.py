"""What was decided about a patient as HTML, each line with the way back, and what is not saved yet."""

from collections.abc import Sequence

from dashboard.domain.values.datatypes import Reference
from dashboard.ui.conference.decide_words import DecidedLine
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, for_screen_readers, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t, tn


def decided_html(
    lines: Sequence[DecidedLine], just: Reference | None, may_hold: bool, elsewhere: int, other_team: str
) -> Html:
    """The lines; `just` is what this user has decided last. `elsewhere` is how much of the user's own about other
    patients is not saved yet: counted, since no other patient is named on this screen. `other_team` says that another
    team speaks about this patient too.
    """
    return h.section(class_="c3-decided")[
        h.h2[t("Decided")],
        h.p(class_="c3-banner c3-notice", role="status")[icon("people"), h.span[other_team]] if other_team else None,
        # The newest first: the list scrolls by itself where much is decided.
        h.ul(tabindex="0")[
            (_line(line, line.item is not None and line.item == just, may_hold) for line in reversed(lines))
        ]
        if lines
        else h.p(class_="c3-quiet")[t("Nothing yet")],
        h.p(class_="c3-banner c3-stale", role="status")[
            icon("warn"),
            h.span[
                tn(
                    "{n} entry of yours about another patient is not saved yet.",
                    "{n} entries of yours about other patients are not saved yet.",
                    elsewhere,
                )
            ],
        ]
        if elsewhere
        else None,
    ]


def _line(line: DecidedLine, just: bool, may_hold: bool) -> Html:
    words = h.s[line.text] if line.back else h.span[line.text]
    state = "c3-waits" if line.waits else "c3-withdrawn" if line.back else "c3-just" if just else None
    return h.li(class_=state, data_key=f"decided-{line.item or line.number}" if line.item or line.number else None)[
        h.div(class_="c3-what")[h.b[line.what], ": " if line.text else None, words if line.text else None],
        h.div(class_="c3-forwhom")[unbroken_dates(line.who)] if line.who else None,
        h.div(class_="c3-sub")[", ".join(filter(None, (line.stands, line.by)))],
        h.div(class_="c3-sub")[icon("back"), " ", line.back] if line.back else None,
        h.div(class_="c3-waitword", role="status")[icon("warn"), " ", line.waits] if line.waits else None,
        _actions(line, just) if may_hold else None,
    ]


def _actions(line: DecidedLine, just: bool) -> Html | None:
    if line.number is not None:
        return h.div(class_="c3-actions")[
            _button(t("Into the form"), "again", line.number, line.text) if line.refused else None,
            _button(t("Throw away"), "throw", line.number, line.text),
        ]
    if line.item is None or line.back:
        return None
    said = fragment[icon("check"), " ", t("Saved."), " "] if just else None
    return h.div(class_="c3-actions", role="status" if just else None)[
        said, _button(t("Take back"), "take-back", line.item, line.text)
    ]


def _button(words: str, do: str, about: Reference, text: str) -> Html:
    return h.button(
        type="button", class_="c3-button c3-small", data_act=press(do, item=str(about)), data_key=f"{do}-{about.id}"
    )[words, for_screen_readers(f": {text[:80]}")]
