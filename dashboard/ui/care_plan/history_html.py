"""How a plan came to be, as HTML: every save with who, when and why, field by field; two versions side by side."""

from collections.abc import Mapping, Sequence

from dashboard.domain.care_plan.history import FieldChange, ItemVersion
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.record.provenance import Choice
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.care_plan.activity_html import small_button
from dashboard.ui.care_plan.history_rows import Changed, Save
from dashboard.ui.care_plan.words import Names, field_word, item_name, kind_word, value_words
from dashboard.ui.record.names import rule_label
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_moment
from dashboard.ui.shared.html import Html, clean, unbroken_dates
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t, tn

COLUMNS = (mark("When"), mark("Who and why"), mark("What was changed"))
MOST_FIELDS = 6
"""Fields of one item that are in sight; the rest opens in place."""


def history_head_html(name: str, count: int | None, *, complete: bool) -> Html:
    """What this is the history of, with so many saves (None where that is not known), and the way back to the plan."""
    return h.div(class_="c3-planhead")[
        h.h2[t("How it came to be: {name}", name=name)],
        h.p(class_="c3-planbox")[
            h.span(class_="c3-sub")[tn("{n} save", "{n} saves", count)] if count is not None else None,
            None if complete else h.span(class_="c3-lateword")[t("this server does not keep every version")],
        ],
        h.div(class_="c3-actions")[small_button(t("Back to the plan"), press("back"), "history-back")],
    ]


def saves_html(saves: Sequence[Save], names: Names, at: ViewTime, *, may_change: bool, one_item: bool) -> Html:
    """Every save as a row of a table, the newest first."""
    if not saves:
        return h.p(class_="c3-quiet")[t("No version can be shown")]
    return h.table(class_="c3-table c3-versions")[
        h.caption(class_="c3-sr")[t("Every save of the plan, the newest first")],
        h.colgroup[(h.col(class_=f"c3-col-{number}") for number in range(len(COLUMNS)))],
        h.thead[h.tr[(h.th(scope="col")[t(label)] for label in COLUMNS)]],
        h.tbody[(_save(each, names, at, may_change, one_item) for each in saves)],
    ]


def _save(save: Save, names: Names, at: ViewTime, may_change: bool, one_item: bool) -> Html:
    when = show_moment(save.when, at.zone) if save.when is not None else t("not known")
    change = save.change
    who = clean(save.who, 120) or t("somebody elsewhere")
    role = clean(change.role.text, 60) if change is not None else ""
    return h.tr[
        h.th(scope="row")[unbroken_dates(when)],
        h.td[
            h.b[h.bdi[who]],
            h.div(class_="c3-sub")[role] if role else None,
            h.div[h.bdi[clean(change.reason, 300)]] if change is not None and change.reason else None,
            _behalf(save, names),
            [_chosen(each, names) for each in (change.choices if change is not None else ())],
        ],
        h.td[[_item(each, names, may_change, one_item) for each in save.items]],
    ]


def _behalf(save: Save, names: Names) -> Html | None:
    change = save.change
    if change is None:
        return None
    parts = [
        t("on behalf of {who}", who=names.of(change.on_behalf_of)) if change.on_behalf_of is not None else "",
        t("during {what}", what=names.of(change.during)) if change.during is not None else "",
        t("brought back version {number}", number=change.restores.version) if change.restores is not None else "",
        *(t("as recommended by {rule}", rule=rule_label(each)) for each in change.policies),
    ]
    said = ", ".join(filter(None, parts))
    return h.div(class_="c3-sub")[said] if said else None


def _chosen(choice: Choice, names: Names) -> Html:
    """How a conflict was decided: both values, and which was taken."""
    field = field_word(choice.field, choice.item.type, names) if choice.field else kind_word(choice.item.type)
    words = t(
        "Decided between “{mine}” and “{theirs}” ({field}): {chosen}",
        mine=clean(choice.mine, 120),
        theirs=clean(choice.theirs, 120),
        field=field,
        chosen=clean(choice.chosen, 120),
    )
    return h.div(class_="c3-sub")[h.bdi[words]]


