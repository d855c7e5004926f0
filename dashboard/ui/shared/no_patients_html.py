"""A list of patients without a line, on any page: the two reasons, and the way out of the first."""

from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t


def no_patients_html(total: int) -> Html:
    """No row to show: because of the filters, or because there is nobody yet (`total` is 0)."""
    if total:
        return h.div(class_="c3-empty")[
            icon("search"),
            h.h2[t("No patient matches these filters")],
            h.p[t("{n} patients are in your teams.", n=total)],
            h.button(type="button", class_="c3-button", data_act=press("clear"), data_key="none")[
                t("Clear all filters")
            ],
        ]
    return h.div(class_="c3-empty")[
        icon("people"),
        h.h2[t("No patients in your teams yet")],
        h.p[t("Patients appear here when a care team that you belong to is given their care.")],
    ]
