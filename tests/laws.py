"""How many random examples a law is tried on: all of them in `make test`, a tenth in `make test-fast` (LAWS=short)."""

import os

SHORT = os.environ.get("LAWS") == "short"


def examples(whole: int) -> int:
    """For `@settings(max_examples=examples(200))`: 200, or 20 where the run is to be short; never fewer than ten."""
    return max(10, whole // 10) if SHORT else whole
