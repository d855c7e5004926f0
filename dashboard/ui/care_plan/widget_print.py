"""The buttons that print a care plan: for colleagues all that the page says, for the person in plain words."""

from urllib.parse import urlencode

from dashboard.domain.access.user import User
from dashboard.domain.care_plan.shared_plan import SharedPlan
from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.record.views import PatientSummary
from dashboard.paper.document import Document
from dashboard.ui.care_plan.view import PlanView, write_plan_view
from dashboard.ui.paper.own_plan_document import own_plan_document
from dashboard.ui.paper.plan_document import plan_document
from dashboard.ui.paper.sheet import identity
from dashboard.ui.paper.widget import print_button, sheets_button, why_not
from dashboard.ui.paper.widget_browser import listen_for_print
from dashboard.ui.session import reads
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t


def print_plan(view: PlanView, plans: CarePlanView, summary: PatientSummary, shown: ViewTime, stale: str) -> None:
    """Both buttons, where a plan is on screen. Each print goes on the audit record, the browser's own on every page."""
    ident, query = view.id, urlencode(write_plan_view(view))
    listen_for_print("care_plan", [ident], query, identity(summary.person, shown), may_not=why_not(plans))
    shared = plans.plan(view.plan) if view.plan is not None else plans.ours
    if shared is not None:
        _buttons(shared, ident, query, plans, summary, stale)


def _buttons(
    shared: SharedPlan,
    ident: str,
    query: str,
    plans: CarePlanView,
    summary: PatientSummary,
    stale: str,
) -> None:
    similar = ident in reads.similar_people()

    def for_colleagues(who: User, at: ViewTime) -> Document:
        return plan_document(plans, shared, summary, who, at, stale, similar=similar)

    def for_the_person(who: User, at: ViewTime) -> Document:
        return own_plan_document(plans, shared, summary, who, at, stale)

    may_not = why_not(plans)
    print_button("care_plan", [ident], query, for_colleagues, may_not=may_not)
    label = t("Print for the person")
    sheets_button("own_care_plan", label, [ident], query, for_the_person, may_not=may_not)
