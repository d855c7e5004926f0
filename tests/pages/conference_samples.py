"""A conference on a real server: the dialog in which a coordinator plans one, and the pane of a patient discussed."""

from dataclasses import replace

from dashboard.domain.conference.views import ConferenceList, ConferenceView, DiscussedPatient
from dashboard.domain.record.people import Team
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.ui.conference import decide
from dashboard.ui.session import conferences, plans, reads


def plan_page() -> ConferenceList:
    """The list of conferences as whoever may plan one has it."""
    found, _ = conferences.read_conferences()
    gp = NamedReference(Reference("Practitioner", "gp"), "Dr Jane Okafor")
    return replace(found, teams=(Team("team-1", "Team 1"),), colleagues={"team-1": (gp,)})


def discussed() -> tuple[ConferenceView, DiscussedPatient]:
    """The conference of the cohort and the first patient of its agenda, as whoever may see her has them."""
    view, _ = conferences.read_conference("meet1")
    patient = Reference("Patient", "p1")
    line = view.line(patient)
    found = DiscussedPatient(
        patient=patient,
        summary=reads.read_patient("p1")[0],
        timeline=reads.read_timeline("p1")[0],
        plans=plans.read_care_plan("p1")[0],
        note=line.note if line else None,
        discussion=line.discussion if line else None,
        tasks=line.tasks if line else (),
        messages=line.messages if line else (),
    )
    return view, found


def decide_pane(*, may_hold: bool = True) -> None:
    """The pane, as a page shows it."""
    view, found = discussed()
    decide.send_waiting(view)
    decide.decide_part(view, found, may_hold=may_hold, saved=conferences.forget)
