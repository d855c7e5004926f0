"""The demo cohort: who is in it (`generate`, `foundation`), and `python -m dashboard.demo` that writes it to a server.

Everything is invented but the regions and their organisations; nothing of it is a statement about the real ones.
"""

from dashboard.demo.cohort import PATIENTS, SEED, foundation, generate

__all__ = ["PATIENTS", "SEED", "foundation", "generate"]
