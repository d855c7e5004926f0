"""Pages without patients, left open while the role of whoever looks ends: they watch for it and show nothing."""

from pathlib import Path

import pytest

from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotPermitted
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.session import recheck, session
from tests.pages.conftest import shown
from tests.pages.whole import whole

# Of the office, and known to the server: their role is a PractitionerRole, and may end there.
OFFICE = Reference("Practitioner", "office")


@pytest.mark.parametrize(
    ("page", "role", "words"),
    [
        (navigation.ENROLMENT, Role.PILOT_MANAGER, "The server holds no ResearchStudy"),
        (navigation.RULE_USE, Role.ADMINISTRATOR, "Use of rules"),
        (navigation.AUDIT, Role.ADMINISTRATOR, "Audit"),
    ],
    ids=["enrolment", "rule-use", "audit"],
)
def test_a_page_of_the_office_closes_with_the_role(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page: Path, role: Role, words: str
) -> None:
    watched: list[bool] = []
    monkeypatch.setattr(recheck, "_watch_role", lambda: watched.append(True))
    _, open_as = whole(monkeypatch, tmp_path, [])
    app = open_as(User(OFFICE, "Office", roles=(role,), subject="id|office", session_id="o1"))
    app.switch_page(str(page))
    assert words in shown(app.run()) and watched == [True]

    def ended() -> User:
        raise NotPermitted("role-ended")

    monkeypatch.setattr(session, "user", ended)
    said = shown(app.run())
    assert "Your role has ended" in said and words not in said
    assert not app.get("download_button") and not app.dataframe
