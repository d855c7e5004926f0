"""Audit: who read whose record, when and why; for administrators."""

from dashboard.ui.audit.widget import audit
from dashboard.ui.navigation import pages as navigation

audit(navigation.audit_view())
