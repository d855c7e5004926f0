"""Which demo cohort the embedded server's database holds, so that a second start need not look at it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from dashboard.launcher.options import DEFAULT_PATIENTS, DEFAULT_SEED, Options

MARKER = "cohort.json"


@dataclass(frozen=True, slots=True)
class Cohort:
    """A demo cohort that has been loaded to its end."""

    patients: int
    seed: int


def read_cohort(data_dir: Path, database: Path) -> Cohort | None:
    """The cohort of the last completed load; None for a new database, or one whose load was cut off."""
    if not database.exists():
        return None
    try:
        stored = json.loads((data_dir / MARKER).read_text(encoding="utf-8"))
        return Cohort(int(stored["patients"]), int(stored["seed"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_cohort(data_dir: Path, cohort: Cohort) -> None:
    """Marks the load as completed."""
    (data_dir / MARKER).write_text(json.dumps(asdict(cohort)) + "\n", encoding="utf-8")


def choose_cohort(stored: Cohort | None, options: Options) -> tuple[Cohort | None, str]:
    """The cohort to load now (None: nothing to do) and the sentence to say about it ("" for none).

    Patients are added, never taken away: a user may have worked with them.
    """
    if stored is None:
        wanted = Cohort(
            DEFAULT_PATIENTS if options.patients is None else options.patients,
            DEFAULT_SEED if options.seed is None else options.seed,
        )
        return wanted, f"Loading {wanted.patients} demo patients (seed {wanted.seed}); this happens once."
    if options.seed is not None and options.seed != stored.seed:
        return None, (
            f"The data are the demo cohort of seed {stored.seed}; for seed {options.seed} name another --data-dir."
        )
    if options.patients is None or options.patients == stored.patients:
        return None, ""
    if options.patients < stored.patients:
        return None, f"All {stored.patients} demo patients stay; for fewer name another --data-dir."
    return (
        Cohort(options.patients, stored.seed),
        f"Adding demo patients: {stored.patients} are there, {options.patients} are asked for.",
    )
