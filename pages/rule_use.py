"""Use of rules: how often each guideline rule was shown, accepted and declined; for administrators, without a name."""

from dashboard.ui.rule_use.widget import rule_use

rule_use()
