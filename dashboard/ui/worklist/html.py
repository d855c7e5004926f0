"""The worklist as HTML: heading, totals, table and pager. Presses carry `data-act`; a row is a link to its patient."""

from collections.abc import Sequence

from dashboard.domain.attention.reason import ReasonKind
from dashboard.domain.record.condition import PROGRAMME, ConditionKey
from dashboard.domain.risk.score import RiskKey
from dashboard.ui.record.names import condition_name
from dashboard.ui.record.reasons import kind_name
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.html import Html, for_screen_readers, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.large_html import large_switch
from dashboard.ui.shared.no_patients_html import no_patients_html
from dashboard.ui.shared.pager import pages_html
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import mark, t, tn
from dashboard.ui.worklist.row_html import row_html
from dashboard.ui.worklist.rows import FilteredWorklist
from dashboard.ui.worklist.scores import direction_words, level_words, score_name, score_short, without_words
from dashboard.ui.worklist.view import NO_OWNER, WorklistView

TOTALS = (
    (ReasonKind.CHECK_OVERDUE, mark("Overdue"), "late"),
    (ReasonKind.NEW_RESULT, mark("New results"), "new"),
    (ReasonKind.TASK_OVERDUE, mark("Tasks due"), "late"),
    (ReasonKind.PLAN_REVIEW_DUE, mark("Plan review"), "plan"),
)
COLUMNS = (
    ("name", mark("Who")),
    ("", mark("Conditions")),
    ("urgency", mark("Needs attention")),
    ("results", mark("Key results")),
    ("conference", mark("Next")),
    ("plan", mark("Plan")),
)


def totals_html(shown: FilteredWorklist, view: WorklistView, awaiting: bool = False) -> Html:
    """The totals and the conditions, each of which filters when it is pressed. While records are awaited none is 0:
    that would say that nobody is urgent when nobody knows.
    """
    none = "…" if awaiting else "0"
    tiles = [
        _tile(
            t(label),
            shown.reasons.get(kind, 0),
            kind in view.reason,
            press("toggle", name="reason", value=kind),
            tone,
            none,
        )
        for kind, label, tone in TOTALS
    ]
    tiles.insert(
        0, _tile(t("Urgent"), shown.urgent, view.urgent, press("toggle", name="urgent", value=""), "danger", none)
    )
    conditions = [
        _pill(condition_name(key), shown.conditions.get(key, 0), key in view.condition, key, none) for key in PROGRAMME
    ]
    return h.div(class_="c3-totals")[
        h.div(class_="c3-tiles", role="group", aria_label=t("Show only patients with"))[tiles],
        h.div(class_="c3-pills", role="group", aria_label=t("Show only patients who have all of"))[conditions],
    ]


def table_html(
    shown: FilteredWorklist, view: WorklistView, names: dict[str, str], made: dict[str, Html] | None = None
) -> Html:
    """The filters in force, the table and the pager; `names` gives the words of filter values (team ids).

    `made` keeps the rows' HTML by patient from one press to the next: they are most of the work, and no filter, order
    or page changes them.
    """
    made = {} if made is None else made
    return fragment[
        _summary(shown, view, names) if view.filtered else None,
        h.p(class_="c3-largenote")[t("What comes next, the plan and the filters are in small type.")]
        if view.large
        else None,
        _table(shown, view, made) if shown.page.rows else no_patients_html(shown.total),
        pages_html(shown.page, t("Pages of the worklist")),
    ]


def _summary(shown: FilteredWorklist, view: WorklistView, names: dict[str, str]) -> Html:
    count, of = tn("{n} patient", "{n} patients", len(shown.matching)), t("of {n}", n=shown.total)
    chips = [
        h.button(
            type="button",
            class_="c3-chip",
            data_act=press("toggle", name=name, value=value),
            data_key=f"chip-{name}-{value}",
        )[label, icon("close"), for_screen_readers(t("take this filter away"))]
        for name, value, label in _filters(view, names)
    ]
    if view.score:
        chips.append(_score_order(view))
    chips.append(
        h.button(type="button", class_="c3-plainbutton", data_act=press("clear"), data_key="clear")[t("Clear all")]
    )
    without = without_words(shown.scored, view.score) if view.score else ""
    return h.div(class_="c3-summary")[
        h.p(class_="c3-count", role="status")[h.strong[count], " ", of, f"; {without}" if without else None],
        h.div(class_="c3-chips", role="group", aria_label=t("Filters in force"))[chips],
    ]


def _score_order(view: WorklistView) -> Html:
    """The way to the order by the score, and to the other way round."""
    by_it = view.sort == "score"
    words = direction_words(view.score, view.reverse) if by_it else t("sort by this score")
    lowest = (view.score == RiskKey.EGFR) is not view.reverse
    arrow = icon("up" if lowest else "down") if by_it else None
    return h.button(
        type="button", class_="c3-plainbutton", data_act=press("sort", by="score"), data_key="sort-score",
    )[words, arrow]  # fmt: skip


