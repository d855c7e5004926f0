"""Figures of a made-up pilot as a server would count them: three regions, eight sites, two teams each."""

import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.enrolment_counts import Datum, EnrolmentCounts, Share, TeamWork
from dashboard.domain.pilot.funnel import WHOLE, Area, Loss, Step
from dashboard.domain.pilot.study import Study, StudySite, Target
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference

AT = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
WAY = (
    (Step.SCREENED, 1.0), (Step.ELIGIBLE, 0.6), (Step.APPROACHED, 0.85), (Step.CONSENTED, 0.7), (Step.ENROLLED, 0.9),
    (Step.ACTIVE, 0.85), (Step.COMPLETED, 0.15),
)  # fmt: skip
MONTHS = (date(2025, 12, 1), *(date(2026, month, 1) for month in range(1, 12)))
REASONS = {
    EnrolmentState.INELIGIBLE: ("under-55", "fewer-than-two-conditions", "ict-self-check"),
    EnrolmentState.DECLINED: ("no-time", "no-interest", "data-concerns"),
    EnrolmentState.WITHDRAWN: ("no-time", "too-ill"),
    EnrolmentState.LEFT: ("died", "moved-away"),
}


def enrolment_counts(
    seed: int = 1, people: int = 90, sites: tuple[int, ...] = (3, 3, 2), **more: Any
) -> EnrolmentCounts:
    """Counts that add up, of about so many people screened at a site."""
    chance = random.Random(seed)
    funnel: dict[Area, dict[Step, int]] = {}
    in_care: dict[tuple[str, str], dict[Step, int]] = {}
    losses: dict[Area, Counter[Loss]] = {}
    enrolled: dict[Area, Counter[date]] = {}
    complete: dict[Area, dict[Datum, Share]] = {}
    names = {}
    study_sites = []
    for number, count in enumerate(sites):
        region = f"r{number}"
        names[region] = f"Region {number}"
        for place in range(count):
            site = f"{region}-s{place}"
            names[site] = f"Site {number}.{place}"
            area = Area(Level.SITE, region, site)
            funnel[area] = _steps(chance, people)
            # Half of a site is in the care of its first team, and some of the others in that of another site's.
            first = {step: value // 2 for step, value in funnel[area].items()}
            others = {step: min(value - value // 2, 2) if count > 1 else 0 for step, value in funnel[area].items()}
            second = {step: value - first[step] - others[step] for step, value in funnel[area].items()}
            next_site = f"{region}-s{(place + 1) % count}"
            for team, steps in ((f"{site}-a", first), (f"{site}-b", second), (f"{next_site}-a", others)):
                names[team] = f"Team {team[1:]}"
                if any(steps.values()):
                    in_care[site, team] = steps
                there = funnel.setdefault(Area(Level.TEAM, region, team=team), dict.fromkeys(Step, 0))
                there.update({step: there[step] + steps[step] for step in Step})
            enrolled[area] = Counter(chance.choices(MONTHS, k=funnel[area][Step.ENROLLED]))
            losses[area] = _losses(chance, funnel[area])
            of = funnel[area][Step.ENROLLED]
            complete[area] = {datum: Share(sum(chance.random() < 0.8 for _ in range(of)), of) for datum in Datum}
            study_sites.append(
                StudySite(
                    NamedReference(Reference("Organization", site), names[site]),
                    (Target(PartialDate("2026-12-31"), 40), Target(PartialDate("2027-06-30"), 75)),
                )
            )
    for area in [each for each in funnel if each.level is Level.SITE]:
        for whole in (WHOLE, Area(Level.REGION, area.region)):
            found = funnel.setdefault(whole, dict.fromkeys(Step, 0))
            funnel[whole] = {step: found[step] + funnel[area][step] for step in Step}
            enrolled.setdefault(whole, Counter()).update(enrolled[area])
            losses.setdefault(whole, Counter()).update(losses[area])
            held = complete.setdefault(whole, {datum: Share(0, 0) for datum in Datum})
            for datum, share in complete[area].items():
                held[datum] = Share(held[datum].having + share.having, held[datum].of + share.of)
    funnel.setdefault(WHOLE, dict.fromkeys(Step, 0))
    study = Study(
        Reference("ResearchStudy", "pilot"), "1", "C3-Cloud pilot (synthetic)", "active", "NCT03834207",
        PartialDate("2025-12-01"), PartialDate("2027-06-30"), (), tuple(study_sites),
    )  # fmt: skip
    regions = [Area(Level.REGION, f"r{number}") for number in range(len(sites))]
    work = {area: TeamWork(6, 11, 40, 30, 22) for area in regions}
    work[WHOLE] = TeamWork(*(len(regions) * each for each in (6, 11, 40, 30, 22)))
    told: dict[str, Any] = {
        "study": study, "fetched": AT, "funnel": funnel, "in_care": in_care, "losses": losses, "enrolled": enrolled,
        "completeness": complete, "work": work, "names": names,
    }  # fmt: skip
    return EnrolmentCounts(**told | more)


def _steps(chance: random.Random, people: int) -> dict[Step, int]:
    found, left = {}, chance.randint(people // 2, people)
    for step, share in WAY:
        left = left if share == 1 else sum(chance.random() < share for _ in range(left))
        found[step] = left
    apart = found[Step.CONSENTED] - found[Step.COMPLETED]
    return found | {Step.WITHDRAWN: min(apart, chance.randint(0, max(1, people // 12)))}


def _losses(chance: random.Random, steps: dict[Step, int]) -> Counter[Loss]:
    """Of those who have reached a step and not the next some are lost."""
    left = {step: steps[step] - steps[following] for step, following in pairwise(each for each, _ in WAY)}
    found: Counter[Loss] = Counter()

    def lose(step: Step, state: EnrolmentState, reasons: Iterable[str]) -> None:
        for reason in reasons:
            left[step] -= 1
            found[Loss(step, state, reason)] += 1

    lose(Step.SCREENED, EnrolmentState.INELIGIBLE, _reasons(chance, EnrolmentState.INELIGIBLE, left[Step.SCREENED]))
    declined = _reasons(chance, EnrolmentState.DECLINED, left[Step.APPROACHED])
    lose(Step.APPROACHED, EnrolmentState.DECLINED, declined[: len(declined) * 3 // 4])
    gone = _reasons(chance, EnrolmentState.LEFT, left[Step.ENROLLED] // 2)
    lose(Step.ENROLLED, EnrolmentState.LEFT, gone[: len(gone) // 2])
    lose(Step.ELIGIBLE, EnrolmentState.LEFT, gone[len(gone) // 2 :][: left[Step.ELIGIBLE]])
    withdrew = _reasons(chance, EnrolmentState.WITHDRAWN, steps[Step.WITHDRAWN])
    for step in (Step.ACTIVE, Step.CONSENTED, Step.ENROLLED):
        these, withdrew = withdrew[: left[step]], withdrew[left[step] :]
        lose(step, EnrolmentState.WITHDRAWN, these)
    found[Loss(None, EnrolmentState.LEFT, "died")] = steps[Step.SCREENED] % 7
    return +found


def _reasons(chance: random.Random, state: EnrolmentState, people: int) -> list[str]:
    return chance.choices(REASONS[state], k=people)
