"""A change of several people as HTML: who changes from what to what, who cannot and why, and what became of each."""

from collections.abc import Mapping, Sequence

from dashboard.domain.pilot.planned_change import PlannedChange
from dashboard.domain.pilot.screening_list import ScreenedPatient
from dashboard.errors import DashboardError
from dashboard.ui.pilot.enrolment_words import STATES
from dashboard.ui.record.people import main_identifier, show_born, show_identifier, show_name
from dashboard.ui.screening.words import OUTCOMES, last_change_words, site_words, state_words
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import Html, clean, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn


def preview_html(planned: Sequence[PlannedChange], at: ViewTime, moves_to: str = "") -> Html:
    """Whoever cannot be changed comes first: that is what needs somebody's eye."""
    ordered = sorted(planned, key=lambda each: each.error is None)
    can = sum(each.error is None for each in planned)
    cannot = len(planned) - can
    return fragment[
        h.h2[t("What will be saved")],
        h.p(class_="c3-count", role="status")[
            tn("{n} person changes", "{n} people change", can),
            [", ", h.b[tn("{n} cannot", "{n} cannot", cannot)]] if cannot else None,
            ".",
        ],
        h.table(class_="c3-table c3-preview")[
            h.caption(class_="c3-sr")[t("Who changes from what to what")],
            h.thead[h.tr[(h.th(scope="col")[words] for words in (t("Who"), t("Now"), t("Then")))]],
            h.tbody[(_planned(each, at, moves_to) for each in ordered)],
        ],
    ]


def _planned(each: PlannedChange, at: ViewTime, moves_to: str) -> Html:
    line = each.line
    if each.error is not None:
        then: Html | None = h.span(class_="c3-cannot")[icon("warn"), " ", error_words(each.error)]
    else:
        state = t(STATES[each.after]) if each.after is not None else ""
        listed = t("listed first, {site}", site=clean(each.site.name, 120)) if each.site.to is not None else ""
        then = fragment[
            h.b[moves_to or state],
            h.div(class_="c3-sub")[listed] if listed else None,
        ]
    return h.tr(class_="c3-cannotrow" if each.error is not None else None)[
        h.th(scope="row")[
            h.bdi[show_name(line.person.name)],
            h.div(class_="c3-sub")[
                unbroken_dates(t("born {date}", date=show_born(line.person, at.today))),
                ", ",
                h.bdi[" ".join(show_identifier(main_identifier(line.person)))],
            ],
        ],
        h.td[site_words(line) if moves_to else state_words(line)],
        h.td[then],
    ]


def done_html(
    words: str,
    saved: int,
    undo: bool,
    failed: Mapping[str, DashboardError],
    lines: Mapping[str, ScreenedPatient],
) -> Html:
    """What was done, with the way back, and who was not saved and why, with how they stand now."""
    left = tn("{n} person was not saved and stays chosen:", "{n} people were not saved and stay chosen:", len(failed))
    head = tn("{n} person: {what}", "{n} people: {what}", saved, what=words)
    return h.section(class_="c3-banner c3-notice c3-done", aria_label=t("What was saved"))[
        icon("check" if saved else "warn"),
        h.div[
            h.p(role="status")[h.b[head if saved else t("Nobody was changed.")]],
            [
                h.p[left],
                h.ul[(_failed(lines.get(patient), error) for patient, error in failed.items())],
            ]
            if failed
            else None,
            h.div(class_="c3-actions")[
                _button("undo", t("Take back")) if undo and saved else None,
                _button("again", t("Choose these again")) if saved else None,
                _button("close", t("Close")),
            ],
        ],
    ]


def recorded_html(line: ScreenedPatient | None, answers: int) -> Html:
    """What was recorded of somebody, what the rule says now, and the way back."""
    head = tn("{n} answer recorded", "{n} answers recorded", answers)
    return h.section(class_="c3-banner c3-notice c3-done", aria_label=t("What was saved"))[
        icon("check"),
        h.div[
            h.p(role="status")[
                h.b[head],
                [": ", h.bdi[show_name(line.person.name)], ". ", t(OUTCOMES[line.eligibility.outcome]), "."]
                if line is not None
                else ".",
            ],
            h.div(class_="c3-actions")[_button("undo", t("Take back")), _button("close", t("Close"))],
        ],
    ]


def _button(do: str, words: str) -> Html:
    return h.button(type="button", class_="c3-button", data_act=press(do), data_key=f"done-{do}")[words]


def _failed(line: ScreenedPatient | None, error: DashboardError) -> Html | None:
    if line is None:
        return h.li[error_words(error)]
    change, why = last_change_words(line)
    stands = t("Now: {state}", state=state_words(line))
    return h.li[
        h.b[h.bdi[show_name(line.person.name)]],
        ": ",
        error_words(error),
        h.div(class_="c3-sub")[unbroken_dates("; ".join(filter(None, (stands, change, why))))],
    ]
