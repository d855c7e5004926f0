"""Audit: who looked at whose record, when and why; for administrators."""

from dashboard.ui import navigation
from dashboard.ui.widgets.audit import audit

audit(navigation.audit_view())
