"""The fields of the forms of a plan: each takes whatever a browser says it holds, and keeps what was recorded where
that is none of what was offered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import streamlit as st

from dashboard.domain.care_plan.plan_item import RELATION, FieldValue, PlanItem, field_of
from dashboard.domain.care_plan.validation import LIMITS
from dashboard.domain.record.observation import Measure
from dashboard.domain.record.provenance import LONGEST_REASON
from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Reference
from dashboard.errors import UserFacingError
from dashboard.ui.care_plan.form_state import OpenForm
from dashboard.ui.care_plan.page import PlanPage
from dashboard.ui.care_plan.targets_form import (
    LONGEST_NUMBER,
    MOST_TARGETS,
    TypedTarget,
    label_of,
    number_of,
    read_target,
    targets_of,
)
from dashboard.ui.care_plan.words import REASONS, RELATIONS, field_word
from dashboard.ui.record.names import measure_name
from dashboard.ui.record.people import distinct_labels
from dashboard.ui.record.targets import show_other_target
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.draft_text import draft_text
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.wording import t

FARTHEST: Final = timedelta(days=10 * 366)
LAST_REASON: Final = "plan_reason"
_NONE: Final = ""
_OWN: Final = "-"


@dataclass(slots=True)
class Filling:
    """A form while it is filled in: what its fields hold by now, what is wrong with them, and why it is changed where
    that is a field of the form itself.
    """

    form: OpenForm
    page: PlanPage
    values: dict[str, FieldValue] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    why: str = ""

    @property
    def kind(self) -> str:
        return self.form.origin.type

    @property
    def filled(self) -> PlanItem:
        """The item as it is filled in."""
        return self.form.item.with_fields(self.values)

    def label(self, name: str) -> str:
        """The name of a field."""
        return field_word(name, self.kind, self.page.names)

    def before(self, name: str) -> FieldValue:
        """What the field began with."""
        return self.form.item[name]


def ask_text(filling: Filling, name: str, rows: int) -> None:
    """A text of the item, which is sent while one types."""
    value = str(filling.before(name))
    before = filling.form.before
    filling.values[name] = draft_text(
        filling.label(name),
        value,
        filling.form.key(name),
        most=LIMITS.get(name, LONGEST_REASON),
        rows=rows,
        saved=str(before[name]) if before is not None else "",
    )


def ask_code(filling: Filling, name: str, options: Mapping[str, str], label: str = "") -> None:
    """One of these codes; one that is recorded and is none of them can be kept."""
    before = str(filling.before(name) or "")
    offered = dict(options)
    if before not in offered:
        offered = {before: clean(before, 60) or t("not recorded"), **offered}
    filling.values[name] = ask_choice(filling, name, offered, label or filling.label(name), before)


def ask_choice(filling: Filling, name: str, options: Mapping[str, str], label: str, before: str) -> str:
    """One of the options, by key; `before` where a browser says something else."""
    words = distinct_labels(options)
    chosen = st.selectbox(
        label,
        list(words),
        index=list(words).index(before) if before in words else 0,
        format_func=lambda code: words.get(code, str(code)),
        key=filling.form.key(name.replace(":", "-").replace("/", "-")),
    )
    # What a browser says it chose need not be among what was offered.
    return chosen if chosen in words else before


def ask_person(filling: Filling, name: str, people: Mapping[Reference, str]) -> None:
    """One of these people; somebody else who is recorded can be kept."""
    value = filling.before(name)
    before = value if isinstance(value, NamedReference) else NOBODY
    offered = {str(each): label for each, label in people.items()}
    current = str(before.to) if before.to is not None else _NONE
    if current not in offered:
        offered[current] = filling.page.names.person(before) or t("Choose a person")
    chosen = ask_choice(filling, name, offered, filling.label(name), current)
    if chosen == current:
        filling.values[name] = before
    else:
        person = Reference.parse(chosen)
        filling.values[name] = NamedReference(person, filling.page.names.of(person))


def ask_date(filling: Filling, name: str) -> None:
    """A day of the item; one that is recorded as a month or a year stays as it is until another is chosen."""
    value = filling.before(name)
    before = value if isinstance(value, PartialDate) else None
    chosen = ask_day(filling, name, filling.label(name), before.end if before is not None else None)
    if before is not None and chosen == before.end:
        filling.values[name] = before
    else:
        filling.values[name] = PartialDate(chosen.isoformat()) if chosen is not None else None


def ask_day(filling: Filling, name: str, label: str, value: date | None) -> date | None:
    """A day, None for none."""
    today = filling.page.at.today
    first = min(filter(None, (value, date(1900, 1, 1))))
    last = max(filter(None, (value, today + FARTHEST)))
    chosen = st.date_input(
        label, value, min_value=first, max_value=last, format="DD/MM/YYYY", key=filling.form.key(name)
    )
    return chosen if isinstance(chosen, date) else None


def ask_many(filling: Filling, name: str, options: Mapping[Reference, str]) -> None:
    """Several records; those that are recorded can be kept."""
    before = filling.before(name)
    held = before if isinstance(before, frozenset) else frozenset()
    chosen = frozenset(each for each in held if isinstance(each, Reference))
    offered = {**options, **{each: filling.page.names.of(each) for each in chosen if each not in options}}
    if not offered:
        return
    words = distinct_labels({str(each): clean(label, 120) for each, label in offered.items()})
    picked = ask_several(filling, name, words, filling.label(name), [str(each) for each in offered if each in chosen])
    filling.values[name] = frozenset(each for each in offered if str(each) in picked)


def ask_several(
    filling: Filling, name: str, words: Mapping[str, str], label: str, chosen: list[str] | None = None
) -> list[str]:
    """Several of the options, by key."""
    picked = st.multiselect(
        label,
        list(words),
        default=chosen or [],
        format_func=lambda key: words.get(key, str(key)),
        key=filling.form.key(name),
        placeholder=t("None chosen"),
        select_all=False,
    )
    return [each for each in picked if each in words]


def ask_own_words(
    filling: Filling, name: str, label: str, options: list[str], first: str = "", most: int = LONGEST_REASON
) -> str:
    """One of these sentences, or one's own; "" until something is chosen."""
    offered = list(dict.fromkeys([*([first] if first else []), *options]))
    words = {_NONE: t("Choose"), **{each: each for each in offered}, _OWN: t("Something else, in my own words")}
    chosen = ask_choice(filling, name, words, label, first)
    if chosen != _OWN:
        return chosen
    key = filling.form.key(f"{name}-own")
    typed = st.text_input(t("In my own words"), max_chars=most, key=key, live=True)
    return str(typed or "")


