"""Who may what: every role, action and relation, one cell each, to be read by a reviewer and compared with the code."""

import re
from typing import Final

import pytest

from dashboard.domain.access.permissions import Action, Relation, Role, is_permitted, require
from dashboard.errors import NotPermitted
from dashboard.ui.shared.error_words import error_words

TRUTH: Final = """
action           relation     clinician coordinator pilot-manager patient carer administrator

view-worklist    team         yes       yes         -             -       -     -
view-worklist    other-team   -         -           -             -       -     -
view-worklist    broken-glass -         -           -             -       -     -
view-worklist    self         -         -           -             -       -     -
view-worklist    carer        -         -           -             -       -     -
view-worklist    none         yes       yes         -             -       -     -

view-patient     team         yes       yes         -             -       -     -
view-patient     other-team   -         -           -             -       -     -
view-patient     broken-glass yes       -           -             -       -     -
view-patient     self         -         -           -             -       -     -
view-patient     carer        -         -           -             -       -     -
view-patient     none         -         -           -             -       -     -

find-patient     team         yes       yes         -             -       -     -
find-patient     other-team   -         -           -             -       -     -
find-patient     broken-glass yes       -           -             -       -     -
find-patient     self         -         -           -             -       -     -
find-patient     carer        -         -           -             -       -     -
find-patient     none         yes       yes         -             -       -     -

view-tasks       team         yes       yes         -             -       -     -
view-tasks       other-team   -         -           -             -       -     -
view-tasks       broken-glass -         -           -             -       -     -
view-tasks       self         -         -           -             -       -     -
view-tasks       carer        -         -           -             -       -     -
view-tasks       none         yes       yes         -             -       -     -

add-task         team         yes       yes         -             -       -     -
add-task         other-team   -         -           -             -       -     -
add-task         broken-glass -         -           -             -       -     -
add-task         self         -         -           -             -       -     -
add-task         carer        -         -           -             -       -     -
add-task         none         -         -           -             -       -     -

change-task      team         yes       yes         -             -       -     -
change-task      other-team   -         -           -             -       -     -
change-task      broken-glass -         -           -             -       -     -
change-task      self         -         -           -             -       -     -
change-task      carer        -         -           -             -       -     -
change-task      none         yes       yes         -             -       -     -

change-plan      team         yes       yes         -             -       -     -
change-plan      other-team   -         -           -             -       -     -
change-plan      broken-glass -         -           -             -       -     -
change-plan      self         -         -           -             -       -     -
change-plan      carer        -         -           -             -       -     -
change-plan      none         -         -           -             -       -     -

view-conference  team         yes       yes         -             -       -     -
view-conference  other-team   -         -           -             -       -     -
view-conference  broken-glass -         -           -             -       -     -
view-conference  self         -         -           -             -       -     -
view-conference  carer        -         -           -             -       -     -
view-conference  none         yes       yes         -             -       -     -

plan-conference  team         -         yes         -             -       -     -
plan-conference  other-team   -         -           -             -       -     -
plan-conference  broken-glass -         -           -             -       -     -
plan-conference  self         -         -           -             -       -     -
plan-conference  carer        -         -           -             -       -     -
plan-conference  none         -         yes         -             -       -     -

change-enrolment team         yes       yes         -             -       -     -
change-enrolment other-team   -         -           -             -       -     -
change-enrolment broken-glass -         -           -             -       -     -
change-enrolment self         -         -           -             -       -     -
change-enrolment carer        -         -           -             -       -     -
change-enrolment none         -         -           -             -       -     -

hold-conference  team         yes       yes         -             -       -     -
hold-conference  other-team   -         -           -             -       -     -
hold-conference  broken-glass -         -           -             -       -     -
hold-conference  self         -         -           -             -       -     -
hold-conference  carer        -         -           -             -       -     -
hold-conference  none         yes       yes         -             -       -     -

export           team         yes       yes         -             -       -     -
export           other-team   -         -           -             -       -     -
export           broken-glass -         -           -             -       -     -
export           self         -         -           -             yes     -     -
export           carer        -         -           -             -       -     -
export           none         yes       yes         yes           -       -     yes

view-counts      team         -         -           -             -       -     -
view-counts      other-team   -         -           -             -       -     -
view-counts      broken-glass -         -           -             -       -     -
view-counts      self         -         -           -             -       -     -
view-counts      carer        -         -           -             -       -     -
view-counts      none         -         -           yes           -       -     -

break-glass      team         -         -           -             -       -     -
break-glass      other-team   yes       -           -             -       -     -
break-glass      broken-glass yes       -           -             -       -     -
break-glass      self         -         -           -             -       -     -
break-glass      carer        -         -           -             -       -     -
break-glass      none         -         -           -             -       -     -

view-audit       team         -         -           -             -       -     -
view-audit       other-team   -         -           -             -       -     -
view-audit       broken-glass -         -           -             -       -     -
view-audit       self         -         -           -             -       -     -
view-audit       carer        -         -           -             -       -     -
view-audit       none         -         -           -             -       -     yes

view-connections team         -         -           -             -       -     -
view-connections other-team   -         -           -             -       -     -
view-connections broken-glass -         -           -             -       -     -
view-connections self         -         -           -             -       -     -
view-connections carer        -         -           -             -       -     -
view-connections none         -         -           -             -       -     yes

view-rule-use    team         -         -           -             -       -     -
view-rule-use    other-team   -         -           -             -       -     -
view-rule-use    broken-glass -         -           -             -       -     -
view-rule-use    self         -         -           -             -       -     -
view-rule-use    carer        -         -           -             -       -     -
view-rule-use    none         -         -           -             -       -     yes

view-own-record  team         -         -           -             -       -     -
view-own-record  other-team   -         -           -             -       -     -
view-own-record  broken-glass -         -           -             -       -     -
view-own-record  self         -         -           -             yes     -     -
view-own-record  carer        -         -           -             -       yes   -
view-own-record  none         -         -           -             -       -     -

view-who-looked  team         -         -           -             -       -     -
view-who-looked  other-team   -         -           -             -       -     -
view-who-looked  broken-glass -         -           -             -       -     -
view-who-looked  self         -         -           -             yes     -     -
view-who-looked  carer        -         -           -             -       -     -
view-who-looked  none         -         -           -             -       -     -

tick-own-task    team         -         -           -             -       -     -
tick-own-task    other-team   -         -           -             -       -     -
tick-own-task    broken-glass -         -           -             -       -     -
tick-own-task    self         -         -           -             yes     -     -
tick-own-task    carer        -         -           -             -       yes   -
tick-own-task    none         -         -           -             -       -     -
"""


