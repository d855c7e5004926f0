"""Files that we keep: what is written at the same time is all there, and what cannot be read is not overwritten."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dashboard import stored_file
from dashboard.domain.access.user import AccessScope
from dashboard.errors import UserFacingError
from dashboard.stored_file import changing, read_object, write_object
from dashboard.ui.worklist.saved_views import MOST_VIEWS, delete_view, load_views, save_view
from dashboard.ui.worklist.view import WorklistView
from tests.running import ROOT

SCOPE = AccessScope("http://fhir.test/fhir", "Practitioner/gp")
WRITER = """
import sys
from pathlib import Path
from dashboard.stored_file import changing
for number in range(25):
    with changing(Path(sys.argv[1])) as stored:
        stored[f"{sys.argv[2]}-{number}"] = number
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some" / "file.json"


def test_thirty_views_saved_at_once_are_all_there(tmp_path: Path) -> None:
    start = threading.Barrier(MOST_VIEWS)

    def save(number: int) -> None:
        start.wait()
        save_view(tmp_path, SCOPE, f"view {number}", WorklistView(team=f"team-{number}"))

    threads = [threading.Thread(target=save, args=(number,)) for number in range(MOST_VIEWS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert load_views(tmp_path, SCOPE) == {f"view {n}": WorklistView(team=f"team-{n}") for n in range(MOST_VIEWS)}


def test_saving_and_deleting_at_once_lose_nothing(tmp_path: Path) -> None:
    for number in range(10):
        save_view(tmp_path, SCOPE, f"old {number}", WorklistView())
    threads = [threading.Thread(target=delete_view, args=(tmp_path, SCOPE, f"old {n}")) for n in range(10)]
    threads += [
        threading.Thread(target=save_view, args=(tmp_path, SCOPE, f"new {n}", WorklistView())) for n in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(load_views(tmp_path, SCOPE)) == {f"new {number}" for number in range(10)}


def test_processes_change_a_file_one_after_the_other(path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [subprocess.Popen([*command, name], cwd=ROOT) for name in "abc"]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert set(read_object(path)) == {f"{name}-{number}" for name in "abc" for number in range(25)}
    assert not list(path.parent.glob("*.part"))


@pytest.mark.parametrize("text", ["[1, 2", "[1]", "", "[" * 100_000, '"text"'])
def test_a_file_that_is_no_object_is_set_aside_and_not_lost(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with changing(path) as stored:
        stored["a"] = 1
    assert read_object(path) == {"a": 1}
    assert [each.read_text(encoding="utf-8") for each in path.parent.glob("file-damaged-*.json")] == [text]


def test_views_that_cannot_be_read_are_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails to read for a moment must not cost the views of a year."""
    save_view(tmp_path, SCOPE, "mine", WorklistView(team="t"))

    def unreadable(path: Path) -> dict[str, object]:
        raise OSError("input/output error")

    monkeypatch.setattr(stored_file, "read_object", unreadable)
    with pytest.raises(UserFacingError, match="view-not-saved"):
        save_view(tmp_path, SCOPE, "other", WorklistView())
    with pytest.raises(UserFacingError, match="view-not-saved"):
        delete_view(tmp_path, SCOPE, "mine")
    monkeypatch.undo()
    assert set(load_views(tmp_path, SCOPE)) == {"mine"}


def test_what_fails_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = {"a": 1}
    path.parent.mkdir()
    write_object(path, write)
    with pytest.raises(RuntimeError), changing(path) as stored:
        stored["b"] = 2
        raise RuntimeError

    def full(descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("dashboard.stored_file.os.fsync", full)
    with pytest.raises(OSError, match="no space"), changing(path) as stored:
        stored["b"] = 2
    assert read_object(path) == {"a": 1} and not list(path.parent.glob("*.part"))


def test_a_change_that_does_not_end_is_an_error_for_the_next(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_file, "LOCK_SECONDS", 0.02)
    with changing(path) as stored:
        with pytest.raises(TimeoutError), changing(path):
            pass
        stored["a"] = 1
    assert read_object(path) == {"a": 1}
