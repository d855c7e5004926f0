"""What the server could not do, how old the data are, and which records could not be read: each in one sentence."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Final

from dashboard.domain.record.unreadable import LEFT_OUT, NOT_THEIRS, Unreadable
from dashboard.domain.record.views import Notice, Old, RowsRead
from dashboard.ui.shared.dates import for_a_file, show_age_of, show_moment, show_span, show_time
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.notice_words import NOTICES, PARTS, UNREADABLE
from dashboard.ui.shared.wording import mark, t, tn

MOST_NAMED: Final = 5
"""Records that are left out of a page, named in one line; more are counted."""


def notice_words(notice: Notice) -> str:
    """The sentence of a notice; one without words yet still says that something was not possible, and what."""
    sentence = NOTICES.get(notice.kind, "")
    if sentence:
        words = t(sentence, what=part_words(notice.detail))
        return words[:1].upper() + words[1:]
    unnamed = ": ".join(part for part in (notice.kind, notice.detail) if part)
    return t("The server could not do everything that was asked ({what}).", what=clean(unnamed, 160))


def part_words(detail: str) -> str:
    """`Task.owner` as "tasks (owner)", `problems` as "problems"; what has no words is shown as it is."""
    name, _, rest = clean(detail, 120).partition(".")
    named = t(PARTS[name]) if name in PARTS else name.replace("-", " ")
    return f"{named} ({rest})" if rest else named


def unreadable_words(records: Iterable[Unreadable]) -> list[str]:
    """`1 record could not be read (unknown unit)`, one line a reason, most frequent first. Those that are left out
    because they are not known to be the patient's are named.
    """
    records = list(records)
    counts = Counter(record.why for record in records)
    return [_unreadable(why, [record for record in records if record.why == why]) for why, _ in counts.most_common()]


def _unreadable(why: str, records: Sequence[Unreadable]) -> str:
    n = len(records)
    if why in LEFT_OUT:
        words = tn("{n} record is left out ({why})", "{n} records are left out ({why})", n, why=why_words(why))
    else:
        words = tn(
            "{n} record could not be read ({why})", "{n} records could not be read ({why})", n, why=why_words(why)
        )
    if why not in NOT_THEIRS:
        return words
    names = [f"{part_words(record.origin.type)} {clean(record.origin.id, 64)}" for record in records[:MOST_NAMED]]
    names += [t("and {n} more", n=n - MOST_NAMED)] if n > MOST_NAMED else []
    return f"{words}: {', '.join(names)}"


def why_words(why: str) -> str:
    return t(UNREADABLE[why]) if why in UNREADABLE else clean(why.replace("-", " "), 60)


def as_of_words(fetched: datetime, newest: datetime | None, as_of: datetime, zone: tzinfo) -> str:
    """`As of 14:02, newest record 3 hours ago`; with the day when it was not today, and in a file."""
    shown = show_read(fetched, as_of, zone)
    if newest is None:
        return t("As of {time}", time=shown)
    age = show_moment(newest, zone) if for_a_file() else show_age_of(newest, as_of)
    return t("As of {time}, newest record {age}", time=shown, age=age)


def awaited_words(awaited: Mapping[str, RowsRead]) -> str:
    """`Still being read: results (3,200 of 6,100), care plans. ...`, by what of each type has come."""
    parts = [_awaited(part_words(name), rows) for name, rows in awaited.items()]
    return t(
        "Still being read: {parts}. Until all is there the list is by name and counts are not final; "
        "then the most urgent come first.",
        parts=", ".join(parts),
    )


def _awaited(name: str, rows: RowsRead) -> str:
    if not rows.rows:
        return name
    if rows.total is None:
        return t("{name} ({rows} so far)", name=name, rows=f"{rows.rows:,}")
    return t("{name} ({rows} of {total})", name=name, rows=f"{rows.rows:,}", total=f"{rows.total:,}")


def old_words(old: Mapping[str, Old], as_of: datetime, zone: tzinfo) -> list[str]:
    """`Results could not be read again since 16:42; these are as of 16:40.` and why, a sentence for what is old."""
    parts: dict[str, Old] = {}
    for kind, one in old.items():
        name = part_words(kind)
        parts[name] = parts[name].earlier(one) if name in parts else one
    return [_old(name, one, as_of, zone) for name, one in parts.items()]


def _old(name: str, old: Old, as_of: datetime, zone: tzinfo) -> str:
    since, read = (show_read(moment, as_of, zone) for moment in (old.since, old.read))
    words = t(
        "{what} could not be read again since {since}; these are as of {read}.", what=name, since=since, read=read
    )
    return f"{words[:1].upper()}{words[1:]} {clean(error_words(old.failed), 300)}"


def show_read(moment: datetime, as_of: datetime, zone: tzinfo) -> str:
    """`14:02`; with the day when it was not today, and in a file."""
    same_day = moment.astimezone(zone).date() == as_of.astimezone(zone).date() and not for_a_file()
    return show_time(moment, zone) if same_day else show_moment(moment, zone)


# code of an error -> what the server has done since, for the line over data that are kept. Any other code: STALE[""].
STALE: dict[str, str] = {
    "": mark("The server could not be used since {time}."),
    "server-unreachable": mark("The server could not be reached since {time}."),
    "server-proxy": mark("The way to the server has been blocked by the proxy since {time}."),
    "server-certificate": mark("The server's certificate could not be verified since {time}."),
    "server-silent": mark("The server has not answered since {time}."),
    "server-timeout": mark("The server has not answered in time since {time}."),
    "server-busy": mark("The server has said that it is too busy since {time}."),
    "server-failed": mark("The server has failed at every question since {time}."),
    "server-redirects": mark("The server has sent us to another address since {time}."),
    "server-absent": mark("There has been no FHIR server at the address since {time}."),
    "answer-web-page": mark("The server has answered with a web page since {time}."),
    "answer-empty": mark("The server has answered with nothing since {time}."),
    "answer-cut-off": mark("The server's answers have broken off since {time}."),
    "answer-not-json": mark("The server has answered with what is not FHIR since {time}."),
    "answer-not-fhir": mark("The server has answered with what is not FHIR since {time}."),
    "search-without-list": mark("The server has answered with what was not asked for since {time}."),
    "search-other-records": mark("The server has answered with what was not asked for since {time}."),
    "search-unwanted-records": mark("The server has answered with what was not asked for since {time}."),
    "type-not-found": mark("The server has not found its own records since {time}."),
    "search-refused": mark("The server has refused the questions since {time}."),
    "search-refused-with-issues": mark("The server has refused the questions since {time}."),
}


def stale_words(fetched: datetime, as_of: datetime, zone: tzinfo, why: str) -> str:
    """`The server has answered with a web page since 14:02. What you see is 7 minutes old.`; "" without a reason.

    `why` is the code of the error for which the data could not be read again.
    """
    if not why:
        return ""
    happened = t(STALE.get(why, STALE[""]), time=show_time(fetched, zone))
    age = show_span(max(0, int((as_of - fetched).total_seconds())))
    return f"{happened} {t('What you see is {age} old.', age=age)}"
