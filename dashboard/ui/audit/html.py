"""The audit as HTML: heading, table and pager; a press on a person or a patient asks for theirs alone."""

from collections.abc import Sequence

from dashboard.domain.audit.record import AuditOutcome, AuditStatus
from dashboard.ui.audit.view import MOST_PAGES, AuditView
from dashboard.ui.audit.words import OUTCOME_WORDS, PATIENTS_AT_ONCE, AuditLine, patients_words
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import Html, h, hidden, join
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import mark, t, tn
from dashboard.ui.worklist.html import act, notices_html

COLUMNS = (mark("When"), mark("Who"), mark("What"), mark("Whom"), mark("Why"), mark("Outcome"))
_TONES = {AuditOutcome.REFUSED: "warn", AuditOutcome.FAILED: "warn", AuditOutcome.UNKNOWN: "info"}


def audit_heading_html(as_of: str, status: AuditStatus, notices: Sequence[str]) -> Html:
    """Title, age, and how the log itself does."""
    return join(
        h(
            "div",
            h("h1", t("Audit")),
            h("p", t("Who looked at whose record, when and why. No clinical content."), class_="c3-sub"),
            h("p", icon("clock"), as_of, class_="c3-asof"),
            class_="c3-head",
        ),
        _status(status),
        notices_html(list(notices)),
    )


def _status(status: AuditStatus) -> Html | None:
    said = [error_words(status.problem)] if status.problem else []
    if status.waiting and status.problem:
        said.append(tn("{n} record waits on disk.", "{n} records wait on disk.", status.waiting))
    if status.refused:
        one, several = mark("{n} record was refused by the server."), mark("{n} records were refused by the server.")
        said.append(f"{tn(one, several, status.refused)} {t('What was refused is kept on disk.')}")
    if not said:
        return None
    return h("div", icon("warn"), h("span", " ".join(said)), class_="c3-banner c3-stale", role="alert")


def audit_table_html(lines: Sequence[AuditLine], view: AuditView, more: bool) -> Html:
    """The records of this page, or that there are none."""
    if not lines:
        return _nothing(view)
    table = h(
        "table",
        h("caption", t("Records of the audit, newest first"), class_="c3-sr"),
        h("colgroup", [h("col", class_=f"c3-col-{number}") for number in range(len(COLUMNS))]),
        h("thead", h("tr", [h("th", t(column), scope="col") for column in COLUMNS])),
        h("tbody", [_row(line) for line in lines]),
        class_="c3-table c3-audit",
    )
    return join(table, _pager(view, len(lines), more))


def looks_html(lines: Sequence[AuditLine], more: bool) -> Html:
    """Who looked at one record: the same lines without the patient, which is the reader."""
    if not lines:
        return h("p", t("Nobody has looked at this record yet."), class_="c3-quiet", role="status")
    rows = [
        h(
            "li",
            h("span", h("bdi", line.name), h("span", ", ", line.roles, class_="c3-sub") if line.roles else None,
              class_="c3-main"),
            h("span", ", ".join(part for part in (line.did, line.what) if part), class_="c3-main"),
            h("span", line.day, " ", line.time[:5], class_="c3-side"),
        )
        for line in lines
    ]  # fmt: skip
    end = h("p", t("Older looks are with the administrator."), class_="c3-sub") if more else None
    return join(h("ul", rows, class_="c3-lines c3-looks"), end)


def _row(line: AuditLine) -> Html:
    return h(
        "tr",
        h("th", h("span", line.day, class_="c3-nw"), " ", h("span", line.time, class_="c3-sub c3-nw"), scope="row"),
        h("td", _who(line), h("div", line.roles, class_="c3-sub") if line.roles else None),
        h("td", line.did, h("div", line.what, class_="c3-sub") if line.what else None),
        h("td", _patients(line), [h("div", h("bdi", other), class_="c3-sub") for other in line.others[:3]]),
        h("td", h("bdi", line.why) if line.why else None),
        h("td", _outcome(line.outcome)),
        data_key=f"audit-{line.id}",
    )


def _who(line: AuditLine) -> Html:
    if line.who is None:
        return h("bdi", line.name)
    return h(
        "button",
        h("bdi", line.name),
        hidden(t("show only this person")),
        type="button",
        class_="c3-plainbutton",
        title=str(line.who),
        data_act=act("who", value=str(line.who)),
        data_key=f"who-{line.id}",
    )


def _patients(line: AuditLine) -> Html | None:
    if not line.patients:
        return None
    buttons = [_patient(line, ident) for ident in line.patients]
    if len(buttons) <= PATIENTS_AT_ONCE:
        return h("span", buttons)
    return h(
        "details",
        h("summary", patients_words(len(buttons))),
        h("div", buttons, class_="c3-chips"),
        data_key=f"patients-{line.id}",
    )


def _patient(line: AuditLine, ident: str) -> Html:
    return h(
        "button",
        ident,
        hidden(t("show only this patient")),
        type="button",
        class_="c3-plainbutton",
        data_act=act("patient", value=ident),
        data_key=f"patient-{line.id}-{ident}",
    )


def _outcome(outcome: AuditOutcome) -> Html:
    words = t(OUTCOME_WORDS[outcome])
    if outcome is AuditOutcome.SUCCESS:
        return h("span", words, class_="c3-quiet")
    return h("span", icon(_TONES[outcome]), " ", words, class_="c3-lateword")


def _nothing(view: AuditView) -> Html:
    narrowed = view.filtered or view.page > 1
    words = t("No record fits these filters") if narrowed else t("Nothing is on record yet")
    clear = act("clear")
    button = h("button", t("Clear all filters"), type="button", class_="c3-button", data_act=clear, data_key="none")
    return h("div", icon("search"), h("h2", words), button if narrowed else None, class_="c3-empty")


def _pager(view: AuditView, count: int, more: bool) -> Html | None:
    if view.page == 1 and not more:
        return None
    first = view.first + 1
    last = view.page >= MOST_PAGES

    def step(label: str, to: int, off: bool, key: str) -> Html:
        return h(
            "button", label, type="button", class_="c3-button", disabled=off, data_act=act("page", n=to), data_key=key
        )

    said = t("{first} to {last}", first=first, last=first + count - 1)
    return h(
        "nav",
        step(t("Newer"), view.page - 1, view.page == 1, "previous"),
        h("span", said, " ", t("Narrow the days to see older ones.") if last and more else None),
        step(t("Older"), view.page + 1, not more or last, "next"),
        class_="c3-pager",
        aria_label=t("Pages of the audit"),
    )
