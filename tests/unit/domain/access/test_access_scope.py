"""Under what anything read is kept: another sign-in, role or organisation is another scope, and begins with nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, OwnRole, User
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotPermitted, ServerUnavailable
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_worklist import get_worklist
from dashboard.ui.session import session
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import naming

GP = replace(make.user("gp"), subject="id|gp", fhir_user=Reference("Practitioner", "gp"))
PRACTICE, HOSPITAL = Reference("Organization", "org-1"), Reference("Organization", "org-2")


def scope_of(monkeypatch: pytest.MonkeyPatch, who: User) -> AccessScope:
    monkeypatch.setattr(session, "user", lambda: who)
    monkeypatch.setattr(session, "fhir", lambda: FakeFhirServer())
    return session.scope()


def test_what_limits_the_view_is_in_the_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [
        GP,
        replace(GP, subject="id|other"),
        replace(GP, subject=""),
        replace(GP, roles=(Role.COORDINATOR,)),
        replace(GP, roles=(Role.CLINICIAN, Role.COORDINATOR)),
        replace(GP, organizations=(PRACTICE,)),
        replace(GP, organizations=(HOSPITAL,)),
        replace(GP, organizations=(PRACTICE, HOSPITAL)),
        replace(GP, organization="Castle Practice"),
        replace(GP, organization="Castle", subject="id|gp Practice"),
        replace(GP, practitioner=Reference("Practitioner", "nurse")),
        replace(GP, subject="", organizations=(PRACTICE,)),
    ]
    assert len({scope_of(monkeypatch, who) for who in others}) == len(others)


def test_the_order_of_roles_and_organisations_is_no_other_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, parts in (("roles", (Role.CLINICIAN, Role.COORDINATOR)), ("organizations", (PRACTICE, HOSPITAL))):
        one, other = (scope_of(monkeypatch, replace(GP, **{name: each})) for each in (parts, parts[::-1]))  # type: ignore[arg-type]
        assert one == other


def test_rows_cached_for_one_organisation_are_not_shown_under_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """A patient keeps the hospital out: whoever moves there finds nothing of the rows of before."""
    server, store, terminology = FakeFhirServer(make.cohort()), TeamCache(), load_terminology()
    server.put(make.consent("p1", naming("deny", str(HOSPITAL))))
    for who, seen in ((replace(GP, organizations=(PRACTICE,)), True), (replace(GP, organizations=(HOSPITAL,)), False)):
        scope = scope_of(monkeypatch, who)
        assert store.last_data(scope) is None
        rows = get_worklist(server, who, scope, terminology, make.AS_OF, team_cache=store).rows
        assert ("p1" in set(rows["patient_id"])) is seen


def test_a_change_of_organisation_within_a_sign_in_shows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The provider names the person; where the person works is asked of the server again at every read."""
    known = replace(GP, organizations=(PRACTICE,))
    monkeypatch.setattr(session, "_own_role", lambda who: OwnRole(known, seen=True))
    monkeypatch.setattr(session.st, "session_state", {})
    assert session._completed(GP).organizations == (PRACTICE,)
    known = replace(known, organizations=(HOSPITAL,))
    assert session._completed(GP).organizations == (HOSPITAL,)


@pytest.mark.parametrize("who", [session._completed, session._in_role])
def test_whose_role_has_ended_is_nobody_here(monkeypatch: pytest.MonkeyPatch, who: Callable[[User], User]) -> None:
    monkeypatch.setattr(session.st, "session_state", {})
    monkeypatch.setattr(session, "_own_role", lambda who: OwnRole(None, seen=True))
    with pytest.raises(NotPermitted, match=r"^role-ended$"):
        who(GP)
    monkeypatch.setattr(session, "_own_role", lambda who: OwnRole(None, seen=False))
    assert who(GP) == GP


@pytest.mark.parametrize("who", [session._completed, session._in_role])
def test_while_the_role_cannot_be_asked_the_user_stays(
    monkeypatch: pytest.MonkeyPatch, who: Callable[[User], User]
) -> None:
    def away(who: Reference) -> OwnRole:
        raise ServerUnavailable("server-timeout", reference="r")

    monkeypatch.setattr(session.st, "session_state", {})
    monkeypatch.setattr(session, "_own_role", away)
    assert who(GP) == GP
