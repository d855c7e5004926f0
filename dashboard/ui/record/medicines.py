"""What is said of a medicine beside its name: its dose, since when, until when, and what is odd about it."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class PurposeTag:
    """A condition or another reason, short; `whole` are the words of the record, "" where nobody wrote any."""

    words: str
    whole: str


def purpose_tags(medicine: Medicine) -> tuple[PurposeTag, ...]:
    """What it is for: a tag for each reason that the record gives. Where it gives none (`Medicine.reasons`), the
    conditions that its class usually treats: nobody wrote that this patient has it for those.
    """
    if not medicine.reasons:
        return tuple(PurposeTag(condition_short(key), "") for key in medicine.serves if key is not ConditionKey.OTHER)
    tags: dict[str, list[str]] = {}
    for purpose in medicine.purposes:
        words = clean(purpose.words, 120)
        keys = [key for key in purpose.keys if key is not ConditionKey.OTHER]
        for short in map(condition_short, keys) if keys else [words]:
            tags.setdefault(short, []).append(words)
    return tuple(PurposeTag(short, ", ".join(dict.fromkeys(whole))) for short, whole in tags.items())


def show_reason(medicine: Medicine) -> str:
    """Why, as the record says it: its reasons and the reason of its status."""
    named = [code.text for code in medicine.reason_codes] + [reason.name for reason in medicine.reason_references]
    return ", ".join(dict.fromkeys(clean(words, 120) for words in (*named, medicine.status_reason) if words))


def show_before(before: Medicine, after: Medicine) -> str:
    """What a medicine was before its dose changed: its dose, with its name where that is another one (a strength)."""
    dose = show_dose(before) or t("dose not recorded")
    return dose if before.text.casefold() == after.text.casefold() else f"{clean(before.text, 120)}, {dose}"
