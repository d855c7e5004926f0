"""What is said of a medicine beside its name: its dose, since when, until when, and what is odd about it."""

from datetime import date

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.medicine import Medicine
from dashboard.ui.record.names import condition_short
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import mark, t

MEDICINE_STATUSES = {
    "on-hold": mark("on hold"),
    "intended": mark("intended, not yet taken"),
    "unknown": mark("the record does not say whether it is taken"),
    "not-taken": mark("not taken"),
}


def show_dose(medicine: Medicine) -> str:
    """The dose in words, and that there is more in the record where a part of it has no words."""
    dose = clean(medicine.dose, 300)
    if medicine.dose_unworded:
        more = t("part of the dose is only in the record")
        return f"{dose}, {more}" if dose else more
    return dose


def show_end(medicine: Medicine, today: date) -> str:
    """`until 20-Dec-2026`; of one whose time is over while its status says that it goes on, both. "" without an end."""
    if medicine.ended is not None:
        end = t("until {date}", date=show_date(medicine.ended))
    elif medicine.valid_until is not None:
        end = t("may be dispensed until {date}", date=show_date(medicine.valid_until))
    else:
        return ""
    return (
        f"{end}: {t('its time is over, and the record still says that it goes on')}" if medicine.is_over(today) else end
    )


def show_status(medicine: Medicine) -> str:
    """`on hold`; "" where it is taken as recorded."""
    return t(MEDICINE_STATUSES[medicine.status]) if medicine.status in MEDICINE_STATUSES else ""


def show_purpose(medicine: Medicine) -> str:
    """`for Heart failure` where the record gives the reason; else `usually for HF, CKD`: that is what its class treats,
    and nobody wrote that this patient has it for that.
    """
    if medicine.reasons:
        return t("for {what}", what=", ".join(clean(reason, 120) for reason in medicine.reasons))
    usual = ", ".join(condition_short(key) for key in medicine.serves if key is not ConditionKey.OTHER)
    return t("usually for {conditions}, no reason recorded", conditions=usual) if usual else ""


def show_reason(medicine: Medicine) -> str:
    """Why, as the record says it: its reasons and the reason of its status."""
    named = [code.text for code in medicine.reason_codes] + [reason.name for reason in medicine.reason_references]
    return ", ".join(dict.fromkeys(clean(words, 120) for words in (*named, medicine.status_reason) if words))
