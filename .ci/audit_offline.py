"""The part of `.ci/audit` that needs nobody: what is installed, against the pins and against known advisories."""

import re
import sys
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """The number of complaints, each printed as a line."""
    installed = {normal(each.metadata["Name"]): each.version for each in distributions()}
    complaints = []
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        pin = re.match(r"([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", line)
        if pin and installed.get(normal(pin[1])) != pin[2]:
            complaints.append(f"{pin[1]}: {pin[2]} is asked for, {installed.get(normal(pin[1]), 'none')} is there")
    known = remembered = 0
    for line in (ROOT / ".ci" / "advisories.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, lowest, advisory, what = line.split(" ", 3)
            there = installed.get(normal(name))
            known += there is not None
            remembered += there is not None and what.endswith("; from memory")
            if there is not None and numbers(there) < numbers(lowest):
                complaints.append(f"{name} {there}: {advisory} ({what}); {lowest} or newer is needed")
    for complaint in complaints:
        print(complaint)
    compared = f"{known} of them compared with advisories ({remembered} from memory)"
    print(f"{len(installed)} packages, {compared}, {len(complaints)} complaints.")
    return min(len(complaints), 100)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:4])


if __name__ == "__main__":
    sys.exit(main())
