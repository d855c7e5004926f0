"""Which demo cohort the embedded server's database holds, so that a second start need not read it."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

from dashboard.launcher.options import DEFAULT_PATIENTS, DEFAULT_SEED, Options
from dashboard.stored_file import read_object, write_object

MARKER = "cohort.json"
# A larger cohort has a shorter history (dashboard.demo.cohort), so one cannot grow into the other.
LONG_HISTORY_UP_TO = 1000
ELSEWHERE = "name another --data-dir"


@dataclass(frozen=True, slots=True)
class Cohort:
    """A demo cohort, whose history ends on `as_of` (ISO date); `complete` when its load came to its end."""

    patients: int
    seed: int
    as_of: str
    complete: bool = False


def read_cohort(data_dir: Path, database: Path) -> Cohort | None:
    """The cohort that was begun here; None for a new database."""
    if not database.exists():
        return None
    try:
        stored = read_object(data_dir / MARKER)
        return Cohort(int(stored["patients"]), int(stored["seed"]), str(stored["as_of"]), bool(stored["complete"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_cohort(data_dir: Path, cohort: Cohort) -> None:
    """Writes the cohort into the data folder: before its load, and once more as complete after it."""
    write_object(data_dir / MARKER, asdict(cohort))


def choose_cohort(stored: Cohort | None, options: Options, today: str) -> tuple[Cohort | None, str]:
    """The cohort to load now (None: nothing to do) and the sentence to say about it ("" for none).

    Patients are added, never taken away: a user may have worked with them. What is added, or loaded again after an
    interruption, ends on the day of the first load, so that all are of one piece.
    """
    if stored is None:
        wanted = Cohort(
            DEFAULT_PATIENTS if options.patients is None else options.patients,
            DEFAULT_SEED if options.seed is None else options.seed,
            today,
        )
        return wanted, f"Loading {wanted.patients} demo patients (seed {wanted.seed}); this happens once."
    patients = stored.patients if options.patients is None else options.patients
    other_history = (patients > LONG_HISTORY_UP_TO) != (stored.patients > LONG_HISTORY_UP_TO)
    remarks = []
    if options.seed not in (None, stored.seed):
        remarks.append(f"The data are the cohort of seed {stored.seed}; for seed {options.seed} {ELSEWHERE}.")
    if patients < stored.patients:
        remarks.append(f"All {stored.patients} demo patients stay; for fewer {ELSEWHERE}.")
    elif other_history:
        remarks.append(f"{patients} patients have a shorter history than the {stored.patients} here: {ELSEWHERE}.")
    elif patients > stored.patients and not remarks:
        added = replace(stored, patients=patients, complete=False)
        return added, f"Adding demo patients: {stored.patients} are there, {patients} are asked for."
    if not stored.complete:
        return stored, " ".join([*remarks, f"Loading the rest of {stored.patients} demo patients."])
    return None, " ".join(remarks)
