"""Pages on a real FHIR server: the embedded one with a small cohort, reached through a server that may tamper.

The GP of the cohort sees p1 to p3. p4 is another team's: his family name is FOREIGN, and every other free text about
him is HIDDEN. No page of the GP's may say either, save the name where the GP has typed it.
"""

import itertools
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.testing.v1 import AppTest

from dashboard.cache.change_feed import CHANGE_FEED
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind, record_of
from dashboard.domain.guidelines.guidance import ReplyKind
from dashboard.domain.pilot.study import PILOT
from dashboard.domain.values.code_systems import TRIAL_NUMBER
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.mapping.audit_event import audit_event
from dashboard.fhir.mapping.extensions import ENROLMENT_CHANGE, STUDY_SITE, SUBJECT_SITE
from dashboard.fhir.mapping.writable import to_fhir
from dashboard.fhir.terminology_files import load_terminology
from dashboard.settings import load_settings
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.session import recommendations as recommendation_reads
from dashboard.ui.session import session
from tests.pages import recommendation_samples
from tests.patience import PATIENCE
from tests.servers.start import Server, start_embedded
from tests.unit import people_and_teams as make
from tests.unit.fhir.hostile_server import HostileServer, ReceivedRequest, Reply, hostile_server
from tests.unit.people_of_the_pilot import KEY

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
ADMINISTRATOR = "demo-administrator"
FOREIGN, HIDDEN = "Qvistforeign", "Zeldahidden"
DEFECT = "fault of the dashboard"

Json = dict[str, Any]
Tamper = Callable[[Json], "list[Any] | bytes"]
Known = dict[tuple[Any, ...], tuple[int, bytes]]
"""What a server has answered, by what it was asked."""


def cohort() -> list[Json]:
    """Every resource type that a page reads, for p1; and much about p4, all of it marked."""
    rows = [row for row in make.cohort() if not _is_foreign(row) and row["id"] != "cp1"]
    [team] = [row for row in rows if row["id"] == "ct-p2-team-1"]
    team["participant"].append({"member": {"reference": "RelatedPerson/rp2", "display": "Joan Lind"}})
    gp = User(
        Reference("Practitioner", "gp"), "Dr Jane Okafor", roles=(Role.CLINICIAN,), organization="Castle Practice"
    )
    seen = [
        record_of(gp, AuditKind.PATIENT_READ, "get_patient", make.AS_OF - timedelta(minutes=n), patients=[patient])
        for n, patient in enumerate((Reference("Patient", "p1"), Reference("Patient", "p2")), 1)
    ]
    return [
        *rows,
        make.organisation("team-1", "Team 1", "team", "org-1"),
        make.organisation("team-2", "Team 2", "team", "org-1"),
        *(role(who) for who in ("gp", "nurse")),
        *foreign(),
        make.task("t7", "p2", "Practitioner/gp", note=[{"text": "Rang back", "authorString": "Ms Lind"}]),
        allergy("al1", "p1"),
        statement("ms1", "p1", medicationReference={"reference": "Medication/med1"}),
        make.medicine("m3", "p1", medicationReference={"reference": "Medication/med1"}, medicationCodeableConcept=None),
        {"resourceType": "Medication", "id": "med1", "code": make.concept(make.ATC, "C09AA05", "ramipril")},
        {
            "resourceType": "DetectedIssue",
            "id": "issue1",
            "status": "final",
            "patient": {"reference": "Patient/p1"},
            "identifiedDateTime": "2026-11-01",
            "mitigation": [{"action": {"text": "Taken down by hand"}, "date": "2026-11-02"}],
        },
        carer("rp1", "p1"),
        carer("rp2", "p2"),
        make.consent("p1", make.naming("permit", "RelatedPerson/rp1"), ident="consent-p1-carer"),
        make.plan("cp1", "p1", ("g1",), activity=[{"reference": {"reference": "MedicationRequest/m3"}}]),
        *story("p1"),
        guidance("gr1", "p1"),
        *pilot(),
        *conference(),
        *(audit_event(record, "http://fhir.test/fhir", "ward-3") for record in seen),
    ]


