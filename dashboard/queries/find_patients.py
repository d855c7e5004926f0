"""Finds patients by name, identifier or birth date among those of the user's teams, in the team cache."""

import re
from datetime import date, datetime
from typing import Final

from dashboard.access.request_context import request_context
from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.names import Fit, fit_of, plain, similar_people
from dashboard.domain.record.people import Person, survivors_in
from dashboard.domain.record.views import PatientMatch
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology

MOST: Final = 20
"""Matches shown; with more, typing another letter is quicker than reading."""
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z")
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[-/. ](\d{1,2}|[a-z]{3,9})[-/. ](\d{4})\Z")


@audited(
    AuditKind.PATIENT_QUERY,
    lambda arguments, answer: AuditSubject(
        patients=[match.person.id for match in answer or ()], query=f"Patient?_text={arguments['text']}"
    ),
)
def find_patients(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    text: str,
    as_of: datetime,
    terminology: Terminology | None = None,
    team_cache: TeamCache = TEAM_CACHE,
    wait: float | None = None,
) -> tuple[PatientMatch, ...]:
    """Returns at most `MOST` patients of the user's teams, ordered by family name.

    "ald mar" matches Mary Aldous: each word begins a name, whatever its accents, apostrophes and case. "aldus" does
    where nobody fits as typed: one letter is wrong, which the match says. "999 012 3456" matches an identifier that
    begins so, "03-Feb-1948", "1948-02-03" and "03/02/1948" (day first) a birth date. Fewer than two letters match
    nobody. `wait` is how many seconds to wait for all of a team that is loaded for the first time: a search needs only
    its patients.
    """
    context = request_context(fhir, user, scope, terminology or load_terminology(), as_of, Action.FIND_PATIENT)
    if len(plain(text).replace(" ", "")) < 2:
        return ()
    data = team_cache.team(context, wait=wait).data
    born = birth_date(text)
    digits = re.sub(r"[\s-]", "", plain(text))
    visible = data.visible(context.viewer, site_day(as_of))
    people = {pid: data.patients[pid].person for pid in visible}
    # A record that is not in use is not offered; a replaced one leads to the one that replaces it.
    leads = {pid: survivors_in(people, pid) for pid in people}
    fits = {pid: fit(person, text, digits, born) for pid, person in people.items() if leads[pid]}
    best = max(fits.values(), default=Fit.NONE)
    fitting = [pid for pid, how in fits.items() if how is best and how is not Fit.NONE]
    alike = similar_people(people.values())
    offered = dict.fromkeys(survivor for pid in fitting for survivor in leads[pid])
    found = [
        PatientMatch(people[pid], visible[pid][0].team_name, best is Fit.ONE_LETTER, pid in alike) for pid in offered
    ]
    return tuple(sorted(found, key=lambda match: _by_name(match.person)))[:MOST]


def fit(person: Person, text: str, digits: str, born: date | None) -> Fit:
    """How the text fits: a birth date that agrees, an identifier that begins with the digits, or the name."""
    if born is not None and person.birth is not None and person.birth.start <= born <= person.birth.end:
        return Fit.EXACT
    if any(c.isdigit() for c in digits) and len(digits) >= 3:
        identifiers = (re.sub(r"[\s-]", "", plain(known.value)) for known in person.identifiers)
        if any(known.startswith(digits) for known in identifiers):
            return Fit.EXACT
    return fit_of(person, text)


def birth_date(text: str) -> date | None:
    """Returns the day meant by "03-Feb-1948", "3 February 1948", "1948-02-03" or "03/02/1948"; None for anything
    else.
    """
    written = text.strip().lower()
    if found := _ISO.match(written):
        return _day(found[1], found[2], found[3])
    if found := _DAY_FIRST.match(written):
        month = (
            found[2] if found[2].isdigit() else str(_MONTHS.index(found[2][:3]) + 1 if found[2][:3] in _MONTHS else 0)
        )
        return _day(found[3], month, found[1])
    return None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _by_name(person: Person) -> tuple[str, str, str]:
    return plain(person.name.family or person.name.text), plain(person.name.given), person.id
