"""The moment for which a page is shown, in the reader's time zone."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo


@dataclass(frozen=True, slots=True)
class ViewTime:
    """The moment of view and the time zone of whoever reads the page."""

    as_of: datetime
    zone: tzinfo

    @property
    def today(self) -> date:
        """The day of that moment where the reader is."""
        return self.as_of.astimezone(self.zone).date()
