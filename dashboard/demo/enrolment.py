"""How a demo patient stands in the pilot: a ResearchSubject with its history, and the Consent where there is one.

Every change is made by the rules of the register and on a day before the day of view; whether somebody is eligible is
what the rule of the eligibility says of the record on that day. All of it is synthetic.
"""

from datetime import date, datetime
from typing import Any, Final

from dashboard.demo.chance import Chance, pick, weigh
from dashboard.demo.fhir import Json, labelled, moment
from dashboard.demo.files import words
from dashboard.demo.judging import Judge
from dashboard.demo.places import Site
from dashboard.demo.records import Writer
from dashboard.demo.screening import asked_on
from dashboard.domain.pilot.eligibility import Criterion, Outcome
from dashboard.domain.pilot.enrolment import STATES, Arm, EnrolmentAction, EnrolmentState, ends_consent
from dashboard.domain.pilot.enrolment_reasons import DIED, REFUSALS
from dashboard.domain.pilot.study_consent import StudyConsent, ended, new_study_consent
from dashboard.domain.pilot.subject import Details, changed, new_subject, taken_back
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.fhir.mapping.writable import to_fhir

_Action, _State = EnrolmentAction, EnrolmentState
_LISTED: Final = 0.86  # Of all patients: the others are on no screening list yet.
_COMPARED: Final = 0.15
_TEST_DAYS: Final = 60  # Who is enrolled earlier is in layer 3, the small test group.
_TREATED: Final = 150  # Days of care with the dashboard ...
_FOLLOWED: Final = 45  # ... and of being measured after it.
# Of 100 people who are eligible: what is out of the ordinary on their way.
_FATES: Final = {
    "": 55,
    "declines": 14,
    "agrees-later": 4,
    "other-study": 2,
    "withdraws-early": 3,
    "withdraws": 7,
    "moves-away": 3,
    "moves-site": 5,
    "slip": 3,
    "judged-twice": 2,
    "signs-again": 2,
}
_WHY_NOT: Final = {
    Criterion.AGE: "under-55",
    Criterion.TWO_CONDITIONS: "fewer-than-two-conditions",
    Criterion.AT_HOME: "not-at-home",
    Criterion.ICT: "ict-self-check",
}
_BY: Final = {_Action.APPROACH: "gp", _Action.CONSENT: "nurse", _Action.DECLINE: "nurse", _Action.LEAVE: "gp"}


def enrolment(w: Writer, made: list[Json], source: Chance) -> list[Json]:
    """The Consents and the ResearchSubject of one patient; of whoever is on no list nothing."""
    joins, when = source.random(), source.random()
    plan: dict[str, Any] = w.who.script.get("pilot", {})
    began = max(w.who.as_of - words("enrolment")["study"]["began"], asked_on(w))
    listed = began + int(when**1.2 * (w.who.as_of - began))
    listed = w.who.as_of - plan["listed_days_ago"] if plan else listed
    if (joins > _LISTED and not plan) or w.who.oddity == "withdrawn" or listed >= _until(w):
        return []
    way = _Way(w, listed, plan, source)
    way.go(Judge(w, made))
    way.arrive()
    if w.who.oddity == "deceased" and _Action.LEAVE in STATES[way.subject.state]:
        way.day, way.until = way.until + 1, w.who.as_of
        way.do(_Action.LEAVE, 0, reason=DIED)
    return way.resources()


def _until(w: Writer) -> int:
    """The day number from which on nothing happens any more."""
    return w.who.as_of - (21 if w.who.oddity == "deceased" else 0)


