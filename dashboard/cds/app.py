"""The CDS Hooks service alone as an ASGI application, and the service as the dashboard serves it beside its pages."""

from collections.abc import Callable
from datetime import datetime

from starlette.applications import Starlette

from dashboard.cds.service import CdsHooks
from dashboard.domain.values.site_time import set_site_zone
from dashboard.fhir.client.credentials import read_private_key
from dashboard.fhir.guidelines.library import FOLDER, GuidelineFiles
from dashboard.fhir.terminology_files import load_terminology
from dashboard.settings import Settings


def build_service(settings: Settings, now: Callable[[], datetime]) -> CdsHooks:
    """The service with the rules in force, ours and the site's. Raises OperatorError, for a key of ours too that the
    services of others would be asked with.
    """
    if settings.cds.key:
        read_private_key(settings.cds.key, "[cds] key_file")
    terminology = load_terminology()
    folders = (FOLDER, settings.guidelines_dir) if settings.guidelines_dir is not None else (FOLDER,)
    return CdsHooks(settings.cds, GuidelineFiles(terminology, folders), terminology, settings.data_dir, now)


def build_app(settings: Settings, now: Callable[[], datetime]) -> Starlette:
    """The service and nothing else, with its rules read. Raises OperatorError."""
    set_site_zone(settings.time_zone)
    service = build_service(settings, now)
    service.get_ready()
    return Starlette(routes=service.routes())