def _item(changed: Changed, names: Names, may_change: bool, one_item: bool) -> Html:
    kind, item = changed.origin.type, changed.version.item
    name = item_name(item, names) if item is not None else names.of(changed.origin)
    lines = [_change(each, changed, names, may_change) for each in changed.changes]
    # Of what is new its name says most.
    shown = 0 if changed.first and not one_item else MOST_FIELDS
    rest = lines[shown:]
    key = f"{changed.origin.id}-{changed.version.version}"
    what = t("new") if changed.first else ""
    if not lines and not changed.first:
        what = t("nothing that the plan shows") if item is not None else t("this version cannot be read")
    return h.div(class_="c3-versionitem")[
        h.div[
            h.span(class_="c3-sub")[kind_word(kind), " "],
            h.b[h.bdi[name]],
            h.span(class_="c3-sub")[" ", t("version {number}", number=clean(changed.version.version, 20))],
            h.span(class_="c3-sub")[" ", what] if what else None,
        ],
        h.ul(class_="c3-changes")[lines[:shown]] if lines[:shown] else None,
        h.details(data_key=f"rest-{key}")[
            h.summary[
                tn("{n} more field", "{n} more fields", len(rest))
                if shown
                else tn("{n} field", "{n} fields", len(rest))
            ],
            h.ul(class_="c3-changes")[rest],
        ]
        if rest
        else None,
        h.div(class_="c3-actions")[_item_buttons(changed, name, key, may_change, one_item)],
    ]


def _item_buttons(changed: Changed, name: str, key: str, may_change: bool, one_item: bool) -> list[Html]:
    item = str(changed.origin)
    buttons = []
    if not one_item:
        buttons.append(small_button(t("Only this"), press("history", item=item), f"only-{key}", name))
    if may_change and not changed.latest and changed.version.item is not None:
        does = press("restore", item=item, version=changed.version.version, field="")
        buttons.append(small_button(t("Bring this version back"), does, f"restore-{key}", name))
    return buttons


def _change(change: FieldChange, changed: Changed, names: Names, may_change: bool) -> Html:
    """`Target: HbA1c below 58, was: below 53`, with the way to bring the old value back."""
    kind = changed.origin.type
    field = field_word(change.field, kind, names)
    was = value_words(change.field, change.was, kind, names)
    back = None
    if may_change and changed.before is not None and changed.before.item is not None and change.field != "notes":
        does = press("restore", item=str(changed.origin), version=changed.before.version, field=change.field)
        key = f"field-{changed.origin.id}-{changed.version.version}-{change.field}"
        back = small_button(t("Bring the old one back"), does, key, field)
    return h.li[
        h.div[
            field,
            ": ",
            h.b[h.bdi[value_words(change.field, change.now, kind, names)]],
            None if changed.first else h.span(class_="c3-sub")[" ", t("was: {value}", value=was)],
        ],
        None if changed.first else back,
    ]


def compare_html(
    first: ItemVersion, second: ItemVersion, changes: Sequence[FieldChange], item: Reference, names: Names
) -> Html:
    """Two versions side by side, only what differs."""
    kind = item.type
    if not changes:
        return h.p(class_="c3-quiet")[t("These two versions say the same")]
    heads = (
        t("Field"),
        t("version {number}", number=clean(first.version, 20)),
        t("version {number}", number=clean(second.version, 20)),
    )
    return h.table(class_="c3-table c3-compare")[
        h.caption(class_="c3-sr")[t("Two versions side by side")],
        h.thead[h.tr[(h.th(scope="col")[head] for head in heads)]],
        h.tbody[
            (
                h.tr[
                    h.th(scope="row")[field_word(each.field, kind, names)],
                    h.td(data_label=heads[1])[h.bdi[value_words(each.field, each.was, kind, names)]],
                    h.td(data_label=heads[2])[h.bdi[value_words(each.field, each.now, kind, names)]],
                ]
                for each in changes
            )
        ],
    ]


def version_labels(versions: Sequence[ItemVersion], at: ViewTime) -> dict[str, str]:
    """`version 3, 12-Sep-2026 14:02, Dr Sarah Whitfield`, by number, for choosing two to compare."""
    found = {}
    for each in versions:
        when = show_moment(each.when, at.zone) if each.when is not None else ""
        who = clean(each.change.who, 80) if each.change is not None else ""
        words = t("version {number}", number=clean(each.version, 20))
        found[each.version] = ", ".join(filter(None, (words, when, who)))
    return found


def names_in_history(items: Mapping[Reference, PlanItem], names: Names) -> Names:
    """The names of the page, and of what is in the plan no more."""
    return Names({**{origin: str(item["title"]) for origin, item in items.items() if item["title"]}, **names.known})
