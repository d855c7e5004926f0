"""How long a test waits, at the most, for what is sure to come.

A machine that others use too has stood still for a minute. As long as all is well, patience costs nothing; a test of
how long something takes, or of what must not come, has a limit of its own. tests/unit/house/test_suite.py holds that.
"""

PATIENCE = 120.0
"""Seconds."""

PATIENCE_MS = PATIENCE * 1000
"""The same for Playwright."""
