"""Between the page of recommendations and the CDS Hooks services of others, as `reads` is for the other queries."""

from collections.abc import Callable
from functools import lru_cache, partial

from dashboard.audit.audited import viewing_session
from dashboard.cache.pending import Pending
from dashboard.domain.guidelines.foreign_card import ForeignAnswer, ForeignService
from dashboard.fhir.cds_hooks.ask import CdsServices
from dashboard.queries.ask_cds_services import ask_cds_services
from dashboard.ui.session import session
from dashboard.ui.session.auditing import viewing_session_id


def other_services() -> CdsServices:
    """The CDS Hooks services of others that the settings name."""
    given = session.process().settings.cds
    return _services(given.services, given.seconds, given.issuer, given.key, given.key_id)


@lru_cache(maxsize=4)
def _services(services: tuple[ForeignService, ...], seconds: float, issuer: str, key: str, key_id: str) -> CdsServices:
    return CdsServices(services, seconds=seconds, issuer=issuer, key=key, key_id=key_id)


def ask_other_services(
    patient_id: str, answered: Callable[[ForeignAnswer], None]
) -> Pending[tuple[ForeignAnswer, ...]]:
    """Asks the CDS Hooks services of the settings about the patient, beside the page; `answered` is told each answer as
    it comes, in another thread.
    """
    asked = (session.fhir(), session.user(), session.scope(), session.terminology(), other_services())
    query = partial(ask_cds_services, *asked, patient_id, session.as_of(), answered)
    with viewing_session(viewing_session_id()):
        return Pending(query, patience=0)