def ask_why(filling: Filling) -> str:
    """Why the change is made: asked once, and the same is offered the next time."""
    last = filling.form.why or str(st.session_state.get(LAST_REASON, ""))
    return ask_own_words(
        filling, "why", t("Why this change (the team sees it)"), [t(each) for each in REASONS], first=last
    )


def ask_targets(filling: Filling) -> None:
    """Each target of a key measure as two numbers, one new line, and the others as they are."""
    recorded, others = targets_of(filling.before("targets"))
    found = []
    for place, target in enumerate(recorded):
        typed = _target_line(filling, str(place), TypedTarget(target, target.measure))
        found.append(typed)
    if len(recorded) < MOST_TARGETS:
        measures = {each.value: measure_name(each) for each in Measure}
        options = {_NONE: t("no measurement"), **measures}
        label = t("Add a target for") if recorded else t("Target for")
        measure = ask_choice(filling, "measure", options, label, _NONE)
        if measure in measures:
            found.append(_target_line(filling, "new", TypedTarget(None, Measure(measure))))
    if others:
        said = "; ".join(clean(show_other_target(each), 120) for each in others)
        panel(filling.form.key("othertargets"), h.p(class_="c3-sub")[t("Recorded too: {targets}", targets=said)])
    made = []
    for line in found:
        try:
            made.append(read_target(line))
        except UserFacingError as problem:
            filling.wrong.append(error_words(problem))
            made.append(line.recorded)
    filling.values["targets"] = (*(each for each in made if each is not None), *others)


def _target_line(filling: Filling, place: str, typed: TypedTarget) -> TypedTarget:
    was = typed.recorded
    ends = []
    for column, side, end in zip(
        st.columns(3)[:2], ("low", "high"), (was.low if was else None, was.high if was else None), strict=True
    ):
        with column:
            ends.append(
                st.text_input(
                    label_of(typed.measure, end, low=side == "low"),
                    number_of(end, typed.measure),
                    max_chars=LONGEST_NUMBER,
                    key=filling.form.key(f"{side}-{place}"),
                    live=True,
                )
            )
    return TypedTarget(was, typed.measure, str(ends[0] or ""), str(ends[1] or ""))


def ask_relations(filling: Filling, goals: Mapping[Reference, str]) -> None:
    """How the goal stands to these: those that are recorded, each of which can be taken back, and one new."""
    kinds = {_NONE: t("not related")} | {code: t(label) for code, label in RELATIONS.items()}
    known = [name for name in filling.form.item.fields if name.startswith(f"{RELATION}:")]
    for name in known:
        ask_code(filling, name, kinds)
    words = {str(each): clean(name, 120) for each, name in goals.items() if field_of(RELATION, each) not in known}
    if not words:
        return
    left, right = st.columns(2)
    with left:
        kind = ask_choice(filling, "relation", kinds, t("This goal"), _NONE)
    with right:
        other = ask_choice(filling, "related", {_NONE: t("none"), **words}, t("Other goal"), _NONE)
    if kind and other in words:
        filling.values[field_of(RELATION, Reference.parse(other))] = kind
