"""Who else is on a plan and what others have changed since it was opened, as HTML and as marks on its items."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from dashboard.cache.presence import Present
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.paper.browser_print import css_text
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_time
from dashboard.ui.shared.html import Html, clean, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import t, tn

LONGEST_TITLE = 80
"""Characters of an item's title that the line of those present quotes."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A change of somebody else that has come onto the screen. `who` is "" where nobody signed it, `when` None where
    the server does not say.
    """

    item: Reference
    title: str
    who: str
    when: datetime | None


def present_html(present: Sequence[Present], titles: Mapping[Reference, str], failed: str = "") -> Html:
    """Who else has the plan open, and what each is editing; `failed` is why others' changes may be missing."""
    return h.div(class_="c3-live")[
        h.p(class_="c3-failed", role="alert")[icon("warn"), " ", failed] if failed else None,
        h.div(class_="c3-present")[
            icon("people"), " ", h.span(class_="c3-sub")[t("Also on this plan:")], " ", _people(present, titles)
        ]
        if present
        else None,
    ]


def _people(present: Sequence[Present], titles: Mapping[Reference, str]) -> Html:
    return h.ul(class_="c3-presentpeople")[
        (h.li[h.b[h.bdi[_name(each)]], h.span[_editing(each, titles)]] for each in present)
    ]


def _name(each: Present) -> str:
    """`Jon Ibarra (nurse)`; of the user's own other window that it is one."""
    if each.own:
        return t("you, in another window")
    role = clean(each.role_label, 60)
    name = clean(each.name, 120) or t("somebody")
    return f"{name} ({role})" if role else name


def _editing(each: Present, titles: Mapping[Reference, str]) -> str:
    if not each.items:
        return ""
    known = [clean(titles.get(item, ""), LONGEST_TITLE) for item in each.items]
    named = ", ".join(f"“{title}”" for title in known if title)
    return ", " + (t("editing {what}", what=named) if named else t("writing something new"))


def arrivals_html(arrivals: Sequence[Arrival], zone: tzinfo) -> Html:
    """What others have changed since the page was opened, the newest first: that one in sight, the others folded."""
    words = [arrival_words(each, zone) for each in arrivals]
    more = None
    if len(words) > 1:
        rest = [h.li[each] for each in words[1:]]
        more = h.details(data_key="arrivals")[
            h.summary[tn("{n} earlier change by others", "{n} earlier changes by others", len(rest))], h.ul[rest]
        ]
    # The place is always there: a screen reader says what is put into it.
    return h.div(class_="c3-arrivals", role="status")[
        fragment[h.p[icon("new"), " ", h.span[words[0]]], more] if words else None
    ]


def arrival_words(each: Arrival, zone: tzinfo) -> str:
    """`Jon Ibarra changed “Walk to the shop” at 14:02.`"""
    title = clean(each.title, LONGEST_TITLE)
    who = clean(each.who, 120)
    if each.when is None:
        return t("“{title}” was changed elsewhere.", title=title)
    when = show_time(each.when, zone)
    if not who:
        return t("“{title}” was changed elsewhere at {time}.", title=title, time=when)
    return t("{who} changed “{title}” at {time}.", who=who, title=title, time=when)


def editing_rules(present: Sequence[Present], ids: Mapping[Reference, str]) -> str:
    """The rules of a style sheet that mark, at each item, who is editing it. `ids` are the ids of the items' elements.
    They leave the page as it is drawn: nothing in it that somebody is reading or filling in moves to another place.
    """
    by_item: dict[Reference, list[str]] = {}
    for each in present:
        for item in each.items:
            by_item.setdefault(item, []).append(_name(each))
    return "".join(
        f"[id={css_text(ids[item])}]::before{{content:{css_text(_is_editing(names))}}}"
        for item, names in by_item.items()
        if item in ids
    )


def _is_editing(names: Sequence[str]) -> str:
    return tn("{who} is editing this", "{who} are editing this", len(names), who=", ".join(names))


def arrival_rules(arrived: Iterable[Reference], ids: Mapping[Reference, str]) -> str:
    """The rules that mark, for a few seconds, the items that others have just changed."""
    chosen = ",".join(f"[id={css_text(ids[each])}]" for each in sorted(arrived) if each in ids)
    return f"{chosen}{{animation:c3-arrived 3s ease-out}}" if chosen else ""