def pilot() -> list[Json]:
    """The pilot: p1 is listed in it and takes part in another study, p3 was approached, and p4 is listed."""

    here = {"valueReference": {"reference": "Organization/org-1", "display": "Castle Practice"}}

    def site(ident: str, name: str) -> Json:
        place = {"url": "site", "valueReference": {"reference": f"Organization/{ident}", "display": name}}
        return {"url": STUDY_SITE, "extension": [place]}

    def subject(ident: str, patient: str, status: str, *changes: Json, study: str = "pilot") -> Json:
        return {
            "resourceType": "ResearchSubject",
            "id": ident,
            "status": status,
            "study": {"reference": f"ResearchStudy/{study}"},
            "individual": {"reference": f"Patient/{patient}"},
            "extension": [{"url": SUBJECT_SITE, **here}, *changes],
        }

    def change(action: str, state: str) -> Json:
        parts: dict[str, Json] = {
            "action": {"valueCode": action},
            "state": {"valueCode": state},
            "day": {"valueDate": "2026-11-02"},
            "recorded": {"valueDateTime": "2026-11-03T09:00:00Z"},
            "by": {"valueReference": {"reference": "Practitioner/gp", "display": "Dr Jane Okafor"}},
            "site": here,
            "why": {"valueString": "Rang about it"},
        }
        return {"url": ENROLMENT_CHANGE, "extension": [{"url": name, **value} for name, value in parts.items()]}

    listed, eligible, asked = (
        change(*each) for each in (("list", "listed"), ("find-eligible", "eligible"), ("approach", "approached"))
    )
    return [
        {
            "resourceType": "ResearchStudy",
            "id": "pilot",
            "status": "active",
            "title": "Pilot",
            "identifier": [{"system": TRIAL_NUMBER, "value": PILOT}],
            "extension": [site("org-1", "Castle Practice"), site("team-1", "Team 1")],
        },
        subject("subject1", "p1", "candidate", listed),
        subject("subject1b", "p1", "on-study", study="other"),
        subject("subject3", "p3", "eligible", listed, eligible, asked),
        subject("subject4", "p4", "candidate", listed),
    ]


def conference() -> list[Json]:
    """A conference of the GP\'s team about p1 and p4: its agenda, a note about p1, what was decided, minutes."""
    system, number = "https://c3-cloud.example/fhir/sid/conference", "meet1"
    one, gp = {"reference": "Patient/p1"}, {"reference": "Practitioner/gp", "display": "Dr Jane Okafor"}
    own = "https://c3-cloud.example/fhir/CodeSystem/"
    when = "2026-11-20T13:00:00+00:00"
    text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Weight diary</div>'}

    def section(kind: str, **more: Any) -> Json:
        return {
            "title": kind,
            "code": {"coding": [{"system": f"{own}section-kind", "code": kind}]},
            "text": text,
        } | more

    def document(ident: str, kind: str, value: str, sections: list[Json], **more: Any) -> Json:
        return {
            "resourceType": "Composition",
            "id": ident,
            "status": "preliminary",
            "type": make.concept(f"{own}document-type", kind),
            "identifier": {"system": system, "value": value},
            "date": when,
            "author": [gp],
            "title": "Case conference",
            "event": [{"detail": [{"reference": f"Appointment/{number}"}]}],
            "section": sections,
        } | more

    meeting = make.conference(number, ["p1", "p4"], "2026-11-25T13:00:00+00:00")
    return [
        meeting
        | {
            "description": "Case conference, Team 1",
            "end": "2026-11-25T14:00:00+00:00",
            "participant": [*meeting["participant"], {"actor": gp, "status": "needs-action"}],
            "supportingInformation": [{"reference": "Organization/team-1", "display": "Team 1"}],
        },
        {
            "resourceType": "List",
            "id": "agenda1",
            "status": "current",
            "mode": "working",
            "code": make.concept(f"{own}list-purpose", "conference-agenda"),
            "identifier": [{"system": system, "value": number}],
            "entry": [{"item": one}, {"item": {"reference": "Patient/p4"}}],
        },
        document("note1", "conference-note", f"{number}.p1", [section("preparation", author=[gp])], subject=one),
        document("minutes1", "conference-minutes", number, [section("present", entry=[gp])]),
        {
            "resourceType": "DocumentReference",
            "id": "sheet1",
            "status": "current",
            "docStatus": "preliminary",  # made, and its sheet is not in it yet
            "identifier": [{"system": system, "value": f"{number}.p1"}],
            "type": make.concept(f"{own}document-type", "conference-note"),
            "subject": one,
            "content": [{"attachment": {"contentType": "application/pdf", "title": "Minutes"}}],
            "context": {"related": [{"reference": f"Appointment/{number}"}]},
        },
        make.encounter("talk1", "p1", when)
        | {
            "identifier": [{"system": system, "value": f"{number}.p1"}],
            "appointment": [{"reference": f"Appointment/{number}"}],
            "class": {"code": "VR"},
            "type": [make.concept(make.SNOMED, "312384001", "Case conference")],
        },
        make.task("t8", "p1", "Practitioner/gp", encounter={"reference": "Encounter/talk1"}),
        make.encounter("talk0", "p1", when)
        | {
            "appointment": [{"reference": "Appointment/meet0"}],
            "class": {"code": "VR"},
            "type": [make.concept(make.SNOMED, "312384001", "Case conference")],
        },
        *running_conference(),
    ]


