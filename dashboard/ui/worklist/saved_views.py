"""Named views of the worklist, per user: a small JSON file in the data folder.

The FHIR server holds clinical facts, and how somebody likes to see a list is none; the browser's storage would
not follow its user to the next desk. A view is saved without its text search, which may hold a name: the file has
no patient data.
"""

import hashlib
from pathlib import Path
from typing import Any

from dashboard.domain.access.user import AccessScope
from dashboard.errors import UserFacingError
from dashboard.stored_file import changing, read_object
from dashboard.ui.shared.html import clean
from dashboard.ui.worklist.view import WorklistView, read_worklist_view, without_text, write_worklist_view

MOST_VIEWS = 30
MOST_LETTERS = 60


def load_views(folder: Path, scope: AccessScope) -> dict[str, WorklistView]:
    """The user's views by name, in order of name. A file that cannot be read counts as none."""
    try:
        stored = read_object(_file(folder, scope))
    except (OSError, ValueError):
        return {}
    views = {clean(name, MOST_LETTERS): _view(params) for name, params in stored.items() if isinstance(params, dict)}
    return dict(sorted(views.items(), key=lambda item: item[0].casefold()))


def save_view(folder: Path, scope: AccessScope, name: str, view: WorklistView) -> None:
    """Save the view under the name, in place of one of the same name. Raises UserFacingError."""
    name = clean(name, MOST_LETTERS)
    if not name:
        raise UserFacingError("view-without-name")
    try:
        with changing(_file(folder, scope)) as stored:
            if name not in stored and len(stored) >= MOST_VIEWS:
                raise UserFacingError("views-too-many", n=MOST_VIEWS)
            stored[name] = write_worklist_view(without_text(view))
    except OSError as problem:
        raise UserFacingError("view-not-saved") from problem


def delete_view(folder: Path, scope: AccessScope, name: str) -> None:
    """Forget the view. One that is not there is no error. Raises UserFacingError."""
    try:
        with changing(_file(folder, scope)) as stored:
            for each in [each for each in stored if clean(each, MOST_LETTERS) == name]:
                del stored[each]
    except OSError as problem:
        raise UserFacingError("view-not-saved") from problem


def _file(folder: Path, scope: AccessScope) -> Path:
    # A hash: the subject's id may hold characters that a file name must not.
    user = hashlib.sha256(f"{scope.server}\n{scope.subject}".encode()).hexdigest()[:32]
    return folder / "views" / f"{user}.json"


def _view(params: dict[str, Any]) -> WorklistView:
    return read_worklist_view({str(name): value for name, value in params.items() if isinstance(value, str)})
