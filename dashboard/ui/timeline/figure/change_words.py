"""A change of dose in words: for whoever points at its sign, and for the list of what is new."""

from datetime import timedelta

from dashboard.domain.timeline.reading.dose_changes import DoseChange
from dashboard.domain.timeline.scene import Bar
from dashboard.domain.values.site_time import site_day
from dashboard.ui.shared.dates import show_date, show_day
from dashboard.ui.shared.wording import t
from dashboard.ui.timeline.labels import bar_words, dose_words, medicine_name

MOMENT = timedelta(microseconds=1)


def change_words(change: DoseChange) -> str:
    """`Metformin: 500 mg ×2 changed to 1 g ×2, 12-Mar-2024`; `Ramipril 5 mg started, 03-Nov-2026`."""
    day = show_day(site_day(change.when))
    before, after = change.before, change.after
    if before is not None and after is not None:
        return t(
            "{name}: {before} changed to {after}, {date}",
            name=medicine_name(after.text),
            before=_dose(before),
            after=_dose(after),
            date=day,
        )
    if after is not None:
        return t("{medicine} started, {date}", medicine=bar_words(after), date=day)
    bar = change.bar
    # A bar reaches to the midnight after its last day.
    last = show_date(bar.event.end) if bar.event.end else show_day(site_day(change.when - MOMENT))
    return t("{medicine} ended, {date}", medicine=bar_words(bar), date=last)


def _dose(bar: Bar) -> str:
    return dose_words(bar.text, bar.detail) or t("dose not recorded")
