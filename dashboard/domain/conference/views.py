"""What the queries about conferences answer with: the conferences of a team, one of them with its patients, and the
patient whom a running one discusses.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.conference.agenda import Agenda, AgendaItem
from dashboard.domain.conference.agenda_reasons import Proposal
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.discussion import Discussion
from dashboard.domain.conference.minutes import Minutes
from dashboard.domain.conference.note import ConferenceNote
from dashboard.domain.guidelines.new_since import NewSince
from dashboard.domain.guidelines.recommendations import Recommendations
from dashboard.domain.record.order import Order
from dashboard.domain.record.people import Person, Team
from dashboard.domain.record.task import Task
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice, PatientSummary
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.values.datatypes import NamedReference, Reference


@dataclass(frozen=True, slots=True)
class ConferenceList:
    """The conferences of the user's teams, and those that the user is asked to come to, earliest first.

    `teams` are those for which the user may plan one, `colleagues` by team those who care for its patients. `fetched`
    is the moment of view.
    """

    conferences: tuple[Conference, ...]
    fetched: datetime
    teams: tuple[Team, ...] = ()
    colleagues: Mapping[str, tuple[NamedReference, ...]] = field(default_factory=dict)
    unreadable: tuple[Unreadable, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def running(self) -> tuple[Conference, ...]:
        """Those at which people meet now."""
        return tuple(each for each in self.conferences if each.running)

    @property
    def coming(self) -> tuple[Conference, ...]:
        """Those that may still begin, from the day of view on."""
        return tuple(each for each in self.conferences if each.to_come)

    @property
    def past(self) -> tuple[Conference, ...]:
        """Those that are over or were called off, the latest first."""
        done = (each for each in self.conferences if not each.running and not each.to_come)
        return tuple(reversed(tuple(done)))


@dataclass(frozen=True, slots=True)
class AgendaLine:
    """A patient of the agenda whom the reader may see: why, what was written and decided, and the minute of the
    conference at which the patient is planned to begin.
    """

    item: AgendaItem
    person: Person
    proposal: Proposal
    begins: int
    note: ConferenceNote | None = None
    discussion: Discussion | None = None
    tasks: tuple[Task, ...] = ()
    messages: tuple[Order, ...] = ()

    @property
    def patient(self) -> Reference:
        return self.item.patient


@dataclass(frozen=True, slots=True)
class ConferenceView:
    """One conference. `lines` are the patients whom the reader may see, in the order of the agenda; `others` is how
    many more are on it. `proposals` are further patients of the team, the most pressing first. `colleagues` are the
    professionals of the team's patients, who can be asked to come. `may_plan`: the reader coordinates the team.
    """

    conference: Conference
    agenda: Agenda
    lines: tuple[AgendaLine, ...]
    fetched: datetime
    others: int = 0
    proposals: tuple[tuple[Person, Proposal], ...] = ()
    minutes: Minutes | None = None
    colleagues: tuple[NamedReference, ...] = ()
    may_plan: bool = False
    unreadable: tuple[Unreadable, ...] = ()
    notices: tuple[Notice, ...] = ()

    def line(self, patient: Reference) -> AgendaLine | None:
        """The line of a patient; None for one whom the reader may not see, or who is not on the agenda."""
        return next((each for each in self.lines if each.patient == patient), None)

    @property
    def patients(self) -> tuple[str, ...]:
        """The ids of all patients that are in it, for the audit record."""
        proposed = (proposal.patient.id for _, proposal in self.proposals)
        return tuple(dict.fromkeys((*(each.patient.id for each in self.lines), *proposed)))


@dataclass(frozen=True, slots=True)
class Meeting:
    """A conference as the server has it while it runs: what its screen needs beside the patient. `going_on` is the
    patient whose discussion goes on, None where none does. `stale` is the code of the error why this is not newer, ""
    where it is.
    """

    conference: Conference
    agenda: Agenda
    minutes: Minutes | None
    going_on: Reference | None = None
    stale: str = ""


@dataclass(frozen=True, slots=True)
class DiscussedPatient:
    """The patient whom a running conference discusses, as its screen needs the patient: the record, the story, the
    shared plan, and what this conference has written and decided. It is the same for everybody who may see the patient
    through the same teams. `withheld` is how many records no shared screen shows, `labelled` whether the Patient itself
    is marked as restricted. `stale` is the code of the error why this is not newer, "" where it is.
    """

    patient: Reference
    summary: PatientSummary
    timeline: Timeline
    plans: CarePlanView
    note: ConferenceNote | None = None
    discussion: Discussion | None = None
    tasks: tuple[Task, ...] = ()
    messages: tuple[Order, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    withheld: int = 0
    labelled: bool = False
    stale: str = ""


@dataclass(frozen=True, slots=True)
class DiscussedRecommendations:
    """What guidelines say of the patient whom a running conference discusses: `found` is all of it, as on the patient's
    own page, `new` what is new since the team last met and not answered yet, for a screen that a room looks at. `stale`
    is as in DiscussedPatient.
    """

    found: Recommendations
    new: NewSince
    stale: str = ""


def decided(lines: Iterable[AgendaLine]) -> tuple[Task, ...]:
    """The tasks of these lines, earliest due first; those without a day last."""
    tasks = [task for line in lines for task in line.tasks]
    return tuple(sorted(tasks, key=lambda each: (each.due is None, each.due.start if each.due else None, each.origin)))