def running_conference() -> list[Json]:
    """One that runs now and discusses p1."""
    number, when = "meet2", "2026-11-20T13:30:00+00:00"
    meeting = make.conference(number, ["p1", "p4"], when)
    gp = {"reference": "Practitioner/gp", "display": "Dr Jane Okafor"}
    return [
        {
            "resourceType": "List",
            "id": "agenda2",
            "status": "current",
            "mode": "working",
            "code": make.concept("https://c3-cloud.example/fhir/CodeSystem/list-purpose", "conference-agenda"),
            "identifier": [{"system": "https://c3-cloud.example/fhir/sid/conference", "value": number}],
            "entry": [{"item": {"reference": f"Patient/{patient}"}} for patient in ("p1", "p4")],
        },
        meeting
        | {
            "status": "arrived",
            "description": "Case conference that runs",
            "end": "2026-11-20T14:30:00+00:00",
            "participant": [*meeting["participant"], {"actor": gp, "status": "accepted"}],
            "supportingInformation": [{"reference": "Organization/team-1", "display": "Team 1"}],
        },
        make.encounter("talk2", "p1", when)
        | {
            "status": "in-progress",
            "period": {"start": when},
            "identifier": [{"system": "https://c3-cloud.example/fhir/sid/conference", "value": f"{number}.p1"}],
            "appointment": [{"reference": f"Appointment/{number}"}],
            "class": {"code": "VR"},
            "type": [make.concept(make.SNOMED, "312384001", "Case conference")],
        },
    ]


def foreign() -> list[Json]:
    """All about p4."""
    more = [make.medicine("m9", "p4"), make.encounter("e9", "p4", "2026-10-28T09:00:00+00:00"), make.goal("g9", "p4")]
    of_p4 = [row for row in [*make.cohort(), *more, *story("p4", "9")] if _is_foreign(row)]
    # As many as the pilot's page needs to show a pseudonym; nobody's here.
    others = [
        row for n in range(10, 18) for row in (make.patient(f"p{n}", "X"), make.care_team(f"p{n}", ["x"], "team-3"))
    ]
    return [_marked(row) for row in [*of_p4, *others]]


def _is_foreign(row: Json) -> bool:
    # The conference is about p1 too.
    return (row["id"] == "p4" or '"Patient/p4"' in json.dumps(row)) and row["resourceType"] != "Appointment"


