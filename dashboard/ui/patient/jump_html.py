"""The bar at the foot of the patient's page: one press leads to any part of the record."""

from dashboard.domain.record.views import PatientSummary
from dashboard.ui.patient.measurements_html import has_other_results, programme_conditions
from dashboard.ui.patient.parts import part_id
from dashboard.ui.record.current import ended_medicines
from dashboard.ui.record.names import condition_name
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t


def jump_html(summary: PatientSummary, at: ViewTime) -> Html:
    """Links to the measurements of each condition and to the other parts, in the order in which they stand.

    A link to what is folded opens it: browsers unfold what an address points into.
    """
    parts = [
        *((str(key), condition_name(key)) for key in programme_conditions(summary)),
        *((("other-results", t("Other results")),) if has_other_results(summary, at) else ()),
        ("medicines", t("Medicines")),
        *((("folded-ended", t("Ended medicines")),) if ended_medicines(summary.medicines.value or ()) else ()),
        ("goals", t("Goals and tasks")),
        ("contacts", t("Contacts")),
        ("team", t("Care team")),
        ("carers", t("Carers")),
        ("problems", t("Other problems")),
    ]
    links = [h.a(href=f"#{part_id(name)}", data_key=f"go-{name}")[words] for name, words in parts]
    return h.nav(class_="c3-jump", data_below_banner="1", aria_label=t("Parts of this record"))[links]
