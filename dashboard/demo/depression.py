"""Depression: PHQ-9 answers that add up to the score, and a score that halves in six weeks when treatment works."""

import math
from typing import Final

from dashboard.demo.chance import Chance

# LOINC item codes of the nine questions in their order (44249-1), and how readily each is answered high in chronic
# illness: sleep and tiredness first, thoughts of death last.
ITEMS: Final = ("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8")
_READINESS: Final = (1.0, 1.0, 1.3, 1.5, 0.9, 0.8, 0.9, 0.5, 0.08)


def score_after(first: float, response: float, days: float) -> float:
    """Expected score so many days into treatment; `response` 0.6: 60% of it goes, half of that in a month."""
    return first * (1 - response * (1 - math.exp(-max(0.0, days) * math.log(2) / 30)))


def answers(total: int, source: Chance) -> list[int]:
    """Nine answers of 0 to 3 that add up to the total (0 to 27)."""
    given = [0] * 9
    for _ in range(max(0, min(27, total))):
        open_ = [place for place in range(9) if given[place] < 3]
        weights = [_READINESS[place] / (1 + given[place]) for place in open_]
        given[source.choices(open_, weights)[0]] += 1
    return given
