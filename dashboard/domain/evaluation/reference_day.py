"""The day until which records count in an evaluation: the end of the last whole quarter of the year.

Evaluations of each day could be put beside each other: where one person has come to a site since yesterday, the two
means give this person's value, however many people each of them is of. So an evaluation stays the same for a quarter.
"""

from datetime import date, timedelta


def reference_day(today: date) -> date:
    """The last day of the quarter before the one that `today` is in."""
    return date(today.year, (today.month - 1) // 3 * 3 + 1, 1) - timedelta(1)
