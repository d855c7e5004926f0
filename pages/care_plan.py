"""Care plan: what the person and the team want to reach together, who does what, and where it is changed."""

from dashboard.ui.care_plan.widget import care_plan
from dashboard.ui.navigation import pages as navigation

care_plan(navigation.plan_view())