class _Way:
    """One person's way: each change follows the one before it by some days, until one would lie in the future."""

    def __init__(self, w: Writer, listed: int, plan: dict[str, Any], source: Chance) -> None:
        self.w, self.day, self.until, self.plan = w, listed, _until(w), plan
        self.began = w.who.as_of - words("enrolment")["study"]["began"]
        drawn = weigh(source, _FATES)
        self.fate = plan.get("fate", "") if plan else drawn
        self.reason = plan.get("reason") or pick(source, REFUSALS)
        self.pace = [source.random() for _ in range(8)]
        self.arm = Arm(plan.get("arm") or (Arm.COMPARISON if source.random() < _COMPARED else Arm.INTERVENTION))
        self.late = int(20 + 110 * source.random())
        self.consents: list[StudyConsent] = []
        site = _elsewhere(w) if self.fate == "moves-site" else w.who.place.site
        self.subject = new_subject(
            Reference("ResearchSubject", w.id("subject", 0)),
            Reference("Patient", w.who.id),
            Reference("ResearchStudy", words("enrolment")["study"]["id"]),
            _named(site),
            by=self._by(_Action.LIST),
            why=words("enrolment")["why"][_Action.LIST],
            day=date.fromordinal(listed),
            at=self._at(0),
            team=self._team,
        )

    def go(self, judge: Judge) -> None:
        """The way from the screening list as far as it has come."""
        if not (self._judged(judge) and self._asked(judge, 3 + 18 * self.pace[1]) and self._consented(judge)):
            return
        if self.fate == "withdraws-early" and self.do(_Action.WITHDRAW, 3, reason=self.reason):
            return
        self.day += int(2 + 8 * self.pace[4])
        if judge.on(self.day).outcome is Outcome.NOT_ELIGIBLE:
            self.do(_Action.FIND_INELIGIBLE, 0, reason="no-longer-eligible")
            return
        layer = self.plan.get("layer") or (3 if self.day < self.began + _TEST_DAYS else 4)
        if self.do(_Action.ENROL, 0, arm=self.arm, layer=layer) and self.do(_Action.START, 3 + 11 * self.pace[5]):
            self._takes_part()

    def _judged(self, judge: Judge) -> bool:
        self.day += int(9 * self.pace[0])
        found = judge.on(self.day)
        if found.outcome is Outcome.NOT_KNOWN:
            self.do(_Action.SCREEN, 0)
            return False
        if found.outcome is Outcome.NOT_ELIGIBLE:
            self.do(_Action.FIND_INELIGIBLE, 0, reason=_WHY_NOT[found.failed[-1]])
            return False
        if self.fate == "judged-twice":  # on one day: the second judgement counts
            self.do(_Action.FIND_INELIGIBLE, 0, reason="other-exclusion")
        if not self.do(_Action.FIND_ELIGIBLE, 0):
            return False
        return not (self.fate == "other-study" and self.do(_Action.FIND_INELIGIBLE, 4, reason="other-study"))

    def _asked(self, judge: Judge, days: float) -> bool:
        """Whether somebody was approached who still was eligible."""
        self.day += int(days)
        if self.w.who.situation == "unseen" and self.day > self.w.who.last_visit:
            return False  # nobody has met them
        if judge.on(self.day).outcome is Outcome.NOT_ELIGIBLE:
            if self.subject.state is _State.ELIGIBLE:
                self.do(_Action.FIND_INELIGIBLE, 0, reason="no-longer-eligible")
            return False
        return self.do(_Action.APPROACH, 0)

    def _consented(self, judge: Judge) -> bool:
        if self.fate == "slip" and self.do(_Action.DECLINE, 2, reason="other-refusal"):
            why, at = words("enrolment")["why"][_Action.TAKE_BACK], self._at(len(self.subject.changes))
            self.subject = taken_back(self.subject, by=self._by(_Action.TAKE_BACK), why=why, at=at)
        if self.fate in ("declines", "agrees-later"):
            declined = self.do(_Action.DECLINE, 2 + 10 * self.pace[2], reason=self.reason)
            if not declined or self.fate == "declines" or not self._asked(judge, 30):
                return False
        if not self._signs(2 + 14 * self.pace[3]):
            return False
        if self.fate == "signs-again" and self.do(_Action.FIND_INELIGIBLE, 2, reason="other-exclusion"):
            return self._found_eligible(judge, 2) and self._asked(judge, 3) and self._signs(4)
        return True

    def _found_eligible(self, judge: Judge, days: float) -> bool:
        self.day += int(days)
        return judge.on(self.day).outcome is Outcome.ELIGIBLE and self.do(_Action.FIND_ELIGIBLE, 0)

    def _signs(self, days: float) -> bool:
        """Whether the form was signed: the one that was in use on the day."""
        signed = self.day + int(days)
        name, version, _ = [form for form in words("enrolment")["forms"] if self.began + form[2] <= signed][-1]
        ident = Reference("Consent", self.w.id("study-consent", len(self.consents)))
        when = PartialDate(date.fromordinal(signed).isoformat())
        given = new_study_consent(ident, self.subject.patient, when, name, version, self.subject.site)
        if not self.do(_Action.CONSENT, days, consent=ident):
            return False
        self.consents.append(given)
        return True

    def _takes_part(self) -> None:
        self.arrive()
        if self.fate == "withdraws" and self.do(_Action.WITHDRAW, self.late, reason=self.reason):
            return
        if self.fate == "moves-away":
            self.do(_Action.LEAVE, self.late, reason="moved-away")
        elif self.w.who.situation == "unseen":
            self.do(_Action.LEAVE, self.late, reason="lost-contact")
        elif self.arm is Arm.COMPARISON:
            self.do(_Action.COMPLETE, _TREATED + _FOLLOWED)
        elif self.do(_Action.FOLLOW_UP, _TREATED + 10 * self.pace[6]):
            self.do(_Action.COMPLETE, _FOLLOWED + 10 * self.pace[7])

    def arrive(self) -> None:
        """At the site where the record says that they are: who came from another one has moved."""
        here, last = _named(self.w.who.place.site), self.subject.changes[-1].day.start.toordinal()
        if self.subject.site != here:
            self.day = last
            self.do(_Action.MOVE, min(1, self.until - 1 - last), site=here)

    def do(self, action: EnrolmentAction, days: float, **details: Any) -> bool:
        """Whether it has happened, so many days after the change before it: not what lies in the future, or after the
        state in which a story stops.
        """
        then = self.day + int(days)
        if then >= self.until or self.subject.state == self.plan.get("until"):
            return False
        self.day = then
        if ends_consent(self.subject.state, action):
            self.consents[-1] = ended(self.consents[-1])
        why, at = words("enrolment")["why"][action], self._at(len(self.subject.changes))
        what = Details(date.fromordinal(then), team=self._team, **details)
        self.subject = changed(self.subject, action, what, by=self._by(action), why=why, at=at)
        return True

    @property
    def _team(self) -> NamedReference:
        return NamedReference(Reference("Organization", self.w.who.place.team.id), self.w.who.place.team.name)

    def _at(self, minutes: int) -> datetime:
        return datetime.fromisoformat(moment(self.day, self.w.offset, 630 + minutes))

    def _by(self, action: EnrolmentAction) -> NamedReference:
        who = self.w.person(_BY.get(action, "coordinator"))
        return NamedReference(Reference("Practitioner", who.id), who.name)

    def resources(self) -> list[Json]:
        """The Consents and then the subject, which names the last of them."""
        consents = [labelled(to_fhir(each), each.origin.id) for each in self.consents]
        return [*consents, labelled(to_fhir(self.subject), self.subject.origin.id)]


def _named(site: Site) -> NamedReference:
    return NamedReference(Reference("Organization", site.id), site.name)


def _elsewhere(w: Writer) -> Site:
    """Where somebody was before coming to the present site: the next one of the region."""
    sites, own = w.who.place.team.region.sites, w.who.place.site
    return sites[(next(n for n, site in enumerate(sites) if site.id == own.id) + 1) % len(sites)]
