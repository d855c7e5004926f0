"""What stands around the plan: no plan yet, other plans, and what could not be read."""

from collections.abc import Sequence
from urllib.parse import urlencode

from dashboard.domain.care_plan.shared_plan import SharedPlan, items_of
from dashboard.domain.care_plan.views import BrokenSave, CarePlanView
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.care_plan.activity_html import small_button
from dashboard.ui.care_plan.page import PlanPage
from dashboard.ui.care_plan.view import PlanView, write_plan_view
from dashboard.ui.care_plan.words import item_name
from dashboard.ui.record.names import PLAN_STATUSES, word
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import Html, clean, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.notices import notice_words, old_words, part_words, stale_words, unreadable_words
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn


def warnings_html(view: CarePlanView, at: ViewTime, stale: str) -> Html | None:
    """What to know before anything is read off: data that are old, and what could not be read."""
    said = [
        warning_html(stale_words(view.fetched, at.as_of, at.zone, stale or view.stale)),
        *(warning_html(words) for words in old_words(view.old, at.as_of, at.zone)),
        *(warning_html(_failed(kind, view)) for kind in view.failed),
        notices_html([*unreadable_words(view.unreadable), *(notice_words(notice) for notice in view.notices)]),
        _missing(view),
    ]
    shown = [each for each in said if each is not None]
    return fragment[shown] if shown else None


def _failed(kind: str, view: CarePlanView) -> str:
    name = part_words(kind)
    why = clean(error_words(view.failed[kind]), 300)
    return f"{name[:1].upper()}{name[1:]}: {t('This could not be read.')} {why}"


def _missing(view: CarePlanView) -> Html | None:
    unread = {each.origin for each in view.unreadable}
    missing = [each for each in view.missing if each not in unread and each.type not in view.failed]
    lost = [each for each in view.missing if each in unread]
    said = [warning_html(words) for words in (_absent(missing), _lost(lost)) if words]
    return fragment[said] if said else None


def _absent(missing: Sequence[Reference]) -> str:
    if not missing:
        return ""
    return tn(
        "{n} part of the plan is not among the patient’s records, or was entered in error: {names}",
        "{n} parts of the plan are not among the patient’s records, or were entered in error: {names}",
        len(missing),
        names=", ".join(str(each) for each in missing[:5]),
    )


def _lost(lost: Sequence[Reference]) -> str:
    if not lost:
        return ""
    return tn(
        "{n} part of the plan could not be read: {names}. Look in the source system.",
        "{n} parts of the plan could not be read: {names}. Look in the source system.",
        len(lost),
        names=", ".join(str(each) for each in lost[:5]),
    )


def two_active_html(view: CarePlanView, address: PlanView) -> Html | None:
    """That the team has several active plans, with the ways to the others."""
    if not view.also_active:
        return None
    return h.div(class_="c3-banner c3-stale", role="alert")[
        icon("warn"),
        h.span[
            tn(
                "This team has {n} other active plan for this person. Agree which one counts, and end the other.",
                "This team has {n} other active plans for this person. Agree which one counts, and end the others.",
                len(view.also_active),
            ),
            " ",
            [(_plan_link(each, address), " ") for each in view.also_active],
        ],
    ]


def broken_html(page: PlanPage) -> Html | None:
    """Saves that broke off halfway: what they had written is what the plan says now; what was there before is in the
    history.
    """
    if not page.view.broken:
        return None
    return fragment[[_broken(each, page) for each in page.view.broken]]


