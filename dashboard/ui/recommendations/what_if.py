"""The what-if panel: a result of today or a medicine is supposed, and the cards that would come and go are shown.

Nothing is saved, nothing goes on record, and no server is asked. The keys of the fields carry the patient's id.
"""

from collections.abc import Mapping
from decimal import Decimal

import streamlit as st

from dashboard.domain.guidelines.fact import Fact
from dashboard.domain.guidelines.what_if import Supposed, difference, groups_asked, measures_asked, what_if
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.units import CANONICAL_UNIT
from dashboard.errors import UserFacingError
from dashboard.ui.care_plan.targets_form import LONGEST_NUMBER, read_number
from dashboard.ui.patient.parts import part_id
from dashboard.ui.recommendations.html import WHAT_IF
from dashboard.ui.recommendations.page import RecommendationsPage
from dashboard.ui.recommendations.what_if_html import difference_html
from dashboard.ui.record.drug_classes import class_examples
from dashboard.ui.record.names import measure_name, show_unit
from dashboard.ui.session import session
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.wording import t


def what_if_panel(page: RecommendationsPage) -> None:
    """The fields, and under them what they would change."""
    if not page.found.findings:
        return
    panel(f"rec-whatif-part-{page.ident}", h.span(id=part_id(WHAT_IF))[None])
    with st.expander(t("What if: suppose a result or a medicine, without saving")):
        groups = {fact.name: fact for fact in groups_asked(page.found.in_force)}
        results = _results(page)
        left, right = st.columns(2)
        with left:
            begun = _several(page, "begun", _with_examples(groups), t("Begun today"))
        with right:
            stopped = _several(page, "stopped", _taken(page, groups), t("Stopped today"))
        supposed = Supposed(results, begun, stopped)
        if not supposed:
            st.caption(t("Choose what would be different. The record stays as it is."))
            return
        after = what_if(page.found, supposed, session.terminology())
        words = _words(supposed, groups)
        panel(f"rec-whatif-{page.ident}", difference_html(difference(page.found, after), words, page))


def _results(page: RecommendationsPage) -> dict[Measure, Decimal]:
    """The results that are supposed; what is no number is said, and counts as nothing."""
    names = {measure.value: measure for measure in measures_asked(page.found.in_force)}
    chosen = st.multiselect(
        t("New result of"),
        list(names),
        format_func=lambda name: measure_name(names[name]),
        key=f"rec_if_measures-{page.ident}",
        placeholder=t("Choose measurements"),
        select_all=False,
    )
    # What a browser says it chose need not be among what was offered.
    measures = [names[name] for name in chosen if name in names]
    found: dict[Measure, Decimal] = {}
    columns = st.columns(min(4, len(measures))) if measures else ()
    for number, measure in enumerate(measures):
        with columns[number % len(columns)]:
            typed = _value(page, measure)
        try:
            value = read_number(typed, measure)
        except UserFacingError as problem:
            st.error(error_words(problem))
            continue
        if value is not None:
            found[measure] = value
    return found


def _value(page: RecommendationsPage, measure: Measure) -> str:
    unit = show_unit(CANONICAL_UNIT[measure])
    label = f"{measure_name(measure)} ({unit})" if unit else measure_name(measure)
    typed = st.text_input(label, key=f"rec_if_value-{measure}-{page.ident}", max_chars=LONGEST_NUMBER, live=True)
    return str(typed or "")


def _several(page: RecommendationsPage, name: str, groups: Mapping[str, str], label: str) -> tuple[str, ...]:
    chosen = st.multiselect(
        label,
        list(groups),
        format_func=lambda group: groups.get(group, str(group)),
        key=f"rec_if_{name}-{page.ident}",
        placeholder=t("Choose groups of medicines"),
        select_all=False,
    )
    return tuple(each for each in chosen if each in groups)


def _with_examples(groups: Mapping[str, Fact]) -> dict[str, str]:
    """What can be begun: each group with some of its substances, by which it is found too."""
    return {name: _named(_group(fact), class_examples(fact.atc)) for name, fact in groups.items()}


def _taken(page: RecommendationsPage, groups: Mapping[str, Fact]) -> dict[str, str]:
    """What can be stopped: the groups of which the person takes something, with what that is."""
    named, found = page.named(), {}
    for name, fact in groups.items():
        value = page.found.facts.get(name)
        if value is not None and value.value is True:
            taken = [each for origin in value.records if isinstance(each := named.get(origin), Medicine)]
            found[name] = _named(_group(fact), ", ".join(dict.fromkeys(clean(each.text, 80) for each in taken)))
    return found


def _named(group: str, what: str) -> str:
    return f"{group} ({what})" if what and what.lower() != group.lower() else group


def _group(fact: Fact) -> str:
    """`an SSRI`: a fact says `takes an SSRI`."""
    return clean(fact.words, 120).removeprefix("takes ")


def _words(supposed: Supposed, groups: Mapping[str, Fact]) -> list[str]:
    units = {measure: show_unit(CANONICAL_UNIT[measure]) for measure in supposed.results}
    found = [
        " ".join(filter(None, (measure_name(measure), str(number), units[measure])))
        for measure, number in supposed.results.items()
    ]
    found += [t("{medicine} begun", medicine=_group(groups[name])) for name in supposed.begun]
    return found + [t("{medicine} stopped", medicine=_group(groups[name])) for name in supposed.stopped]