def story(patient_id: str, number: str = "1") -> list[Json]:
    """What only a timeline reads, a record a type."""
    about = {"subject": {"reference": f"Patient/{patient_id}"}, "status": "completed"}
    when = "2026-09-01T09:00:00+00:00"
    told = {"code": {"text": "Something that was done"}}
    made: dict[str, Json] = {
        "Procedure": {**told, "performedDateTime": when},
        "Immunization": {"vaccineCode": {"text": "Influenza"}, "occurrenceDateTime": when},
        "QuestionnaireResponse": {"authored": when, "item": [{"linkId": "1", "text": "How are you?"}]},
        "DiagnosticReport": {**told, "status": "final", "effectiveDateTime": when},
        "ImagingStudy": {"status": "available", "started": when, "description": "Chest"},
        "DocumentReference": {
            "status": "current",
            "type": {"text": "Letter"},
            "date": when,
            "description": "A letter",
            "content": [{"attachment": {"title": "Letter"}}],
        },
        "ServiceRequest": {**told, "status": "active", "intent": "order", "authoredOn": when},
        "CommunicationRequest": {"status": "active", "payload": [{"contentString": "Come in"}], "authoredOn": when},
    }
    rows = [{"resourceType": kind, "id": f"{kind.lower()}-{number}", **about, **row} for kind, row in made.items()]
    for row in rows:
        if row["resourceType"] == "Immunization":
            row["patient"] = row.pop("subject")
    return rows


def role(who: str) -> Json:
    return {
        "resourceType": "PractitionerRole",
        "id": f"role-{who}",
        "practitioner": {"reference": f"Practitioner/{who}"},
        "organization": {"reference": "Organization/org-1", "display": "Castle Practice"},
        "code": [{"text": "general practitioner"}],
    }


def allergy(ident: str, patient_id: str) -> Json:
    return {
        "resourceType": "AllergyIntolerance",
        "id": ident,
        "clinicalStatus": make.concept("http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active"),
        "code": {"text": "Penicillin"},
        "patient": {"reference": f"Patient/{patient_id}"},
        "reaction": [{"manifestation": [{"text": "rash"}]}],
    }


def statement(ident: str, patient_id: str, **more: Any) -> Json:
    made = {"resourceType": "MedicationStatement", "id": ident, "status": "active", "effectiveDateTime": "2026-01-01"}
    return made | {"subject": {"reference": f"Patient/{patient_id}"}} | more


def guidance(ident: str, patient_id: str) -> Json:
    """A recommendation that was declined."""
    made = recommendation_samples.answered(
        ReplyKind.NOT_FOR_THIS_PERSON, patient_id=patient_id, reason="person-declines", words="Has decided so"
    )
    return {**to_fhir(replace(made, source={})), "id": ident}


def carer(ident: str, patient_id: str) -> Json:
    relationship = [{"text": "daughter"}]
    about = {"patient": {"reference": f"Patient/{patient_id}"}, "relationship": relationship}
    telecom = [{"system": "phone", "value": "01926 496 000"}]
    return {"resourceType": "RelatedPerson", "id": ident, "name": [{"text": "Joan Aldous"}], "telecom": telecom} | about


FREE = frozenset({"text", "display", "family", "given", "prefix", "description", "title", "name", "unit", "comment"})


def _marked(row: Json) -> Json:
    """The row with every free text replaced by a mark: where it shows up, a foreign record did."""
    marks = {"family": FOREIGN, **dict.fromkeys(FREE - {"family"}, HIDDEN)}
    marked = rewrite(row, lambda name, value: marks.get(name, value))
    if row["resourceType"] in ("Condition", "MedicationRequest"):
        marked[{"Condition": "code", "MedicationRequest": "medicationCodeableConcept"}[row["resourceType"]]] = {
            "text": HIDDEN
        }
    return marked


