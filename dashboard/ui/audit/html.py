"""The audit as HTML: heading, table and pager; a press on a person or a patient asks for theirs alone."""

from collections.abc import Sequence

from dashboard.domain.audit.record import AuditKind, AuditOutcome, AuditStatus
from dashboard.ui.audit.view import MOST_PAGES, AuditView
from dashboard.ui.audit.words import OUTCOME_WORDS, PATIENTS_AT_ONCE, AuditLine, patients_words, totals_words
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import Html, for_screen_readers, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.pager import pager_html
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import mark, t, tn

COLUMNS = (mark("When"), mark("Who"), mark("What"), mark("Whom"), mark("Why"), mark("Outcome"))
_TONES = {AuditOutcome.REFUSED: "warn", AuditOutcome.FAILED: "warn", AuditOutcome.UNKNOWN: "info"}


def audit_heading_html(as_of: str, zone: str, status: AuditStatus, notices: Sequence[str]) -> Html:
    """Title, age, the time zone of every time on the page, and how the log itself does."""
    return fragment[
        h.div(class_="c3-head")[
            h.h1[t("Audit")],
            h.p(class_="c3-sub")[
                t("Who looked at whose record, when and why. No clinical content."),
                " ",
                t("Times and days are those of {zone}.", zone=zone),
            ],
            h.p(class_="c3-asof")[icon("clock"), as_of],
        ],
        _status(status),
        notices_html(notices),
    ]


def _status(status: AuditStatus) -> Html | None:
    sentences = [error_words(status.problem)] if status.problem else []
    if status.waiting and status.problem:
        sentences.append(tn("{n} record waits on disk.", "{n} records wait on disk.", status.waiting))
    if status.refused:
        one, several = mark("{n} record was refused by the server."), mark("{n} records were refused by the server.")
        sentences.append(f"{tn(one, several, status.refused)} {t('What was refused is kept on disk.')}")
    if not sentences:
        return None
    return warning_html(" ".join(sentences))


def audit_table_html(lines: Sequence[AuditLine], view: AuditView, more: bool, on_file: str = "") -> Html:
    """The records of this page, or that there are none; `on_file` says how many fit in all."""
    if not lines:
        return _nothing(view)
    table = h.table(class_="c3-table c3-audit")[
        h.caption(class_="c3-sr")[t("Records of the audit, newest first")],
        h.colgroup[(h.col(class_=f"c3-col-{number}") for number in range(len(COLUMNS)))],
        h.thead[h.tr[(h.th(scope="col")[t(column)] for column in COLUMNS)]],
        h.tbody[(_row(line) for line in lines)],
    ]
    return fragment[_totals(lines, view, on_file), table, _pager(view, len(lines), more)]


def _totals(lines: Sequence[AuditLine], view: AuditView, on_file: str) -> Html:
    """How many there are in all, what the lines of this page come to, and the way to the emergency accesses alone."""
    emergencies = sum(line.emergency for line in lines)
    only = None
    if emergencies and view.wanted.kind is not AuditKind.EMERGENCY_ACCESS:
        words = tn("{n} emergency access here", "{n} emergency accesses here", emergencies)
        only = h.button(type="button", class_="c3-button c3-alike", data_act=press("emergency"), data_key="emergency")[
            icon("danger"), " ", words, ": ", t("show only when the glass was broken")
        ]
    kinds = "; ".join(totals_words(lines))
    count = tn("{n} entry on this page", "{n} entries on this page", len(lines))
    return h.div(class_="c3-summary")[
        h.p(class_="c3-count", role="status")[h.strong[on_file], "; " if on_file else None, count, ": ", kinds],
        only,
    ]


def record_readers_html(lines: Sequence[AuditLine], more: bool) -> Html:
    """Who looked at one record: the same lines without the patient, which is the reader."""
    if not lines:
        return h.p(class_="c3-quiet", role="status")[t("Nobody has looked at this record yet.")]
    rows = [
        h.li[
            h.span(class_="c3-main")[
                h.bdi[line.name], h.span(class_="c3-sub")[", ", line.roles] if line.roles else None
            ],
            h.span(class_="c3-main")[", ".join(part for part in (line.did, line.what) if part)],
            h.span(class_="c3-side")[line.day, " ", line.time[:5]],
        ]
        for line in lines
    ]
    end = h.p(class_="c3-sub")[t("Older looks are with the administrator.")] if more else None
    return fragment[h.ul(class_="c3-lines c3-looks")[rows], end]


def _row(line: AuditLine) -> Html:
    return h.tr(data_key=f"audit-{line.id}", class_="c3-emergency" if line.emergency else None)[
        h.th(scope="row")[h.span(class_="c3-nw")[line.day], " ", h.span(class_="c3-sub c3-nw")[line.time]],
        h.td[_who(line), h.div(class_="c3-sub")[line.roles] if line.roles else None],
        h.td[
            h.span(class_="c3-alike")[icon("danger"), " ", t("Emergency access"), ": "] if line.emergency else None,
            line.did,
            h.div(class_="c3-sub")[line.what] if line.what else None,
        ],
        h.td[_patients(line), (h.div(class_="c3-sub")[h.bdi[other]] for other in line.others[:3])],
        h.td[h.bdi[line.why] if line.why else None],
        h.td[_outcome(line.outcome)],
    ]


def _who(line: AuditLine) -> Html:
    if line.who is None:
        return h.bdi[line.name]
    return h.button(
        type="button",
        class_="c3-plainbutton",
        title=str(line.who),
        data_act=press("who", value=str(line.who)),
        data_key=f"who-{line.id}",
    )[h.bdi[line.name], for_screen_readers(t("show only this person"))]


def _patients(line: AuditLine) -> Html | None:
    if not line.patients:
        return None
    buttons = [_patient(line, ident) for ident in line.patients]
    if len(buttons) <= PATIENTS_AT_ONCE:
        return h.span[buttons]
    return h.details(data_key=f"patients-{line.id}")[
        h.summary[patients_words(len(buttons))], h.div(class_="c3-chips")[buttons]
    ]


def _patient(line: AuditLine, ident: str) -> Html:
    return h.button(
        type="button",
        class_="c3-plainbutton",
        data_act=press("patient", value=ident),
        data_key=f"patient-{line.id}-{ident}",
    )[ident, for_screen_readers(t("show only this patient"))]


def _outcome(outcome: AuditOutcome) -> Html:
    words = t(OUTCOME_WORDS[outcome])
    if outcome is AuditOutcome.SUCCESS:
        return h.span(class_="c3-quiet")[words]
    return h.span(class_="c3-lateword")[icon(_TONES[outcome]), " ", words]


def _nothing(view: AuditView) -> Html:
    narrowed = view.filtered or view.page > 1
    words = t("No record fits these filters") if narrowed else t("Nothing is on record yet")
    clear = press("clear")
    button = h.button(type="button", class_="c3-button", data_act=clear, data_key="none")[t("Clear all filters")]
    return h.div(class_="c3-empty")[icon("search"), h.h2[words], button if narrowed else None]


def _pager(view: AuditView, count: int, more: bool) -> Html | None:
    """How many there are is not known: the server is asked for a page and whether there are more."""
    at_most = view.page >= MOST_PAGES
    words = t("{first} to {last}", first=view.first + 1, last=view.first + count)
    narrow = t("Narrow the days to see older ones.") if at_most and more else None
    return pager_html(
        t("Pages of the audit"), t("Newer"), [words, " ", narrow], t("Older"), view.page, not more or at_most
    )
