"""The words of the errors of answers to recommendations: a part of `error_words.ERRORS`."""

from dashboard.ui.shared.wording import mark

RECOMMENDATION_ERRORS: dict[str, str] = {
    "rule-use-not-permitted": mark("Only an administrator sees how often rules are shown and followed."),
    "recommendation-until": mark("Choose a day after today, at most {most} days ahead: then it comes back."),
    "recommendation-reason": mark("Choose why it is not for this person."),
    "recommendation-words": mark("Say in a few words why it is not for this person."),
    "recommendation-not-answered": mark("There is no answer to take back: somebody did it already."),
    "recommendation-answered": mark(
        "Somebody has answered this recommendation since you opened it, so nothing was saved. Look again first."
    ),
    "contradiction-not-decided": mark("There is no decision to take back: somebody did it already."),
    "contradiction-third-way": mark("Say in a few words what the third way is."),
    "contradiction-way": mark("Choose one of the sides, or a third way."),
    "contradiction-goals": mark("Choose two different goals that are in each other's way, or none."),
    "contradiction-decided": mark(
        "Somebody has decided on this contradiction since you opened it, so nothing was saved. Look again first."
    ),
    "contradiction-not-found": mark("This contradiction is not there any more. Look again."),
    "contradiction-goal-not-found": mark("One of the goals is not there any more. Look again."),
    "recommendation-not-found": mark("This recommendation is not there any more. Look again."),
}