def rewrite(value: Any, how: Callable[[str, str], Any], name: str = "") -> Any:
    """The JSON with every string replaced by what `how` makes of it and of the name of the element that holds it."""
    if isinstance(value, dict):
        return {key: rewrite(each, how, key) for key, each in value.items()}
    if isinstance(value, list):
        return [rewrite(each, how, name) for each in value]
    return how(name, value) if isinstance(value, str) else value


@contextmanager
def loaded_server(folder: Path) -> Iterator[Server]:
    """The embedded server with the cohort."""
    with start_embedded(folder / "fhir.sqlite") as server:
        fhir = HttpFhirServer(server.base_url)
        for row in cohort():
            fhir.put_new({key: value for key, value in row.items() if value is not None})
        fhir.close()
        yield server


@dataclass
class Between:
    """The server in between: `tamper` says what is made of a row of the type `kind`, "" for every type.

    With `known`, a search is sent on only once for all servers that share it: where nothing is written, the one behind
    would say the same again.
    """

    hostile: HostileServer
    behind: str
    kind: str = ""
    tamper: Tamper | None = None
    root: str = ""
    known: Known | None = None
    answered: set[str] = field(default_factory=set)

    def answer(self, received: ReceivedRequest) -> Reply:
        received.path = received.path.removeprefix(self.root)
        status, body = self._known(received) if self.known is not None else self._forward(received)
        if status != 200 or not body.startswith(b"{"):
            return Reply(status, body)
        found = json.loads(body)
        if found["resourceType"] != "Bundle":
            return Reply(status, body)
        entries = []
        for entry in found.get("entry", []):
            row = entry.get("resource", {})
            self.answered.add(row.get("resourceType", ""))
            if self.tamper is None or self.kind not in ("", row.get("resourceType")):
                entries.append(entry)
                continue
            made = self.tamper(row)
            if isinstance(made, bytes):
                return Reply(status, made)
            entries += [{"resource": each, "search": entry.get("search", {})} for each in made]
        found["entry"] = entries
        found.pop("total", None)
        return Reply(status, json.dumps(found).encode())

    def _known(self, received: ReceivedRequest) -> tuple[int, bytes]:
        if received.method != "GET" and not received.path.endswith("/_search"):
            return self._forward(received)
        asked = (self.behind, received.path, tuple(received.params))
        if asked not in self.known:
            self.known[asked] = self._forward(received)
        return self.known[asked]

    def _forward(self, received: ReceivedRequest) -> tuple[int, bytes]:
        posted = received.body if received.method not in ("GET", "HEAD") else None
        query = "" if posted is not None and b"=" in posted[:200] else urlencode(received.params)
        url = self.behind + received.path + (f"?{query}" if query else "")
        headers = {name: value for name, value in received.headers.items() if name.lower() in KEPT_HEADERS}
        request = urllib.request.Request(url, posted, headers, method=received.method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


_numbers = itertools.count(1)
KEPT_HEADERS = ("content-type", "accept", "if-match", "prefer", "cache-control", "if-none-exist")


@contextmanager
def between(
    behind: Server, kind: str = "", tamper: Tamper | None = None, known: Known | None = None
) -> Iterator[Between]:
    """A server of an address that no other had: nothing that was kept of another is shown for it."""
    with hostile_server() as hostile:
        # Ports come again, what is kept is kept by the address.
        made = Between(hostile, behind.base_url, kind, tamper, f"/fhir/{next(_numbers)}", known)
        hostile.base_url = hostile.base_url.replace("/fhir", made.root)
        hostile.answer = made.answer
        yield made


# The patient and the carer whom the demo offers are those of this cohort.
AT_HOME = {"demo-patient": Reference("Patient", "p1"), "demo-carer": Reference("RelatedPerson", "rp1")}
Gone = list[tuple[str, dict[str, str]]]


@contextmanager
def pages_on(base_url: str, folder: Path) -> Iterator[Gone]:
    """While the block runs, the app reads this server; in the demo, so that the tests may be anybody.

    Gives the pages that presses lead to, with their addresses: in AppTest a callback finds no page to switch to.
    """
    gone: Gone = []
    read = load_settings({"DASHBOARD_PSEUDONYM_KEY": KEY}, folder / "none")
    settings = replace(read, as_of=make.AS_OF, data_dir=folder, demo_user="gp")
    fhir = HttpFhirServer(base_url)
    made = session.Process(settings, fhir, load_terminology())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "process", lambda: made)
        # What is written behind a page, in a thread, is none of what the page shows.
        patch.setattr(recommendation_reads, "start_thread", lambda work: None)
        for ident, who in AT_HOME.items():
            patch.setitem(session._AT_HOME, ident, replace(session._AT_HOME[ident], fhir_user=who))
        patch.setattr(
            navigation.st, "switch_page", lambda page, query_params=(): gone.append((page.stem, dict(query_params)))
        )
        yield gone
    # Nobody shows its patients any more: else it would be asked again and again, when it is long gone.
    with CHANGE_FEED._lock:
        CHANGE_FEED._followed.clear()
    fhir.close()


