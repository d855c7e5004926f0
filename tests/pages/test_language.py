"""Each session reads its own language, whoever else reads the same at the same time."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.record.views import Section
from dashboard.errors import Failure, NotFound, OperatorError
from dashboard.ui.session import language, session
from dashboard.ui.shared import wording
from dashboard.ui.shared.error_words import ERRORS, error_words
from dashboard.ui.shared.wording import get_language, in_this_language, set_language, t
from tests.pages import samples
from tests.pages.conftest import APP, Answers
from tests.pages.test_patient_page import opened
from tests.patience import PATIENCE

TIMEOUT = Failure("server-timeout", (("reference", "r1"),))
WORDS = {
    "en": "The FHIR server did not answer in time. Try again in a minute (reference r1).",
    "sv": "FHIR-servern svarade inte i tid (r1).",
    "eu": "FHIR zerbitzariak ez du garaiz erantzun (r1).",
}
ROUNDS = 50


@pytest.fixture(autouse=True)
def catalogues(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Small catalogues in Swedish and Basque; nobody has set a language before or after."""
    for name in ("en", "sv", "eu"):
        folder = tmp_path / name / "LC_MESSAGES"
        folder.mkdir(parents=True)
        words = WORDS[name].replace("r1", "{reference}")
        text = f'msgid "{ERRORS["server-timeout"]}"\nmsgstr "{words}"\n' if name != "en" else ""
        (folder / "dashboard.po").write_text(text, encoding="utf-8")
    monkeypatch.setattr(wording, "LOCALES", tmp_path)
    monkeypatch.setattr(wording, "_ask", [])
    wording._catalogue.cache_clear()
    token = wording._language.set("")
    yield
    wording._language.reset(token)
    wording._catalogue.cache_clear()


def test_sessions_in_several_languages_at_the_same_time_read_their_own() -> None:
    together = threading.Barrier(len(WORDS))

    def read(name: str) -> set[str]:
        set_language(name)
        read_words = set()
        for _ in range(ROUNDS):
            together.wait(PATIENCE)
            read_words.add(error_words(TIMEOUT))
        return read_words

    with ThreadPoolExecutor(len(WORDS)) as threads:
        assert list(threads.map(read, WORDS)) == [{words} for words in WORDS.values()]


def test_each_thread_of_a_session_has_its_language_before_any_run_has_set_it() -> None:
    """Streamlit runs callbacks before the script, and fragments without it, each time in a new thread."""
    session_of_thread: dict[int, str] = {}
    wording.ask_for_language(lambda: session_of_thread.get(threading.get_ident(), ""))

    def read_in(name: str) -> str:
        session_of_thread[threading.get_ident()] = name
        return error_words(TIMEOUT)

    assert in_new_thread(lambda: read_in("sv")) == WORDS["sv"]
    assert in_new_thread(lambda: read_in("eu")) == WORDS["eu"]
    assert in_new_thread(lambda: read_in("")) == WORDS["en"]


def test_a_file_is_worded_for_who_asked_for_it() -> None:
    """It is made when it is pressed, outside any run."""
    set_language("sv")
    make = in_this_language(lambda: error_words(TIMEOUT))
    set_language("eu")
    assert (make(), in_new_thread(make), error_words(TIMEOUT)) == (WORDS["sv"], WORDS["sv"], WORDS["eu"])


def in_new_thread(work: Callable[[], str]) -> str:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result(PATIENCE)


def test_sessions_read_one_cached_error_each_in_its_language(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    cached = samples.summary(samples.ALDOUS, tasks=Section(None, TIMEOUT))
    answers.patient = lambda who: cached
    browser = SimpleNamespace(locale="")
    monkeypatch.setattr(session, "session_language", lambda setting: browser.locale)
    sessions = {name: AppTest.from_file(str(APP), default_timeout=PATIENCE) for name in WORDS}
    for name, app in [*sessions.items(), *sessions.items()]:
        browser.locale = name
        page = opened(app, samples.ALDOUS.id)
        assert [words for words in WORDS.values() if words in page] == [WORDS[name]]


@pytest.mark.parametrize(
    ("setting", "browser", "expected"),
    [
        ("", "sv-SE", "sv"),
        ("", "sv", "sv"),
        ("", "eu-ES", "eu"),
        ("", "fr-FR", "en"),
        ("", None, "en"),
        ("", "../sv", "en"),
        ("", "sv/../eu", "en"),
        ("eu", "sv-SE", "eu"),
    ],
)
def test_the_setting_comes_before_the_browser(
    monkeypatch: pytest.MonkeyPatch, setting: str, browser: str | None, expected: str
) -> None:
    monkeypatch.setattr(language.st, "context", SimpleNamespace(locale=browser))
    assert language.session_language(setting) == expected


@pytest.mark.parametrize("name", ["..", "sv/LC_MESSAGES/..", "", "SV", "sv_SE", "xx"])
def test_a_language_without_a_catalogue_of_its_name_is_english(name: str) -> None:
    set_language(name)
    assert get_language() == "en"


def test_the_words_of_an_error_are_made_when_they_are_shown() -> None:
    error = NotFound("resource-not-found", what="", reference="r2")
    set_language("en")
    assert error_words(error) == "This record does not exist, or is not yours to see (reference r2)."
    assert str(error) == "resource-not-found what= reference=r2"
    assert error_words(NotFound("resource-not-found", what="Task", reference="r2")).startswith("This Task does not")
    assert error_words(Failure("reason-too-long", (("most", 1000),))).startswith("The reason is too long: 1,000 ")
    assert error_words(OperatorError("Port {8501} is taken.")) == "Port {8501} is taken."
    assert error_words(Failure("of-tomorrow", (("n", 1),))) == "of-tomorrow n=1"


@pytest.mark.parametrize("code", sorted(set(ERRORS) - {"operator"}))
def test_every_error_is_a_sentence_whose_places_can_be_filled(code: str) -> None:
    values = {"most": 1000, "n": 30, "status": 422}
    words = t(ERRORS[code], **{name: values.get(name, "Task") for name in places(ERRORS[code])})
    assert words[0].isupper() and words[-1] == "." and not {"{", "}"} & set(words)


def places(sentence: str) -> list[str]:
    return [part.partition("}")[0].partition(":")[0] for part in sentence.split("{")[1:]]
