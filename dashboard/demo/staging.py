"""Which stage of a patient's problems was on record on a day: the kidneys' stages, episodes of low mood."""

from collections.abc import Iterable
from datetime import date

from dashboard.demo import kidney
from dashboard.demo.fhir import Json, ref
from dashboard.demo.profile import PROGRAMME, Profile
from dashboard.domain.values.datatypes import PartialDate


def kidney_stages(who: Profile) -> list[tuple[str, int]]:
    """The recorded kidney stages with the day each began: where the course crosses 45 and 30."""
    if who.stages is None:
        who.stages = _kidney_stages(who)
    return who.stages


def _kidney_stages(who: Profile) -> list[tuple[str, int]]:
    if not who.has("ckd"):
        return []
    began = who.onset["ckd"]
    stages = [(kidney.stage(min(59.9, who.true_egfr(began))), began)]
    for day in range(began + 30, who.last_visit, 30):
        name = kidney.stage(who.true_egfr(day))
        # "3a" < "3b" < "4" < "5": a stage is recorded once, when it gets worse.
        if name > stages[-1][0]:
            stages.append((name, day))
    return stages


def episodes(who: Profile, condition: str) -> list[tuple[str, str]]:
    """The scripted episodes of a recurring condition: (began, ended), oldest first, the last without end."""
    scripted = who.script.get("episodes", {}).get(condition, [])
    return [(str(period[0]), str(period[1]) if len(period) > 1 else "") for period in scripted]


def on_record(who: Profile, names: Iterable[str], on: int) -> list[Json]:
    """References to the problems of these names as they stood on a day; none for what had not begun."""
    conditions = []
    for name in names:
        if not who.has(name, on):
            continue
        if name == "ckd":
            stage = [each for each, began in kidney_stages(who) if began <= on]
            conditions.append(f"ckd-{stage[-1]}" if stage else "")
        else:
            earlier = episodes(who, name)[:-1]
            day = date.fromordinal(on)
            number = next((n for n, (_, ended) in enumerate(earlier) if day <= PartialDate(ended).end), -1)
            conditions.append(f"{name}-{number + 1}" if number >= 0 else name)
    return [ref("Condition", f"{who.id}-con-{name}") for name in conditions if name]


def programme_on_record(who: Profile, on: int) -> list[Json]:
    """The same of the conditions of the programme."""
    return on_record(who, PROGRAMME, on)
