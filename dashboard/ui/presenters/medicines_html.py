"""Medicines by drug class, as HTML."""

from collections.abc import Sequence

from dashboard.domain.clinical import (
    ConditionKey,
    Medicine,
)
from dashboard.ui.html import Html, clean, h
from dashboard.ui.presenters.clinical_words import (
    condition_short,
)
from dashboard.ui.presenters.dates import show_date
from dashboard.ui.presenters.drug_classes import class_name
from dashboard.ui.presenters.icons import icon
from dashboard.ui.wording import t


def medicines_html(medicines: Sequence[Medicine], others: Sequence[ConditionKey]) -> Html:
    """Medicines under their drug class, each with its dose; what serves another condition too says so."""
    classes: dict[str, list[Medicine]] = {}
    for medicine in medicines:
        classes.setdefault(class_name(medicine.atc), []).append(medicine)
    parts: list[Html] = []
    for name, members in classes.items():
        parts.append(h("p", name, class_="c3-drugclass"))
        parts.append(h("ul", [_medicine(member, others) for member in members], class_="c3-lines"))
    return h("div", h("h3", icon("pill"), " ", t("Medicines")), parts)


def _medicine(medicine: Medicine, others: Sequence[ConditionKey]) -> Html:
    also = [condition_short(key) for key in others if key in medicine.serves]
    remarks = [t("also for {conditions}", conditions=", ".join(also))] if also else []
    if medicine.status == "on-hold":
        remarks.append(t("on hold"))
    since = t("since {date}", date=show_date(medicine.started)) if medicine.started else ""
    return h(
        "li",
        h(
            "div",
            h("span", medicine.text),
            h("div", ", ".join(part for part in (clean(medicine.dose, 200), *remarks) if part), class_="c3-sub"),
            class_="c3-main",
        ),
        h("div", since, class_="c3-side c3-sub"),
    )
