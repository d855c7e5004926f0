"""The medicines of a patient as one table, what is not to be given above it and what has ended under it."""

from collections.abc import Mapping, Sequence

from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.medicine_changes import MedicineChange, MedicineChangeKind, medicine_changes
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.absence import Subject
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.patient.link_html import record_link
from dashboard.ui.patient.parts import absence_words, folded, nothing, section
from dashboard.ui.record.current import current_medicines, ended_medicines, forbidden_medicines
from dashboard.ui.record.drug_classes import class_name, class_order
from dashboard.ui.record.medicines import purpose_tags, show_before, show_dose, show_end, show_reason, show_status
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html, clean, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t, tn

COLUMNS = (mark("Class"), mark("Medicine"), mark("Dose"), mark("Since"), mark("What for"), mark("Last change"))


def medicines_html(summary: PatientSummary, at: ViewTime) -> Html:
    """All of them: what is not to be given first, those that are taken by class, those that ended folded."""

    def body(medicines: tuple[Medicine, ...]) -> tuple[Html, int]:
        current = sorted(current_medicines(medicines), key=lambda each: class_order(each.atc))
        changes = {change.medicine.origin: change for change in reversed(medicine_changes(medicines))}
        ended = ended_medicines(medicines)
        return fragment[
            forbidden_html(forbidden_medicines(medicines), at),
            _table(current, changes, summary, at) if current else nothing(absence_words(summary, Subject.MEDICINES)),
            folded(
                tn("{n} ended medicine", "{n} ended medicines", len(ended)), [_ended(each) for each in ended], "ended"
            ),
        ], len(current)

    return h.div(class_="c3-block")[section(t("Medicines"), summary.medicines, body, framed=False, counted=True)]


def _table(
    medicines: Sequence[Medicine], changes: Mapping[Reference, MedicineChange], summary: PatientSummary, at: ViewTime
) -> Html:
    return h.table(class_="c3-table c3-medicines")[
        h.caption(class_="c3-sr")[t("Medicines that are taken, by class")],
        h.colgroup[(h.col(class_=f"c3-col-{number}") for number in range(len(COLUMNS)))],
        h.thead[h.tr[(h.th(scope="col")[t(label)] for label in COLUMNS)]],
        h.tbody[(_row(each, changes.get(each.origin), summary, at) for each in medicines)],
    ]


def _row(medicine: Medicine, change: MedicineChange | None, summary: PatientSummary, at: ViewTime) -> Html:
    dose, since = show_dose(medicine), show_date(medicine.started) if medicine.started else ""
    more = record_link(summary.person.id, medicine.origin) if medicine.dose_unworded else None
    over = "c3-odd" if medicine.is_over(at.today) else "c3-sub"
    remarks = [("c3-odd", show_status(medicine)), (over, show_end(medicine, at.today))]
    return h.tr[
        h.td(class_="c3-sub c3-class")[class_name(medicine.atc)],
        h.th(scope="row")[
            h.b[h.bdi[clean(medicine.text, 200)]],
            [h.div(class_=how)[unbroken_dates(said)] for how, said in remarks if said],
        ],
        h.td[unbroken_dates(dose) if dose else h.span(class_="c3-quiet")[t("dose not recorded")], " ", more],
        h.td(class_="c3-nw")[_label(COLUMNS[3]), since] if since else h.td(class_="c3-quiet")[t("since: not recorded")],
        _purpose(medicine),
        h.td[_label(COLUMNS[5]), unbroken_dates(said)]
        if (said := _changed(change))
        else h.td(class_="c3-quiet")[t("no change recorded")],
    ]


def _purpose(medicine: Medicine) -> Html:
    """A tag for each; what is only inferred from its class says so, and looks so."""
    tags = purpose_tags(medicine)
    if not tags:
        return h.td(class_="c3-none")[None]
    shown = [h.span(class_="c3-tag", title=tag.whole or None)[h.bdi[tag.words]] for tag in tags]
    if medicine.reasons:
        return h.td(class_="c3-purpose")[_label(COLUMNS[4]), shown]
    return h.td(class_="c3-purpose c3-usually")[
        _label(COLUMNS[4]), t("usually for"), " ", shown, " ", h.span(class_="c3-sub")[t("no reason recorded")]
    ]


def _label(label: str) -> Html:
    """The column's heading, for where the columns have none (a telephone)."""
    return h.span(class_="c3-cardlabel")[t(label), " "]


def _changed(change: MedicineChange | None) -> str:
    """`dose changed 23-Oct-2026, before: Metformin 1 g, 1 tablet twice a day`."""
    if change is None or change.kind is not MedicineChangeKind.CHANGED or change.before is None:
        return ""
    before = show_before(change.before, change.medicine)
    day = show_date(change.when)
    return t("dose changed {date}, before: {dose}", date=day, dose=before)


def _ended(medicine: Medicine) -> Html:
    return h.li[
        h.div(class_="c3-main")[
            h.bdi[clean(medicine.text, 200)],
            h.div(class_="c3-sub")[_joined(show_status(medicine), show_reason(medicine))],
        ],
        h.div(class_="c3-side")[show_date(medicine.ended or medicine.valid_until or medicine.started)],
    ]


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


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