def app(page: str = "", who: str = "gp", **params: str) -> AppTest:
    """The app of this user at this page, not yet run."""
    at = AppTest.from_file(str(APP), default_timeout=PATIENCE)
    at.session_state["user_id"] = who
    return go(at.run(), page, params) if page else go(at, "", params)


def go(at: AppTest, page: str, params: Mapping[str, str]) -> AppTest:
    """On to this page and address, not yet run."""
    if page:
        at.switch_page(str(APP.parents[1] / "pages" / f"{page}.py"))
    at.query_params.clear()
    at.query_params.update(params)
    return at


def rerun(at: AppTest) -> AppTest:
    """As `at.run()`, with whatever its fields hold."""
    return at._run(_states(at))


def send(at: AppTest, key: str, value: Any, press: str = "") -> AppTest:
    """Run with this field holding what a browser says it holds, whether the field would allow it or not."""
    states = _states(at)
    wanted = [each for each in at if getattr(each, "key", None) == key or getattr(each, "label", None) == key]
    assert wanted, f"no field {key} on the page"
    _put(states, wanted[0].id, value)
    if press:
        button = next(each for each in at.button if press in (each.key, each.label))
        _put(states, button.id, True)
    return at._run(states)


def send_press(at: AppTest, key: str, act: Any) -> AppTest:
    """Run after a press in this panel, which may say anything that is JSON."""
    states = _states(at)
    panel = next(each for each in at if getattr(each, "key", None) == key)
    happened = json.dumps([{"event": "act", "value": act}])
    states.widgets.add().CopyFrom(WidgetState(id=_events_of(panel.proto.id), json_trigger_value=happened))
    return at._run(states)


def _states(at: AppTest) -> WidgetStates:
    """What the browser holds. AppTest's own fails at a select box with a value that it does not offer."""
    states = WidgetStates()
    for each in at:
        with suppress(ValueError, AttributeError):
            state = each._widget_state
            states.widgets.add().CopyFrom(state)
    return states


def _events_of(component_id: str) -> str:
    """Where a component of version 2 puts what happened in it."""
    return f"$$STREAMLIT_INTERNAL_KEY_{component_id}__events"


def _put(states: Any, ident: str, value: Any) -> None:
    state = next((each for each in states.widgets if each.id == ident), None)
    if state is None:
        state = states.widgets.add()
    state.CopyFrom(WidgetState(id=ident))
    if isinstance(value, bool):
        state.trigger_value = value
    elif isinstance(value, str):
        state.string_value = value
    elif isinstance(value, list):
        state.string_array_value.data.extend(value)


def everything(at: AppTest) -> bytes:
    """All that the browser was sent, whatever the element: labels, options, HTML, hints."""
    return b"\n".join(each.proto.SerializeToString() for each in at if getattr(each, "proto", None) is not None)


def page_names() -> set[str]:
    return {page.stem for page in (APP.parents[1] / "pages").glob("*.py")}
