"""Between the page of recommendations and its query and actions, as `reads` is for the other pages."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

import streamlit as st

from dashboard.actions.decline_recommendation import decline_recommendation
from dashboard.actions.export_rule_use import export_rule_use
from dashboard.actions.note_recommendations_seen import note_recommendations_seen
from dashboard.actions.reconcile_contradiction import reconcile_contradiction
from dashboard.actions.save import new_reference
from dashboard.actions.take_back_reconciliation import take_back_reconciliation
from dashboard.actions.withdraw_reply import withdraw_reply
from dashboard.audit.audited import viewing_session
from dashboard.cache.cache import start_thread
from dashboard.cache.noted import Noted
from dashboard.domain.access.user import User
from dashboard.domain.guidelines.contradiction import Contradiction
from dashboard.domain.guidelines.evaluate import Finding
from dashboard.domain.guidelines.guidance import Guidance
from dashboard.domain.guidelines.new_since import NewSince
from dashboard.domain.guidelines.override_reasons import offered
from dashboard.domain.guidelines.recommendations import Recommendations, TeamCounts
from dashboard.domain.guidelines.reconciliation import Reconciliation, Way, new_reconciliation
from dashboard.domain.guidelines.rule import Rule
from dashboard.domain.guidelines.rule_use import UseOfRules
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.errors import Failure
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.queries.get_new_recommendations import get_new_recommendations
from dashboard.queries.get_recommendations import get_recommendations
from dashboard.queries.get_rule_use import get_rule_use
from dashboard.queries.get_team_recommendations import get_team_recommendations
from dashboard.ui.session import reads, session
from dashboard.ui.session.auditing import viewing_session_id
from dashboard.ui.session.held_conference import held_conference
from dashboard.ui.session.reads import CACHED_SECONDS, read_for_page

_NOTED: Final = "recommendations_noted"


def read_team_recommendations() -> TeamCounts:
    """How many rules apply to each patient of the worklist, as far as that is computed. Raises DashboardError."""
    asked = (session.fhir(), session.user(), session.scope(), session.terminology(), session.guidelines())
    return get_team_recommendations(*asked, session.as_of())


def read_new_recommendations(since: Mapping[str, date | None]) -> dict[str, NewSince]:
    """What guidelines say that they did not on a day, by patient. Raises DashboardError."""
    with viewing_session(viewing_session_id()):
        asked = (session.fhir(), session.user(), session.scope(), session.terminology(), session.guidelines())
        return get_new_recommendations(*asked, since, session.as_of())


def read_recommendations(patient_id: str) -> tuple[Recommendations, str]:
    """What the rules in force come to for the patient, and why it could not be read anew, as in
    `reads.read_for_page`.
    """
    asked = (session.fhir(), session.user(), session.scope(), session.terminology(), session.guidelines())
    query = partial(get_recommendations, *asked, patient_id, session.as_of())
    return read_for_page("recommendations", patient_id, query, CACHED_SECONDS)


def decline(
    finding: Finding, patient_id: str, shown: Guidance, until: date | None, why: str, reason: str
) -> tuple[Notice, ...]:
    """Not now, until a day, or without one not for this person, for one of the reasons that the card offers. Raises
    DashboardError, as all that follow do.
    """
    who, at, during = session.user(), session.as_of(), held_conference(patient_id)
    reasons = offered(finding.advice)
    return decline_recommendation(
        session.fhir(), who, patient_id, shown, until, why, reason=reason, at=at, during=during, reasons=reasons
    ).notices


def take_back(patient_id: str, shown: Guidance, reason: str) -> tuple[Notice, ...]:
    """Takes the last answer back."""
    who, at = session.user(), session.as_of()
    during = held_conference(patient_id)
    return withdraw_reply(session.fhir(), who, patient_id, shown, reason=reason, at=at, during=during).notices


def note_seen(patient_id: str, shown: Sequence[Guidance]) -> Failure | None:
    """Writes what the page has shown, behind it: nobody waits for that, and it fails for nobody. Each is written once;
    what could not be is tried again by the next run. Returns why the last try failed.
    """
    noted: Noted = st.session_state.setdefault(_NOTED, Noted())
    failed = noted.failed
    new = [each for each in shown if each.number not in noted.keys]
    if new:
        asked = (session.fhir(), session.user(), patient_id, new)
        note = partial(note_recommendations_seen, *asked, at=session.as_of())
        noted.note([each.number for each in new], note, start_thread)
    return failed


def read_use() -> tuple[UseOfRules, str]:
    """How often rules are shown and followed, and why it could not be read anew, as in `reads.read_for_page`."""
    query = partial(get_rule_use, session.fhir(), session.user(), *_rules_and_folder(), session.as_of())
    return read_for_page("rule-use", "", query, first_wait=reads.SILENT_SECONDS)


def use_file(who: User, server: HttpFhirServer, make: Callable[[UseOfRules], bytes]) -> bytes:
    """The counts as a file, once that is on record. Called when a download is pressed, outside any run: who it is and
    with whose token the server is asked come along.
    """
    return export_rule_use(server, who, *_rules_and_folder(), make, at=session.as_of())


def _rules_and_folder() -> tuple[Sequence[Rule], Path]:
    """The rules in force, and the folder in which the reports of other systems are counted."""
    return session.guidelines().every_rule, session.process().settings.data_dir


def reconcile(
    found: Recommendations, contradiction: Contradiction, way: Way, words: str, goals: Sequence[Reference], reason: str
) -> tuple[Notice, ...]:
    """Keeps what the team decided; returns what the user must know about how it was saved. Raises DashboardError, as
    the next one does.
    """
    who, at = session.user(), session.as_of()
    known = [
        each
        for each in found.reconciled.value or ()
        if (each.target, each.stamp) == (contradiction.target, contradiction.stamp)
    ]
    me, new = NamedReference(who.practitioner, who.name), new_reference("DetectedIssue")
    patient = Reference("Patient", found.person.id)
    shown = known[0] if known else new_reconciliation(contradiction, patient, me, at, new)
    return reconcile_contradiction(
        session.fhir(),
        who,
        found.person.id,
        shown,
        way,
        words,
        goals,
        reason=reason,
        at=at,
        during=held_conference(found.person.id),
    ).notices


def unreconcile(found: Recommendations, record: Reconciliation, reason: str) -> tuple[Notice, ...]:
    """Takes back what the team decided."""
    who, at = session.user(), session.as_of()
    during = held_conference(found.person.id)
    return take_back_reconciliation(
        session.fhir(), who, found.person.id, record, reason=reason, at=at, during=during
    ).notices
