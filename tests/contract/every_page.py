"""One patient's records on a server, and what each page says of them: for facts that every page must tell alike."""

import re
import uuid
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.record.views import PatientSummary, Worklist
from dashboard.domain.timeline.events import EventDetail, Timeline
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_care_plan import get_care_plan
from dashboard.queries.get_event import get_event
from dashboard.queries.get_own_record import get_own_record
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_timeline import get_timeline
from dashboard.queries.get_worklist import get_worklist
from dashboard.ui.care_plan.other_html import none_html, other_plans_html, warnings_html
from dashboard.ui.care_plan.view import PlanView
from dashboard.ui.my_record.html import own_banner_html, own_record_html
from dashboard.ui.paper.plan_document import plan_html
from dashboard.ui.patient.banner_html import banner_html
from dashboard.ui.patient.html import summary_html
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.timeline.words import event_words, show_when, state_words
from dashboard.ui.worklist.row import WorklistRow
from tests.records import create
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

T = load_terminology()
Json = dict[str, Any]
ZONE = ZoneInfo("Europe/Madrid")
AT = ViewTime(AS_OF, ZONE)


def plain(html: object) -> str:
    """The text of HTML, a space between the elements."""
    return " ".join(re.sub(r"<[^>]*>", " ", str(html)).split()).replace(" :", ":").replace(" ,", ",")


def plan_words(view: CarePlanView, summary: PatientSummary, at: ViewTime) -> str:
    """What the page of the care plan says to whoever reads it."""
    if view.ours is not None:
        return plain(plan_html(view, view.ours, summary, at))
    address = PlanView(summary.person.id)
    parts = (warnings_html(view, at, ""), none_html(view), other_plans_html(view, address))
    return " ".join(plain(part) for part in parts if part is not None)


@dataclass
class EveryPage:
    """The pages of one patient, asked of one server. `put` first, then ask."""

    fhir: FhirServer
    ids: dict[str, str] = field(default_factory=dict)
    teams: TeamCache = field(default_factory=TeamCache)

    def put(self, *records: Json) -> "EveryPage":
        """Creates a GP, a patient of the GP and the records under ids that the server chooses."""
        site = make.organisation("org-1", "Castle Practice", "prov")
        people = [site, make.practitioner("gp"), make.patient("p1", "Aldous")]
        for record in (*people, make.care_team("p1", ["gp"], team="org-1"), *records):
            row = self._with_ids(record)
            name = f"{record['resourceType']}/{row.pop('id')}"
            if name == "Patient/p1":
                row["identifier"] = [{"system": "urn:test", "value": uuid.uuid4().hex}]
            self.ids[name] = create(self.fhir, row)["id"]
        return self

    def put_more(self, record: Json) -> None:
        """Creates one more record about them."""
        row = self._with_ids(record)
        name = f"{record['resourceType']}/{row.pop('id')}"
        self.ids[name] = create(self.fhir, row)["id"]

    def _with_ids(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._with_ids(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        return {
            key: f"{inner.split('/')[0]}/{self.ids[inner]}"
            if key == "reference" and isinstance(inner, str) and inner in self.ids
            else self._with_ids(inner)
            for key, inner in value.items()
        }

    @property
    def _gp(self) -> User:
        return User(Reference("Practitioner", self.ids["Practitioner/gp"]), "gp")

    @property
    def _scope(self) -> AccessScope:
        return AccessScope(self.fhir.base_url, str(self._gp.practitioner))

    @property
    def patient_id(self) -> str:
        return self.ids["Patient/p1"]

    def worklist(self) -> Worklist:
        return get_worklist(self.fhir, self._gp, self._scope, T, AS_OF, False, self.teams)

    def row(self) -> WorklistRow:
        frame = self.worklist().rows
        values: dict[str, Any] = frame[frame["patient_id"] == self.patient_id].iloc[0].to_dict()
        return WorklistRow(values, AS_OF, ZONE)

    def summary(self) -> PatientSummary:
        return get_patient(
            self.fhir, self._gp, self._scope, T, self.patient_id, AS_OF, False, self.teams, PatientCache()
        )

    def patient_page(self) -> str:
        summary = self.summary()
        return plain(banner_html(summary, AT)) + " " + plain(summary_html(summary, AT))

    def plan(self) -> CarePlanView:
        return get_care_plan(
            self.fhir, self._gp, self._scope, T, self.patient_id, AS_OF, False, self.teams, PatientCache()
        )

    def plan_page(self) -> str:
        """The banner, and the plan of the team with what stands around it; or what is said where there is none."""
        view, summary = self.plan(), self.summary()
        return plain(banner_html(summary, AT)) + " " + plan_words(view, summary, AT)

    def timeline(self) -> Timeline:
        return get_timeline(
            self.fhir, self._gp, self._scope, T, self.patient_id, AS_OF, False, self.teams, PatientCache()
        )

    def timeline_lines(self) -> list[str]:
        """Each event as the timeline's table words it, without the date of view: what, when, state."""
        return [
            " | ".join((event_words(event), show_when(event, ZONE), state_words(event)))
            for event in self.timeline().events
        ]

    def event(self, name: str) -> EventDetail:
        """The details of the event of a record, by the name it was put under."""
        origin = Reference(name.split("/")[0], self.ids[name])
        caches = (self.teams, PatientCache[Timeline]())
        return get_event(self.fhir, self._gp, self._scope, T, self.patient_id, origin, AS_OF, *caches)

    def own_record(self) -> str:
        me = Reference("Patient", self.patient_id)
        user = User(None, "Mary", roles=(Role.PATIENT,), subject="id|mary", fhir_user=me)
        summary = get_own_record(self.fhir, user, AccessScope(self.fhir.base_url, str(me)), T, AS_OF)
        return plain(own_banner_html(summary, AT)) + " " + plain(own_record_html(summary, AT))
