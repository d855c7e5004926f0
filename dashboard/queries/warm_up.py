"""Asks a server that has just started a few questions, so that the first person of the day need not wait for it.

HAPI FHIR takes seconds for its first CapabilityStatement and for the first search of each kind, and then a tenth.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from dashboard.audit.audited import unaudited
from dashboard.cache.load_team import membership
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, ServerUnavailable
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest

log = logging.getLogger(__name__)

QUICK_SECONDS: Final = 0.5
"""A server that answers all questions within this time is warm."""
MOST_ROUNDS: Final = 10
STILL_WARMING: Final = 0.8
"""A round that takes more than this part of the one before it says that the server is slow for another reason than its
start.
"""
EVERY_SECONDS: Final = 60.0
"""How often a warm server is asked, to notice that it was started anew."""
AWAY_SECONDS: Final = 5.0
NOBODY: Final = Reference("Practitioner", "nobody-asks-before-the-first-person")
"""Is in no team, so that no patient's record is in the answer."""
MOST_ROLES: Final = 200
"""As many as a team has patients: a hospital's server may have thousands, and is asked every minute."""
QUESTIONS: Final = (
    membership(NOBODY),
    SearchRequest(
        "PractitionerRole",
        include=("PractitionerRole:practitioner", "PractitionerRole:organization", "iterate:Organization:partof"),
        page_size=MOST_ROLES,
        max_rows=MOST_ROLES,
    ),
)
"""A first worklist's own search, and one that brings as many records by the same includes."""


@unaudited("the teams of nobody and the names of professionals; nothing about patients")
def warm_up(fhir: FhirServer, clock: Callable[[], float] = time.monotonic) -> float:
    """Asks until the server is quick or grows no quicker, at most `MOST_ROUNDS` times; returns the seconds until it is
    to be asked again, fewer where it does not answer yet.
    """
    before = float("inf")
    try:
        for _ in range(MOST_ROUNDS):
            began = clock()
            for answer in fhir.try_all(QUESTIONS):
                if isinstance(answer, DashboardError):
                    raise answer
            seconds = clock() - began
            if seconds < QUICK_SECONDS or seconds > before * STILL_WARMING:
                break
            before = seconds
    except ServerUnavailable:
        return AWAY_SECONDS
    except DashboardError as problem:
        log.info("the server cannot be asked before somebody signs in: %s", problem.code)
    return EVERY_SECONDS


def stay_warm(fhir: FhirServer, stop: threading.Event) -> None:
    """Warms the server up now and whenever it has been started anew, until `stop` is set."""
    while not stop.wait(warm_up(fhir)):
        pass
