"""What the fields of the forms of a plan offer: people, problems, goals, and codes in words."""

from collections.abc import Mapping

from dashboard.domain.values.datatypes import Reference
from dashboard.ui.care_plan.page import PlanPage
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import t


def worded(words: Mapping[str, str]) -> dict[str, str]:
    """Codes with their words; "not recorded" for none."""
    return {code: t(label) if label else t("not recorded") for code, label in words.items()}


def people(page: PlanPage, *, wishing: bool = False) -> dict[Reference, str]:
    """The patient, the carers and the members of the team; for whose goal it is the patient comes first."""
    found = {page.patient: t("{name} (the patient)", name=page.names.of(page.patient))}
    found |= {
        each.origin: f"{page.names.of(each.origin)} ({clean(each.relationship, 40)})"
        for each in page.summary.carers.value or ()
    }
    team = {}
    today = page.at.today
    members = page.shared.team.members if page.shared.team is not None else page.summary.team.value or ()
    for member in members:
        if member.member is not None and (member.until is None or member.until.end >= today):
            role = clean(member.role_text or (member.role.display if member.role else ""), 60)
            team[member.member] = ", ".join(filter(None, (page.names.of(member.member), role)))
    return {**found, **team} if wishing else {**team, **found}


def problems(page: PlanPage) -> dict[Reference, str]:
    """The person's current problems."""
    return {each.origin: each.text for each in page.summary.problems.value or () if each.active}


def goals(page: PlanPage, but: Reference | None = None) -> dict[Reference, str]:
    """The goals that have not ended, without one."""
    order = page.order
    every = (line.goal for line in (*order.own, *order.team))
    return {goal.origin: goal.text for goal in every if goal.origin != but}
