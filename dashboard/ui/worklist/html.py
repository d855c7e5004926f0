"""The worklist as HTML: heading, totals, table and pager. Presses carry `data-act`; a row is a link to its patient."""

from dashboard.domain.attention.reason import ReasonKind
from dashboard.domain.record.condition import ConditionKey
from dashboard.ui.record.names import condition_name
from dashboard.ui.record.reasons import ReasonWords, kind_name
from dashboard.ui.record.results import ResultWords
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, dated, fragment, hidden
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.pager import pages_html
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import mark, t, tn
from dashboard.ui.worklist.rows import Row, Shown
from dashboard.ui.worklist.view import NO_OWNER, View

TOTALS = (
    (ReasonKind.CHECK_OVERDUE, mark("Overdue"), "late"),
    (ReasonKind.NEW_RESULT, mark("New results"), "new"),
    (ReasonKind.TASK_OVERDUE, mark("Tasks due"), "late"),
    (ReasonKind.PLAN_REVIEW_DUE, mark("Plan review"), "plan"),
)
PROGRAMME = (ConditionKey.T2DM, ConditionKey.HF, ConditionKey.CKD, ConditionKey.DEPRESSION)
COLUMNS = (
    ("name", mark("Who")),
    ("", mark("Conditions")),
    ("urgency", mark("Needs attention")),
    ("results", mark("Key results")),
    ("conference", mark("Next")),
    ("plan", mark("Plan")),
)
# More would push the next patients below the fold; the rest opens in place, unless it is a single one.
REASONS_AT_ONCE = 2


def patient_link(patient_id: str, *content: str | Html, class_: str = "") -> Html:
    """A link that opens a patient in this tab when pressed and in another with the middle button."""
    return h.a(href=f"patient?id={patient_id}", class_=class_ or None, data_act=press("open", id=patient_id))[content]


def totals_html(shown: Shown, view: View) -> Html:
    """The totals that filter when pressed, and the conditions beside them."""
    tiles = [
        _tile(
            t(label), shown.reasons.get(kind, 0), kind in view.reason, press("toggle", name="reason", value=kind), tone
        )
        for kind, label, tone in TOTALS
    ]
    tiles.insert(0, _tile(t("Urgent"), shown.urgent, view.urgent, press("toggle", name="urgent", value=""), "danger"))
    conditions = [
        _pill(condition_name(key), shown.conditions.get(key, 0), key in view.condition, key) for key in PROGRAMME
    ]
    return h.div(class_="c3-totals")[
        h.div(class_="c3-tiles", role="group", aria_label=t("Show only patients with"))[tiles],
        h.div(class_="c3-pills", role="group", aria_label=t("Show only patients who have all of"))[conditions],
    ]


def table_html(shown: Shown, view: View, names: dict[str, str], made: dict[str, Html] | None = None) -> Html:
    """The filters in force, the table and the pager; `names` gives the words of filter values (team ids).

    `made` keeps the rows' HTML by patient from one press to the next: they are most of the work, and no filter, order
    or page changes them.
    """
    made = {} if made is None else made
    return fragment[
        _summary(shown, view, names) if view.filtered else None,
        _table(shown, view, made) if shown.page.rows else _nothing(shown),
        pages_html(shown.page, t("Pages of the worklist")),
    ]


def _summary(shown: Shown, view: View, names: dict[str, str]) -> Html:
    count, of = tn("{n} patient", "{n} patients", len(shown.matching)), t("of {n}", n=shown.total)
    chips = [
        h.button(
            type="button",
            class_="c3-chip",
            data_act=press("toggle", name=name, value=value),
            data_key=f"chip-{name}-{value}",
        )[label, icon("close"), hidden(t("take this filter away"))]
        for name, value, label in _filters(view, names)
    ]
    chips.append(
        h.button(type="button", class_="c3-plainbutton", data_act=press("clear"), data_key="clear")[t("Clear all")]
    )
    return h.div(class_="c3-summary")[
        h.p(class_="c3-count", role="status")[h.strong[count], " ", of],
        h.div(class_="c3-chips", role="group", aria_label=t("Filters in force"))[chips],
    ]


