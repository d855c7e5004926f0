"""The moment for which a page is shown, in the time zone of the sites."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo


@dataclass(frozen=True, slots=True)
class ViewTime:
    """The moment of view and the time zone of the sites."""

    as_of: datetime
    zone: tzinfo

    @property
    def today(self) -> date:
        """The day of that moment at the sites."""
        return self.as_of.astimezone(self.zone).date()