def _cells() -> dict[tuple[Role, Action, Relation], bool]:
    lines = [line.split() for line in TRUTH.splitlines() if line.strip()]
    roles = [Role(name) for name in lines[0][2:]]
    found: dict[tuple[Role, Action, Relation], bool] = {}
    for action, relation, *cells in lines[1:]:
        for role, cell in zip(roles, cells, strict=True):
            key = (role, Action(action), Relation(relation))
            assert key not in found, f"{key} is listed twice"
            found[key] = {"yes": True, "-": False}[cell]
    return found


CELLS: Final = _cells()


def test_the_table_has_no_gap() -> None:
    assert set(CELLS) == {(role, action, relation) for role in Role for action in Action for relation in Relation}


@pytest.mark.parametrize("action", Action)
def test_the_code_says_what_the_table_says(action: Action) -> None:
    said = {key: cell for key, cell in CELLS.items() if key[1] is action}
    assert said == {key: is_permitted(*key) for key in said}


@pytest.mark.parametrize("action", Action)
def test_a_refusal_says_who_may(action: Action) -> None:
    with pytest.raises(NotPermitted) as refused:
        require((), action, Relation.TEAM)
    assert re.fullmatch(r"(Only|Your role) .*\.", error_words(refused.value))


def test_several_roles_may_what_any_of_them_may() -> None:
    require((Role.PILOT_MANAGER, Role.CLINICIAN), Action.VIEW_COUNTS)
    require((Role.PILOT_MANAGER, Role.CLINICIAN), Action.VIEW_PATIENT, Relation.TEAM)


def test_nobody_opens_the_record_of_a_foreign_patient() -> None:
    roles = tuple(Role)
    opened = {action for action in Action if is_permitted(roles, action, Relation.OTHER_TEAM)}
    assert opened == {Action.EMERGENCY_ACCESS}


def test_managers_and_administrators_touch_no_patient_at_all() -> None:
    for role in (Role.PILOT_MANAGER, Role.ADMINISTRATOR):
        touched = {rel for action in Action for rel in Relation if is_permitted(role, action, rel)}
        assert touched == {Relation.NONE}
