"""The shared care plan on paper, for colleagues: the banner, then all that the page of the plan shows, in its order."""

from dashboard.domain.access.user import User
from dashboard.domain.care_plan.shared_plan import SharedPlan
from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.record.views import PatientSummary
from dashboard.paper.document import Document
from dashboard.ui.care_plan.blocks import blocks_html, plan_blocks
from dashboard.ui.care_plan.other_html import other_plans_html, two_active_html, warnings_html
from dashboard.ui.care_plan.page import plan_page
from dashboard.ui.care_plan.plan_html import heading_html
from dashboard.ui.care_plan.view import PlanView
from dashboard.ui.paper.banner_blocks import banner_blocks
from dashboard.ui.paper.page_blocks import page_blocks
from dashboard.ui.paper.sheet import document, identity
from dashboard.ui.shared.dates import days_as_dates
from dashboard.ui.shared.html import Html, fragment
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t


def plan_document(
    view: CarePlanView,
    shared: SharedPlan,
    summary: PatientSummary,
    who: User,
    at: ViewTime,
    stale: str = "",
    *,
    similar: bool = False,
) -> Document:
    """One of the patient's plans, with what the page says around it: what could not be read, other plans."""
    with days_as_dates():
        blocks = [
            *banner_blocks(summary, at, similar=similar),
            *page_blocks(plan_html(view, shared, summary, at, stale)),
        ]
        return document(t("Care plan"), who, at, identity(summary.person, at), blocks, wide=True)


def plan_html(view: CarePlanView, shared: SharedPlan, summary: PatientSummary, at: ViewTime, stale: str = "") -> Html:
    """What the page shows of the plan, without its buttons and forms."""
    address = PlanView(summary.person.id)
    page = plan_page(view, shared, summary, at)
    parts = [
        warnings_html(view, at, stale),
        two_active_html(view, address) if shared == view.ours else None,
        blocks_html(plan_blocks(page, heading_html(page))),
        other_plans_html(view, address) if shared == view.ours else None,
    ]
    return fragment[[part for part in parts if part is not None]]
