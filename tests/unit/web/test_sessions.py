"""Sign-ins on the server: how long they hold, who ends them, and what is left of them."""

import pytest

from dashboard.web.sessions import MOST_AWAY, Ended, SignInSessions, fingerprint

COOKIES = {"_streamlit_user": "signed"}


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> SignInSessions:
    made = SignInSessions(clock)
    made.configure(idle_seconds=900, longest_seconds=3600)
    return made


def test_an_id_opens_what_it_was_given_for(sessions: SignInSessions) -> None:
    one, other = sessions.begin(COOKIES), sessions.begin({"_streamlit_user": "else"})
    assert one != other
    assert len(one) >= 43
    assert sessions.cookies(one) == COOKIES
    assert sessions.state(one).idle == 900


def test_an_unknown_id_opens_nothing(sessions: SignInSessions) -> None:
    assert sessions.cookies("guessed") == {}
    assert sessions.state("guessed").ended is Ended.UNKNOWN
    assert not sessions.report_activity("guessed")
    sessions.end("guessed")


def test_a_user_without_activity_is_signed_out(sessions: SignInSessions, clock: Clock) -> None:
    ident = sessions.begin(COOKIES)
    clock.now += 899
    assert sessions.state(ident).alive
    assert sessions.state(ident).idle == 1
    clock.now += 1
    assert sessions.state(ident).ended is Ended.IDLE
    assert sessions.cookies(ident) == {}
    assert not sessions.report_activity(ident), "an ended sign-in does not come back"


def test_reading_the_state_is_no_activity(sessions: SignInSessions, clock: Clock) -> None:
    ident = sessions.begin(COOKIES)
    for _ in range(10):
        clock.now += 90
        sessions.cookies(ident)
    assert sessions.state(ident).ended is Ended.IDLE


def test_an_active_user_stays_until_the_longest_time(sessions: SignInSessions, clock: Clock) -> None:
    ident = sessions.begin(COOKIES)
    for _ in range(7):
        clock.now += 500
        assert sessions.report_activity(ident)
    clock.now += 100
    assert sessions.state(ident).ended is Ended.EXPIRED


def test_the_providers_end_counts_and_never_makes_it_longer(sessions: SignInSessions, clock: Clock) -> None:
    ident = sessions.begin(COOKIES)
    assert sessions.holds_until(ident, clock.now + 300, "who").left == 300
    assert sessions.holds_until(ident, clock.now + 99_999, "who").left == 300
    clock.now += 300
    assert sessions.state(ident).ended is Ended.EXPIRED


def test_a_token_that_has_ended_ends_the_sign_in_at_once(sessions: SignInSessions, clock: Clock) -> None:
    ident = sessions.begin(COOKIES)
    assert sessions.holds_until(ident, clock.now - 1, "who").ended is Ended.EXPIRED


def test_signing_in_again_ends_what_was_before(sessions: SignInSessions) -> None:
    before = sessions.begin(COOKIES)
    after = sessions.begin(COOKIES, replaces=before)
    assert sessions.state(before).ended is Ended.REPLACED
    assert sessions.state(after).alive


def test_every_end_is_reported_once_with_its_reason(sessions: SignInSessions, clock: Clock) -> None:
    told: list[tuple[object, ...]] = []
    begun: list[object] = []
    sessions.listen(begun.append, lambda *each: told.append(each))
    out, idle, unseen = (sessions.begin(COOKIES) for _ in range(3))
    for ident in (out, idle, out):
        sessions.holds_until(ident, clock.now + 9_999, f"{ident} who")
    sessions.end(out)
    sessions.end(out)
    clock.now += 901
    sessions.state(idle)
    sessions.state(idle)
    sessions.state(unseen)
    assert begun == [f"{out} who", f"{idle} who"]
    assert told == [(f"{out} who", Ended.SIGNED_OUT), (f"{idle} who", Ended.IDLE)]


def test_a_sign_in_that_cannot_be_put_on_record_is_none(sessions: SignInSessions, clock: Clock) -> None:
    def fail(who: object) -> None:
        raise RuntimeError(who)

    sessions.listen(fail, lambda who, why: None)
    ident = sessions.begin(COOKIES)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            sessions.holds_until(ident, clock.now + 9_999, "who")


def test_tokens_are_gone_with_the_sign_in_and_in_no_text(sessions: SignInSessions) -> None:
    ident = sessions.begin({"_streamlit_user_tokens": "very-secret"})
    assert "very-secret" not in repr(vars(sessions))
    sessions.end(ident)
    assert sessions._sessions[ident].cookies == {}


def test_ended_sign_ins_are_forgotten_in_time(sessions: SignInSessions, clock: Clock) -> None:
    old = sessions.begin(COOKIES)
    sessions.end(old)
    clock.now += 10_000
    sessions.end(sessions.begin(COOKIES))
    assert sessions.state(old).ended is Ended.UNKNOWN


def test_the_way_back_is_used_once_and_not_for_long(sessions: SignInSessions, clock: Clock) -> None:
    sessions.depart("s1", "/patient?id=p7")
    sessions.depart("s2", "/?q=a")
    assert sessions.arrive("s1") == "/patient?id=p7"
    assert sessions.arrive("s1") == "/"
    clock.now += 901
    assert sessions.arrive("s2") == "/"


def test_many_departures_fill_no_memory(sessions: SignInSessions) -> None:
    for number in range(MOST_AWAY + 10):
        sessions.depart(str(number), "/")
    assert len(sessions._away) == MOST_AWAY


def test_a_fingerprint_distinguishes_sign_ins_and_reveals_nothing() -> None:
    assert fingerprint("") == ""
    assert fingerprint("a") != fingerprint("b")
    assert "secret-id" not in fingerprint("secret-id")