def _broken(broken: BrokenSave, page: PlanPage) -> Html:
    items = items_of(page.shared)
    written = [
        h.li[
            h.bdi[item_name(items.get(each), page.names) if each in items else page.names.of(each)],
            " ",
            small_button(t("What it was before"), press("history", item=str(each)), f"before-{broken.ident}-{each.id}"),
        ]
        for each in broken.written
    ]
    buttons = [
        small_button(t("Finish it"), press("finish-save", save=broken.ident), f"finish-{broken.ident}"),
        small_button(t("Undo it"), press("undo-save", save=broken.ident), f"unsave-{broken.ident}"),
    ]
    who = clean(broken.who, 120) or t("somebody")
    return h.div(class_="c3-banner c3-stale", role="alert")[
        icon("warn"),
        h.div[
            t(
                "A save by {who} broke off: {n} of {all} records were written. Finish it, or undo it.",
                who=who,
                n=len(broken.written),
                all=broken.all,
            ),
            h.ul(class_="c3-notes")[written],
            h.div(class_="c3-actions")[buttons] if page.may_change else None,
        ],
    ]


def other_plans_html(view: CarePlanView, address: PlanView) -> Html | None:
    """Plans of others and ended ones, which can be looked into."""
    if not view.others:
        return None
    lines = [_other(each, address) for each in view.others]
    return h.section(class_="c3-planpart")[
        h.h2(class_="c3-sectionhead")[t("Other plans")], h.ul(class_="c3-lines")[lines]
    ]


def _other(shared: SharedPlan, address: PlanView) -> Html:
    plan = shared.plan
    whose = clean(plan.custodian.name or (shared.team.team_name if shared.team else "") or plan.author.name, 120)
    since = t("since {date}", date=show_date(plan.start)) if plan.start else ""
    goals = tn("{n} goal", "{n} goals", len(plan.goals) + len(plan.contained_goals))
    return h.li[
        h.div(class_="c3-main")[
            _plan_link(shared, address), h.div(class_="c3-sub")[", ".join(filter(None, (whose, since, goals)))]
        ],
        h.div(class_="c3-side")[word(PLAN_STATUSES, plan.status)],
    ]


def _plan_link(shared: SharedPlan, address: PlanView) -> Html:
    plan = shared.plan
    name = clean(plan.title or plan.category.text, 160) or t("Care plan")
    params = write_plan_view(PlanView(address.id, plan=plan.origin, large=address.large))
    return h.a(
        href=f"care_plan?{urlencode(params)}",
        data_act=press("plan", plan=str(plan.origin)),
        data_key=f"plan-{plan.origin.id}",
    )[h.bdi[name]]


def looked_into_html(view: CarePlanView) -> Html:
    """Over a plan that is not the team's own: that it is only read here, and the way back."""
    back = t("Back to the plan of the team") if view.ours is not None else t("Back")
    return h.div(class_="c3-banner c3-notice", role="note")[
        icon("info"),
        h.span[t("This is another plan. It is read here, and changed by those who keep it.")],
        " ",
        small_button(back, press("plan", plan=""), "plan-back"),
    ]


def waiting_item_html(title: str) -> Html:
    """That something proposed on another page waits for a plan to be there."""
    words = t("“{what}” waits to be added: its form opens when there is a plan.", what=clean(title, 120))
    return h.p(class_="c3-banner c3-notice", role="note")[icon("info"), " ", h.bdi[words]]


def none_html(view: CarePlanView) -> Html | None:
    """What is said where the team has no plan to show: that there is none yet, or that one could not be read. None
    where the plans could not be asked for, which the warnings say.
    """
    if "CarePlan" in view.failed:
        return None
    if not view.unread_plans:
        return _empty()
    return h.div(class_="c3-empty c3-noplan")[
        icon("warn"),
        h.h2[tn("{n} care plan could not be read", "{n} care plans could not be read", len(view.unread_plans))],
        h.p[
            t(
                "It is there, and may be the plan of this team: {names}. Look in the source system, and have it "
                "corrected or ended there before another one is started.",
                names=", ".join(str(each) for each in view.unread_plans[:5]),
            )
        ],
    ]


def _empty() -> Html:
    """That there is no plan yet, and what one is for."""
    return h.div(class_="c3-empty c3-noplan")[
        icon("plan"),
        h.h2[t("No shared plan yet")],
        h.p[t("A plan says what the person and the team want to reach together, and who does what until when.")],
    ]
