"""A conference that is to be planned, on a real server: the dialog as a coordinator of the team sees it."""

from dataclasses import replace

from dashboard.domain.conference.views import ConferenceList
from dashboard.domain.record.people import Team
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.ui.session import conferences


def plan_page() -> ConferenceList:
    """The list of conferences as whoever may plan one has it."""
    found, _ = conferences.read_conferences()
    gp = NamedReference(Reference("Practitioner", "gp"), "Dr Jane Okafor")
    return replace(found, teams=(Team("team-1", "Team 1"),), colleagues={"team-1": (gp,)})