def _filters(view: View, names: dict[str, str]) -> list[tuple[str, str, str]]:
    found = [("urgent", "", t("Urgent"))] if view.urgent else []
    found += [("q", view.q, f"“{view.q}”")] if view.q else []
    found += [("team", view.team, names.get(view.team, view.team))] if view.team else []
    found += [(name, value, value) for name, value in (("region", view.region), ("site", view.site)) if value]
    if view.owner:
        who = t("nobody") if view.owner == NO_OWNER else view.owner
        found.append(("owner", view.owner, t("task of {who}", who=who)))
    found += [("condition", key, condition_name(key)) for key in ConditionKey if key in view.condition]
    found += [("reason", kind, kind_name(kind)) for kind in ReasonKind if kind in view.reason]
    return found


def _table(shown: Shown, view: View, made: dict[str, Html]) -> Html:
    for row in shown.page.rows:
        if row.patient_id not in made:
            made[row.patient_id] = _row(row)
    return h.table(class_="c3-table c3-worklist")[
        h.caption(class_="c3-sr")[t("Patients of my teams; a row opens the patient")],
        h.colgroup[(h.col(class_=f"c3-col-{number}") for number in range(len(COLUMNS)))],
        h.thead[h.tr[(_heading(sort, t(label), view) for sort, label in COLUMNS)]],
        h.tbody[(made[row.patient_id] for row in shown.page.rows)],
    ]


def _heading(sort: str, label: str, view: View) -> Html:
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


def _row(row: Row) -> Html:
    return h.tr(
        data_row=row.patient_id,
        data_key=f"row-{row.patient_id}",
        class_="c3-row c3-dead" if row.person.deceased else "c3-row",
    )[
        h.th(scope="row")[
            patient_link(row.patient_id, h.bdi[row.name], class_="c3-who"),
            h.span(class_="c3-agesex")[row.age_sex],
            h.div(class_="c3-sub")[t("Born {date}", date=row.born)],
            h.div(class_="c3-sub")[h.bdi[row.identifier]],
            h.div(class_="c3-sub c3-clip", title=f"{row.team} · {row.site}")[row.site],
        ],
        h.td[(h.abbr(title=name, class_="c3-cond")[short] for short, name in row.condition_words)],
        h.td[_reasons(row)],
        h.td[h.ul(class_="c3-results")[(_result(words) for words in row.results)] if row.results else _none()],
        h.td[_next(row)],
        h.td[_plan(row)],
    ]


def _reasons(row: Row) -> Html:
    if not row.reasons:
        return h.span(class_="c3-quiet")[t("Nothing needs attention")]
    at_once = REASONS_AT_ONCE + (len(row.reasons) == REASONS_AT_ONCE + 1)
    first, rest = row.reasons[:at_once], row.reasons[at_once:]
    more = None
    if rest:
        more = h.details(data_key=f"more-{row.patient_id}")[
            h.summary[t("and {n} more", n=len(rest))],
            h.ul(class_="c3-reasons")[(reason_html(words) for words in rest)],
            h.p(class_="c3-sub")[t("Urgency {points}: the sum of the points", points=row.urgency)],
        ]
    return fragment[h.ul(class_="c3-reasons")[(reason_html(words) for words in first)], more]


def reason_html(words: ReasonWords) -> Html:
    """A reason: mark, sentence, points. The rule's source is in the title."""
    points = h.span(class_="c3-points", title=words.source or None)[f"+{words.points}", hidden(t("points of urgency"))]
    return h.li(class_=f"c3-reason c3-{words.tone}")[icon(words.tone), h.span[dated(words.text)], points]


def _result(words: ResultWords) -> Html:
    return h.li(
        title=f"{words.text}{'; ' + words.note if words.note else ''}", class_="c3-urgent" if words.urgent else None
    )[
        h.span(class_="c3-label", title=words.name)[words.name],
        h.span(class_="c3-value c3-abnormal" if words.abnormal else "c3-value")[
            h.b[words.value, h.span(aria_hidden="true")["!"] if words.abnormal else None],
            h.small[words.unit],
            hidden(t("abnormal")) if words.abnormal else None,
        ],
        h.span(class_="c3-arrow")[h.span(aria_hidden="true")[words.arrow], hidden(words.direction)],
        h.span(class_="c3-when")[words.when],
    ]


