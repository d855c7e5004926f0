"""What two people changed at once, as HTML: WAS, YOURS and THEIRS side by side, with names and times; and what came in
by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo

from dashboard.domain.care_plan.merge import Arrived, Conflict, ConflictKind
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.views import LastChange
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.care_plan.words import Names, field_word, item_name, kind_word, value_words
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_moment
from dashboard.ui.shared.html import Html, clean, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import mark, t, tn

# kind of conflict -> what happened, with the name of the other person.
HAPPENED = {
    ConflictKind.SAME_FIELD: mark("You and {who} changed “{field}” at the same time."),
    ConflictKind.ENDED_AND_EDITED: mark("One of you ended this, and the other one changed it."),
    ConflictKind.REMOVED_AND_EDITED: mark("One of you took this out of the plan, and the other one changed it."),
    ConflictKind.STATUSES_EXCLUDE_EACH_OTHER: mark("Your status and that of {who} cannot stand together."),
    ConflictKind.ADDED_TWICE: mark("You and {who} both added something about the same."),
}


def conflict_head_html(count: int, arrived: int) -> Html:
    """How much is to be decided, and that nothing is lost meanwhile."""
    merged = tn(
        "{n} other change of your colleagues came in by itself.",
        "{n} other changes of your colleagues came in by themselves.",
        arrived,
    )
    return h.div(class_="c3-banner c3-stale", role="alert")[
        icon("warn"),
        h.div[
            h.b[
                tn(
                    "Somebody else changed the plan since you opened it: {n} decision is yours.",
                    "Somebody else changed the plan since you opened it: {n} decisions are yours.",
                    count,
                )
            ],
            " ",
            t("Nothing of yours is lost: your other changes are saved with your decision."),
            " ",
            merged if arrived else None,
        ],
    ]


def conflict_html(conflict: Conflict, by: LastChange | None, names: Names, zone: tzinfo, me: str) -> Html:
    """One decision: the item, what happened, and the three sides of every field in question."""
    item = conflict.mine or conflict.theirs or conflict.was
    kind = item.origin.type if item is not None else ""
    who = clean(by.who, 120) if by is not None and by.who else t("somebody else")
    fields = ", ".join(field_word(name, kind, names) for name in conflict.fields)
    return h.section(class_="c3-conflict")[
        h.h3[kind_word(kind), ": ", h.bdi[item_name(item, names)]],
        h.p[t(HAPPENED[conflict.kind], who=who, field=fields)],
        [_field(conflict, name, kind, names, _by(by, zone), me) for name in shown_fields(conflict)],
    ]


def shown_fields(conflict: Conflict) -> tuple[str, ...]:
    """The fields that are shown; of an item that was removed or added twice, what tells the two sides apart."""
    if conflict.fields:
        return conflict.fields
    return ("title", "status", "due")


def _by(by: LastChange | None, zone: tzinfo) -> str:
    """`A. Lindqvist, 14-Nov-2026 14:01`."""
    if by is None:
        return ""
    return ", ".join(
        filter(None, (clean(by.who, 120) or t("somebody elsewhere"), show_moment(by.when, zone) if by.when else ""))
    )


def _field(conflict: Conflict, name: str, kind: str, names: Names, theirs_by: str, me: str) -> Html:
    sides = (
        ("c3-was", t("WAS"), "", conflict.was),
        ("c3-mine", t("YOURS"), me, conflict.mine),
        ("c3-theirs", t("THEIRS"), theirs_by, conflict.theirs),
    )
    return fragment[
        h.p(class_="c3-aimname")[field_word(name, kind, names)],
        h.dl(class_="c3-sides")[
            (
                h.div(class_=css)[
                    h.dt[h.b[label], " ", h.bdi[who] if who else None], h.dd[h.bdi[side_words(side, name, kind, names)]]
                ]
                for css, label, who, side in sides
            )
        ],
    ]


def side_words(side: PlanItem | None, name: str, kind: str, names: Names) -> str:
    """A field of one side; that the item is not there on that side."""
    return t("not in the plan") if side is None else value_words(name, side[name], kind, names)


def arrived_without_conflict(arrived: Iterable[Arrived], conflicts: Iterable[Conflict]) -> tuple[Arrived, ...]:
    """Of what came in from others what is in no conflict: it needs no decision."""
    asked = {(each.origin, name) for each in conflicts for name in (*each.fields, "")}
    return tuple(each for each in arrived if (each.item, each.field) not in asked)


def arrived_html(arrived: Sequence[Arrived], items: Mapping[Reference, PlanItem], names: Names) -> Html | None:
    """What colleagues changed meanwhile, which is in the plan now."""
    if not arrived:
        return None
    lines = [h.li[h.bdi[_arrived(each, items.get(each.item), names)]] for each in arrived]
    return h.div(class_="c3-banner c3-notice", role="status")[
        icon("info"),
        h.div[
            h.span[
                tn(
                    "{n} change of colleagues came in while you were writing; it is saved with yours.",
                    "{n} changes of colleagues came in while you were writing; they are saved with yours.",
                    len(lines),
                )
            ],
            h.ul(class_="c3-notes")[lines],
        ],
    ]


def _arrived(change: Arrived, item: PlanItem | None, names: Names) -> str:
    kind = change.item.type
    name = f"{kind_word(kind)} “{item_name(item, names) if item is not None else names.of(change.item)}”"
    if not change.field:
        return t("{item}: added or taken out", item=name)
    return t(
        "{item}: {field}, from {was} to {now}",
        item=name,
        field=field_word(change.field, kind, names),
        was=value_words(change.field, change.was, kind, names),
        now=value_words(change.field, change.now, kind, names),
    )
