"""What is put right on a plan as a whole: activities that it says itself become records, and a save that broke off is
finished or undone by a person who sees both states.
"""

from collections.abc import Callable

from dashboard.actions.convert_activity_details import can_be_converted
from dashboard.errors import DashboardError
from dashboard.ui.care_plan.page import PlanPage
from dashboard.ui.session import plans as plans_read
from dashboard.ui.session import reads
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.wording import t


def mend(page: PlanPage, do: str, save: str) -> bool:
    """Does what a press asked for; `save` names the save that broke off. True where the plan must be read again."""
    ident, shared = page.summary.person.id, page.shared
    if do == "convert":
        wanted = [each for each in shared.plan.details if can_be_converted(each)]
        reason = t("Activities of the plan made records, so that they can be changed")
        said = t("Made records of the team. Saved, the team sees it.")
        return _try(lambda: plans_read.convert(ident, shared, wanted, reason), said)
    if do == "finish-save":
        return _try(
            lambda: plans_read.finish_save(ident, shared, save, t("A save that broke off was finished")), t("Finished.")
        )
    return _try(lambda: plans_read.undo_save(ident, shared, save, t("A save that broke off was undone")), t("Undone."))


def _try(change: Callable[[], object], said: str) -> bool:
    try:
        change()
    except DashboardError as problem:
        queue_message(error_words(problem), wrong=True)
        return False
    finally:
        reads.forget_patient()
    queue_message(said)
    return True