def _next(row: Row) -> Html:
    return h.dl(class_="c3-pairs")[
        _pair("calendar", t("Conference"), row.conference or t("none booked"), quiet=not row.conference),
        _pair("task", t("Tasks"), row.tasks or t("no open tasks"), quiet=not row.tasks, late=row.overdue_tasks > 0),
        _pair("person", t("Last contact"), _contact(row), quiet=not row.contact),
    ]


def _contact(row: Row) -> str:
    return t("seen {date}", date=row.contact) if row.contact else t("no contact on record")


def _plan(row: Row) -> Html:
    status = row.plan or t("No care plan")
    return fragment[
        h.div(class_="c3-planstatus" if row.plan else "c3-quiet")[status],
        h.div(class_="c3-sub")[dated(row.plan_detail)] if row.plan_detail else None,
        h.div(class_="c3-sub")[t("updated {age}", age=row.age_of_data)] if row.age_of_data else None,
    ]


def _pair(mark_name: str, term: str, value: str, *, quiet: bool = False, late: bool = False) -> Html:
    css = "c3-quiet" if quiet else "c3-lateword" if late else None
    return h.div[h.dt[icon(mark_name), hidden(term)], h.dd(class_=css)[dated(value)]]


def _none() -> Html:
    return h.span(class_="c3-quiet")[t("No key results")]


def _nothing(shown: Shown) -> Html:
    """No row to show: because of the filters, or because there is nobody yet; two different sentences."""
    if shown.total:
        return h.div(class_="c3-empty")[
            icon("search"),
            h.h2[t("No patient matches these filters")],
            h.p[t("{n} patients are in your teams.", n=shown.total)],
            h.button(type="button", class_="c3-button", data_act=press("clear"), data_key="none")[
                t("Clear all filters")
            ],
        ]
    return h.div(class_="c3-empty")[
        icon("people"),
        h.h2[t("No patients in your teams yet")],
        h.p[t("Patients appear here when a care team that you belong to is given their care.")],
    ]


def _tile(label: str, count: int, pressed: bool, what: str, tone: str) -> Html:
    return h.button(
        type="button",
        class_=f"c3-tile c3-{tone}" + ("" if count else " c3-zero"),
        aria_pressed="true" if pressed else "false",
        data_act=what,
        data_key=f"tile-{label}",
    )[h.span(class_="c3-tilecount")[str(count)], h.span(class_="c3-tilelabel")[icon(tone), label]]


def _pill(label: str, count: int, pressed: bool, key: ConditionKey) -> Html:
    return h.button(
        type="button",
        class_="c3-pill",
        aria_pressed="true" if pressed else "false",
        data_act=press("toggle", name="condition", value=key),
        data_key=f"pill-{key}",
    )[label, " ", h.span(class_="c3-pillcount")[str(count)]]


def heading_html(view: View, as_of: str, stale: str, counts: tuple[int | None, int | None], notices: list[str]) -> Html:
    """Title, two tabs with their counts (None: not known here), age of what is shown, what the server could not do."""
    tabs = [
        _tab(t("Patients"), "patients", view, counts[0]),
        _tab(t("My tasks"), "tasks", view, counts[1]),
    ]
    age = h.p(class_="c3-asof")[icon("clock"), as_of]
    return fragment[
        h.div(class_="c3-head")[h.h1[t("Worklist")], h.nav(class_="c3-tabs", aria_label=t("Worklist"))[tabs], age],
        h.div(class_="c3-banner c3-stale", role="alert")[icon("warn"), h.span[stale]] if stale else None,
        notices_html(notices),
    ]


def notices_html(notices: list[str]) -> Html | None:
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


def _tab(label: str, name: str, view: View, count: int | None) -> Html:
    return h.a(
        href="?" if name == "patients" else f"?tab={name}",
        aria_current="page" if view.tab == name else None,
        data_act=press("tab", name=name),
        data_key=f"tab-{name}",
    )[label, h.span(class_="c3-pillcount")[str(count)] if count is not None else None]
