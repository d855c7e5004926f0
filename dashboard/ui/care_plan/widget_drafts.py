"""What a user has typed and not saved, offered again; and what was chosen for a plan that another started first."""

from dataclasses import replace
from datetime import date, tzinfo

from dashboard.cache.drafts import Draft
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.shared_plan import items_of, with_item
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.care_plan.activity_html import small_button
from dashboard.ui.care_plan.form_state import OpenForm
from dashboard.ui.care_plan.page import PlanPage
from dashboard.ui.care_plan.start_form import DO, START, StartForm, activities_of, goals_of, items_of_start
from dashboard.ui.care_plan.widget_changes import save_several
from dashboard.ui.care_plan.widget_start import for_whom, usual_of
from dashboard.ui.care_plan.words import Names, field_word, kind_word, value_words
from dashboard.ui.session.drafts import discard_draft, draft_of, drafts_of
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date, show_moment
from dashboard.ui.shared.html import Html, clean
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t


def drafts_html(page: PlanPage, form: OpenForm | None) -> Html | None:
    """What the user has typed and not saved, each with the way to go on; not what is open."""
    waiting = [
        (draft, draft.base)
        for draft in drafts_of(page.summary.person.id)
        if isinstance(draft.base, OpenForm) and (form is None or (draft.item, draft.do) != (form.origin, form.do))
    ]
    if not waiting or not page.may_change:
        return None
    return h.ul(class_="c3-drafts")[
        (
            h.li(class_="c3-banner c3-notice", role="note")[
                icon("info"),
                h.span[
                    t(
                        "Not saved yet, typed {when}: {name}",
                        when=show_moment(draft.typed, page.at.zone),
                        name=_draft_name(begun, draft),
                    )
                ],
                h.span(class_="c3-actions")[
                    small_button(t("Go on"), _press("go-on", draft), f"go-on-{draft.do}-{draft.item.id}"),
                    small_button(t("Throw away"), _press("throw", draft), f"throw-{draft.do}-{draft.item.id}"),
                ],
            ]
            for draft, begun in waiting
        )
    ]


def _press(do: str, draft: Draft) -> str:
    return press(do, item=str(draft.item), whose=draft.do)


def _draft_name(begun: OpenForm, draft: Draft) -> str:
    words = clean(str(draft.fields.get("title") or begun.item["title"]), 80)
    return f"{kind_word(begun.origin.type)}{f' “{words}”' if words else ''}"


def drafts_without_plan_html(patient_id: str, zone: tzinfo) -> Html | None:
    """What was typed into a plan that is not there any more: its words, to be used elsewhere."""
    waiting = [(draft, draft.base) for draft in drafts_of(patient_id) if isinstance(draft.base, OpenForm)]
    if not waiting:
        return None
    return h.ul(class_="c3-drafts")[
        (
            h.li(class_="c3-banner c3-stale", role="alert")[
                icon("warn"),
                h.div[
                    t(
                        "The plan in which you were writing is not there any more. Not saved, typed {when}: {name}",
                        when=show_moment(draft.typed, zone),
                        name=_draft_name(begun, draft),
                    ),
                    h.ul(class_="c3-notes")[(h.li[h.bdi[line]] for line in _words_of(begun, draft))],
                ],
                h.span(class_="c3-actions")[
                    small_button(t("Throw away"), _press("throw", draft), f"throw-{draft.do}-{draft.item.id}")
                ],
            ]
            for draft, begun in waiting
        )
    ]


def _words_of(begun: OpenForm, draft: Draft) -> list[str]:
    kind, names = begun.origin.type, Names()
    values = {name: value for name, value in draft.fields.items() if name in begun.item.fields}
    return [
        f"{field_word(name, kind, names)}: {value_words(name, value, kind, names)}" for name, value in values.items()
    ]


def throw_away(patient_id: str, do: str, item: Reference | None, whose: str) -> None:
    """Throws a draft away, where that was asked."""
    if do == "throw" and item is not None:
        discard_draft(patient_id, item, whose)


def start_draft_html(page: PlanPage) -> Html | None:
    """What the user had chosen to start this plan with, and the ways to add it and to throw it away."""
    form = _draft(page)
    if form is None or form.typed is None or not page.may_change:
        return None
    lines = _said(page, form)
    add = small_button(t("Add it to this plan"), press("add-start"), "add-start", primary=True)
    throw = small_button(
        t("Throw away"), press("throw", item=str(START), whose=DO), "throw-start", t("what you had chosen")
    )
    return h.div(class_="c3-banner c3-notice", role="note")[
        icon("info"),
        h.div[
            t(
                "You had begun a plan too, {when}, and it is not saved. You had chosen:",
                when=show_moment(form.typed, page.at.zone),
            ),
            h.ul(class_="c3-notes")[(h.li[h.bdi[line]] for line in lines)],
        ],
        h.span(class_="c3-actions")[add if form.keys("goals") else None, throw],
    ]


def _draft(page: PlanPage) -> StartForm | None:
    ident = page.summary.person.id
    draft = draft_of(ident, START, DO)
    return StartForm(ident, draft.fields, draft.typed) if draft is not None else None


def _said(page: PlanPage, form: StartForm) -> list[str]:
    """Everything of the draft in words."""
    usual = usual_of(page.summary)
    goals = goals_of(usual)
    picked = [goals[key] for key in form.keys("goals") if key in goals]
    activities = activities_of(usual, picked)
    lines = [each.label for each in picked]
    lines += [activities[key].label for key in form.keys("activities") if key in activities]
    title, due, why = form.words("title", ""), form.day("due", None), form.words("why", "")
    lines += [t("Title: {words}", words=clean(title, 200))] if title else []
    lines += [t("Review date: {date}", date=show_date(due))] if isinstance(due, date) else []
    return [*lines, *([t("Why: {words}", words=clean(why, 200))] if why else [])]


def add_to_plan(page: PlanPage) -> bool:
    """Adds the goals and activities; of what the plan has already the user is asked. True where it is saved."""
    form = _draft(page)
    if form is None:
        return False
    whom = for_whom(page.summary, page.shared.team, page.at)
    items = items_of_start(usual_of(page.summary), form.keys("goals"), form.keys("activities"), whom)
    # As if the plan had been empty when they were chosen: what is there twice is asked, and nothing else.
    plan = replace(page.shared.plan, goals=(), activities=(), outcomes=())
    base = replace(page.shared, plan=plan, goals=(), activities=())
    mine = items_of(base)
    for item in items:
        mine = with_item(mine, item)
    begun = OpenForm(form.patient_id, DO, base, PlanItem(START, {}), near=plan.origin)
    reason = form.words("why", "") or t("Chosen before the plan was there")
    saved = save_several(begun, mine, reason, t("what you had chosen"))
    if saved:
        discard_draft(form.patient_id, START, DO)
    return saved
