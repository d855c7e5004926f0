"""An audit record that cannot be used is refused, and one of a user is cut to what a record holds."""

from datetime import UTC, datetime

import pytest

from dashboard.domain.access.user import User
from dashboard.domain.audit.record import (
    LONGEST_QUERY,
    LONGEST_WHY,
    AuditKind,
    AuditRecord,
    record_of,
    session_mark,
)

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_a_record_needs_a_zone_and_a_user_and_short_texts() -> None:
    with pytest.raises(ValueError, match="time zone"):
        AuditRecord(AuditKind.QUERY, "x", AT.replace(tzinfo=None), "Dr Okafor")
    with pytest.raises(ValueError, match="user"):
        AuditRecord(AuditKind.QUERY, "x", AT, "")
    for texts in ({"why": "w" * (LONGEST_WHY + 1)}, {"query": "q" * (LONGEST_QUERY + 1)}):
        with pytest.raises(ValueError, match="too long"):
            AuditRecord(AuditKind.QUERY, "x", AT, "Dr Okafor", **texts)
    longest = AuditRecord(AuditKind.QUERY, "x", AT, "Dr", why="w" * LONGEST_WHY, query="q" * LONGEST_QUERY)
    assert AuditRecord(AuditKind.QUERY, "x", AT, "", subject="issuer|7").subject and longest.id


def test_long_texts_of_a_user_are_cut() -> None:
    made = record_of(User(None, "", role_label="GP"), AuditKind.QUERY, "x", AT, why=" w" * 2000, query="q" * 3000)
    assert (len(made.why), len(made.query), made.name) == (LONGEST_WHY, LONGEST_QUERY, "GP")
    assert record_of(User(None, ""), AuditKind.QUERY, "x", AT).name == "-"


def test_a_session_is_marked_by_a_hash() -> None:
    assert session_mark("secret") == session_mark("secret") != session_mark("other") and len(session_mark("s")) == 16
    assert session_mark("") == "" and "secret" not in session_mark("secret")