def filter_words(view: WorklistView, names: dict[str, str]) -> list[str]:
    """The filters in force, in words that say of which score they are. A score alone leaves nobody out."""
    whole = {"level": f"{score_name(view.score)}: " if view.level else "", "score": None}
    filters = [(whole.get(name, ""), label) for name, _, label in _filters(view, names)]
    return [before + label for before, label in filters if before is not None]


def _filters(view: WorklistView, names: dict[str, str]) -> list[tuple[str, str, str]]:
    filters = [("urgent", "", t("Urgent"))] if view.urgent else []
    filters += [("q", view.q, f"“{view.q}”")] if view.q else []
    filters += [("team", view.team, names.get(view.team, view.team))] if view.team else []
    filters += [(name, value, value) for name, value in (("region", view.region), ("site", view.site)) if value]
    if view.owner:
        who = t("nobody") if view.owner == NO_OWNER else view.owner
        filters.append(("owner", view.owner, t("task of {who}", who=who)))
    filters += [("score", view.score, score_short(view.score))] if view.score else []
    filters += [("level", view.level, level_words(view.score, view.level))] if view.level else []
    filters += [("advice", view.advice, advice_words(view.advice))] if view.advice else []
    filters += [("condition", key, condition_name(key)) for key in ConditionKey if key in view.condition]
    filters += [("reason", kind, kind_name(kind)) for kind in ReasonKind if kind in view.reason]
    return filters


def advice_words(advice: str) -> str:
    """What a view of patients with recommendations is called."""
    return t("recommendation: critical or warning") if advice == "grave" else t("with recommendations")


def _table(shown: FilteredWorklist, view: WorklistView, made: dict[str, Html]) -> Html:
    keys = {row.patient_id: f"{row.patient_id} {view.score}" for row in shown.page.rows}
    for row in shown.page.rows:
        if keys[row.patient_id] not in made:
            made[keys[row.patient_id]] = row_html(row, view.score)
    return h.table(class_="c3-table c3-worklist c3-large" if view.large else "c3-table c3-worklist")[
        h.caption(class_="c3-sr")[t("Patients of my teams; a row opens the patient")],
        h.colgroup[(h.col(class_=f"c3-col-{number}") for number in range(len(COLUMNS)))],
        h.thead[h.tr[(_heading(sort, t(label), view) for sort, label in COLUMNS)]],
        h.tbody[(made[keys[row.patient_id]] for row in shown.page.rows)],
    ]


def _heading(sort: str, label: str, view: WorklistView) -> Html:
    if not sort:
        return h.th(scope="col")[label]
    ways = {False: "ascending", True: "descending"}
    # Urgency and abnormal results come highest first: their plain order is descending.
    plain = sort in ("urgency", "results")
    sorted_by = view.sort == sort
    direction = ways[view.reverse != plain] if sorted_by else None
    arrow = icon("down" if direction == "descending" else "up") if sorted_by else None
    button = h.button(type="button", data_act=press("sort", by=sort), data_key=f"sort-{sort}")[label, arrow]
    return h.th(scope="col", aria_sort=direction)[button]


def _tile(label: str, count: int, pressed: bool, what: str, tone: str, none: str) -> Html:
    return h.button(
        type="button",
        class_=f"c3-tile c3-{tone}" + ("" if count else " c3-zero"),
        aria_pressed="true" if pressed else "false",
        data_act=what,
        data_key=f"tile-{label}",
    )[h.span(class_="c3-tilecount")[str(count) if count else none], h.span(class_="c3-tilelabel")[icon(tone), label]]


def _pill(label: str, count: int, pressed: bool, key: ConditionKey, none: str) -> Html:
    return h.button(
        type="button",
        class_="c3-pill",
        aria_pressed="true" if pressed else "false",
        data_act=press("toggle", name="condition", value=key),
        data_key=f"pill-{key}",
    )[label, " ", h.span(class_="c3-pillcount")[str(count) if count else none]]


def heading_html(
    view: WorklistView, as_of: str, stale: str, counts: tuple[int | None, int | None], notices: Sequence[str]
) -> Html:
    """Title, two tabs with their counts (None: not known here), age of what is shown, what the server could not do."""
    tabs = [
        _tab(t("Patients"), "patients", view, counts[0]),
        _tab(t("My tasks"), "tasks", view, counts[1]),
    ]
    age = h.p(class_="c3-asof")[icon("clock"), as_of]
    large = large_switch(view.large) if view.tab == "patients" else None
    return fragment[
        h.div(class_="c3-head")[
            h.h1[t("Worklist")], h.nav(class_="c3-tabs", aria_label=t("Worklist"))[tabs], age, large
        ],
        warning_html(stale),
        notices_html(notices),
    ]


def progress_html(words: str) -> Html:
    """What of the team's records has come so far."""
    return h.div(class_="c3-banner c3-notice c3-progress", role="status")[icon("clock"), h.span[words]]


def _tab(label: str, name: str, view: WorklistView, count: int | None) -> Html:
    return h.a(
        href="?" if name == "patients" else f"?tab={name}",
        aria_current="page" if view.tab == name else None,
        data_act=press("tab", name=name),
        data_key=f"tab-{name}",
    )[label, h.span(class_="c3-pillcount")[str(count)] if count is not None else None]
