"""The note of a patient and the minutes of a meeting: only added to, signed once, corrected afterwards."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.discussion import finished, going_on, new_discussion
from dashboard.domain.conference.minutes import (
    LONGEST_REMARK,
    MOST_PRESENT,
    STATES,
    How,
    Minutes,
    MinutesAction,
    Present,
    Signature,
    after,
    new_minutes,
    sent_back,
    signed,
    with_note,
    with_present,
    without_present,
)
from dashboard.domain.conference.note import (
    LONGEST_ENTRY,
    MOST_ENTRIES,
    ConferenceNote,
    EntryKind,
    NoteEntry,
    new_entry,
    new_note,
    of_discussion,
    with_entry,
)
from dashboard.domain.conference.note import signed as signed_note
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.errors import UserFacingError

AT = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
GP = NamedReference(Reference("Practitioner", "gp"), "Dr Jane Okafor")
NURSE = NamedReference(Reference("Practitioner", "nurse"), "Tom Hadley")
GUEST = NamedReference(None, "A guest")
PATIENT = Reference("Patient", "p1")
CONFERENCE = Conference(
    Reference("Appointment", "c1"), "1", "arrived", "Case conference", None, None, number="n1", patients=(PATIENT,)
)


def note() -> ConferenceNote:
    return new_note(Reference("Composition", "k1"), PATIENT, CONFERENCE, GP, AT)


def minutes() -> Minutes:
    return new_minutes(Reference("Composition", "m1"), CONFERENCE, GP, AT)


def entry(kind: EntryKind = EntryKind.DISCUSSION, text: str = "Weight is up") -> NoteEntry:
    return new_entry(kind, GP, text, AT)


def test_an_entry_has_its_author_its_moment_and_clean_words() -> None:
    made = entry(text=" Weight\x00 is up \n")
    assert made == NoteEntry(EntryKind.DISCUSSION, GP, PartialDate("2026-11-24T13:05:00.000+00:00"), "Weight is up")


@pytest.mark.parametrize(("text", "code"), [(" \x07", "note-empty"), ("x" * (LONGEST_ENTRY + 1), "note-too-long")])
def test_an_entry_without_words_or_with_too_many_is_refused(text: str, code: str) -> None:
    with pytest.raises(UserFacingError) as refused:
        entry(text=text)
    assert refused.value.code == code


def test_entries_stand_in_the_order_in_which_they_were_added() -> None:
    made = with_entry(with_entry(note(), entry(EntryKind.WHY)), entry(EntryKind.DECISION, "Repeat potassium"))
    assert [each.kind for each in made.entries] == [EntryKind.WHY, EntryKind.DECISION]
    assert made.of_kind(EntryKind.DECISION) == made.entries[1:]


def test_a_note_takes_so_many_entries() -> None:
    full = replace(note(), entries=(entry(),) * MOST_ENTRIES)
    with pytest.raises(UserFacingError, match="note-full"):
        with_entry(full, entry(EntryKind.CORRECTION))


def test_an_entry_that_is_there_is_not_added_again() -> None:
    said = with_entry(note(), entry())
    assert with_entry(said, entry()) is said
    assert with_entry(signed_note(said), entry()).entries == said.entries


def test_a_signed_note_takes_corrections_alone() -> None:
    done = signed_note(with_entry(note(), entry()))
    assert done.signed and signed_note(done) is done
    with pytest.raises(UserFacingError, match="note-signed"):
        with_entry(done, entry(EntryKind.DECISION))
    corrected = with_entry(done, entry(EntryKind.CORRECTION))
    assert corrected.status == "amended" and corrected.signed


def test_a_note_belongs_to_one_discussion() -> None:
    encounter = Reference("Encounter", "e1")
    known = of_discussion(note(), encounter)
    assert known.discussion == encounter and of_discussion(known, encounter) is known


def test_a_discussion_takes_its_time_and_names_who_was_there_once() -> None:
    planned = new_discussion(Reference("Encounter", "e1"), PATIENT, CONFERENCE, AT - timedelta(minutes=1))
    begun = going_on(planned, AT)
    assert going_on(begun, AT + timedelta(minutes=3)) is begun
    assert begun.seconds == 0 and begun.status == "in-progress"
    over = finished(begun, (GP, GUEST), AT + timedelta(minutes=6))
    assert (over.status, over.seconds, over.present) == ("finished", 360, (GP, GUEST))
    again = going_on(over, AT + timedelta(minutes=8))
    assert (again.status, again.start, again.end) == ("in-progress", begun.start, None)
    assert finished(again, (NURSE, GP, GUEST), AT + timedelta(minutes=9)).present == (GP, GUEST, NURSE)


def test_who_comes_is_put_down_once_as_she_came() -> None:
    made = with_present(minutes(), [GP, NURSE, GP], How.ROOM, AT)
    again = with_present(made, [NURSE, GUEST], How.REMOTE, AT)
    since = PartialDate("2026-11-24T13:05:00+00:00")
    assert again.present == (
        Present(GP, How.ROOM, since),
        Present(NURSE, How.ROOM, since),
        Present(GUEST, How.REMOTE, since),
    )
    assert again.was_there(NURSE.to) and not minutes().was_there(GP.to)  # type: ignore[arg-type]
    assert without_present(again, NURSE).present == (again.present[0], again.present[2])
    assert without_present(again, GUEST).present == again.present[:2]
    assert with_present(minutes(), [NamedReference(None, " \x00")], How.ROOM, AT).present == ()


def test_so_many_may_be_present() -> None:
    everybody = [NamedReference(None, f"Guest {n}") for n in range(MOST_PRESENT + 1)]
    with pytest.raises(UserFacingError, match="too-many-present"):
        with_present(minutes(), everybody, How.ROOM, AT)


def test_each_patient_s_note_stands_once() -> None:
    one = Reference("Composition", "k1")
    made = with_note(minutes(), one)
    assert made.notes == (one,) and with_note(made, one) is made


def test_minutes_are_sent_back_until_they_are_signed_and_never_after() -> None:
    back = sent_back(minutes(), NURSE, " Tom was there too ", AT)
    assert [(each.author, each.text) for each in back.remarks] == [(NURSE, "Tom was there too")]
    done = signed(back, GP, AT)
    assert done.signed and done.signature == Signature(GP, PartialDate("2026-11-24T13:05:00+00:00"))
    for change in (
        lambda: with_present(done, [NURSE], How.ROOM, AT),
        lambda: without_present(done, NURSE),
        lambda: with_note(done, Reference("Composition", "k9")),
        lambda: sent_back(done, NURSE, "Again", AT),
        lambda: signed(done, GP, AT),
    ):
        with pytest.raises(UserFacingError, match="minutes-signed"):
            change()


@pytest.mark.parametrize(("text", "code"), [("", "remark-empty"), ("x" * (LONGEST_REMARK + 1), "remark-too-long")])
def test_a_remark_without_words_or_with_too_many_is_refused(text: str, code: str) -> None:
    with pytest.raises(UserFacingError) as refused:
        sent_back(minutes(), GP, text, AT)
    assert refused.value.code == code


def test_every_status_of_a_composition_has_its_actions() -> None:
    assert STATES.keys() == {"preliminary", "final", "amended", "entered-in-error"}
    assert all(after("preliminary", action) for action in MinutesAction)
