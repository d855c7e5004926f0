"""Medicines by drug class, as HTML."""

from collections.abc import Sequence

from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.views import PatientSummary
from dashboard.ui.patient.link_html import record_link
from dashboard.ui.record.drug_classes import class_name, class_order
from dashboard.ui.record.medicines import show_dose, show_end, show_purpose, show_reason, show_status
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html, clean, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t


def medicines_html(medicines: Sequence[Medicine], summary: PatientSummary, at: ViewTime) -> Html:
    """Medicines under their drug class, each with its dose and what it is for."""
    classes: dict[str, list[Medicine]] = {}
    for medicine in sorted(medicines, key=lambda each: class_order(each.atc)):
        classes.setdefault(class_name(medicine.atc), []).append(medicine)
    parts: list[Html] = []
    for name, members in classes.items():
        lines = h.ul(class_="c3-lines")[(_medicine(member, summary, at) for member in members)]
        parts.append(h.div[h.p(class_="c3-drugclass")[name], lines])
    return h.div[h.h3[icon("pill"), " ", t("Medicines")], h.div(class_="c3-drugs")[parts]]


def _medicine(medicine: Medicine, summary: PatientSummary, at: ViewTime) -> Html:
    remarks = [show_dose(medicine) or t("dose not recorded")]
    remarks.append(t("since {date}", date=show_date(medicine.started)) if medicine.started else "")
    remarks.append(show_purpose(medicine))
    remarks += [show_end(medicine, at.today), show_status(medicine)]
    details = ", ".join(remark for remark in remarks if remark)
    more = record_link(summary.person.id, medicine.origin) if medicine.dose_unworded else None
    return h.li[
        h.div(class_="c3-main")[h.span[medicine.text], h.div(class_="c3-sub")[unbroken_dates(details), " ", more]]
    ]


def forbidden_html(medicines: Sequence[Medicine], at: ViewTime) -> Html | None:
    """What the patient is not to be given: never among the medicines that are taken."""
    lines = [
        h.li[
            h.div(class_="c3-main")[
                h.b[icon("danger"), " ", t("Not to be given: {medicine}", medicine=clean(medicine.text, 200))],
                h.div(class_="c3-sub")[
                    unbroken_dates(", ".join(filter(None, (show_reason(medicine), show_end(medicine, at.today)))))
                ],
            ]
        ]
        for medicine in medicines
    ]
    return h.ul(class_="c3-lines")[lines] if lines else None
