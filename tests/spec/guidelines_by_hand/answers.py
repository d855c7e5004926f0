"""Numbers that may lie between two ends, and the three answers: written a second time, plainly."""

from decimal import Decimal


class Answer:
    """True, False, or None: cannot say."""

    def __init__(self, value: bool | None) -> None:
        self.value = value

    def __and__(self, other: "Answer") -> "Answer":
        if self.value is False or other.value is False:
            return Answer(False)
        return Answer(None if self.value is None or other.value is None else True)

    def __or__(self, other: "Answer") -> "Answer":
        return ~(~self & ~other)

    def __invert__(self) -> "Answer":
        return Answer(None if self.value is None else not self.value)


class Number:
    """A number that may lie anywhere from `low` to `high` (None: open), both None where nothing is known."""

    def __init__(self, low=None, high=None, low_out=False, high_out=False, known=True) -> None:
        self.low, self.high, self.low_out, self.high_out, self.known = low, high, low_out, high_out, known

    def __lt__(self, other) -> Answer:
        return ~(self >= other)

    def __gt__(self, other) -> Answer:
        return ~(self <= other)

    def __le__(self, other) -> Answer:
        other = other if isinstance(other, Number) else exactly(str(other))
        if not (self.known and other.known):
            return Answer(None)
        if self.high is not None and other.low is not None and self.high <= other.low:
            return Answer(True)
        if self.low is not None and other.high is not None:
            out = self.low_out or other.high_out
            if self.low > other.high or (self.low == other.high and out):
                return Answer(False)
        return Answer(None)

    def __ge__(self, other) -> Answer:
        other = other if isinstance(other, Number) else exactly(str(other))
        if not (self.known and other.known):
            return Answer(None)
        if self.low is not None and other.high is not None and self.low >= other.high:
            return Answer(True)
        if self.high is not None and other.low is not None:
            out = self.high_out or other.low_out
            if self.high < other.low or (self.high == other.low and out):
                return Answer(False)
        return Answer(None)


class Word:
    def __init__(self, value: str | None) -> None:
        self.value = value

    def one_of(self, *words: str) -> Answer:
        return Answer(None if self.value is None else self.value in words)


UNKNOWN = Number(known=False)


def exactly(value) -> Number:
    return Number(Decimal(value), Decimal(value))
