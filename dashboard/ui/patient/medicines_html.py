"""Medicines by drug class, as HTML."""

from collections.abc import Sequence

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.medicine import Medicine
from dashboard.ui.record.drug_classes import class_name, class_order
from dashboard.ui.record.names import (
    condition_short,
)
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html, clean, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import t


def medicines_html(medicines: Sequence[Medicine], others: Sequence[ConditionKey]) -> Html:
    """Medicines under their drug class, each with its dose; what serves another condition too says so."""
    classes: dict[str, list[Medicine]] = {}
    for medicine in sorted(medicines, key=lambda each: class_order(each.atc)):
        classes.setdefault(class_name(medicine.atc), []).append(medicine)
    parts: list[Html] = []
    for name, members in classes.items():
        lines = h.ul(class_="c3-lines")[(_medicine(member, others) for member in members)]
        parts.append(h.div[h.p(class_="c3-drugclass")[name], lines])
    return h.div[h.h3[icon("pill"), " ", t("Medicines")], h.div(class_="c3-drugs")[parts]]


def _medicine(medicine: Medicine, others: Sequence[ConditionKey]) -> Html:
    also = [condition_short(key) for key in others if key in medicine.serves]
    remarks = [clean(medicine.dose, 200)]
    remarks.append(t("since {date}", date=show_date(medicine.started)) if medicine.started else "")
    remarks.append(t("also for {conditions}", conditions=", ".join(also)) if also else "")
    remarks.append(t("on hold") if medicine.status == "on-hold" else "")
    details = ", ".join(remark for remark in remarks if remark)
    return h.li[h.div(class_="c3-main")[h.span[medicine.text], h.div(class_="c3-sub")[unbroken_dates(details)]]]
