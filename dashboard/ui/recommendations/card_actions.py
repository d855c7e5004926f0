"""What can be done with one card: add it to the plan, say not now or not for this person, or make a task of it."""

from collections.abc import Sequence

from dashboard.domain.guidelines.evaluate import Finding
from dashboard.domain.guidelines.guidance import Guidance, returned
from dashboard.ui.patient.urgent_html import action_button
from dashboard.ui.recommendations.answer_words import reason_words, returned_words, what_words, who_words
from dashboard.ui.recommendations.page import RecommendationsPage, finding_key
from dashboard.ui.recommendations.tasks_html import tasks_html
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, clean, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t


def card_actions(finding: Finding, page: RecommendationsPage) -> Html | None:
    """That it was declined before, and why it is back; the buttons, where the user may change something."""
    already = tasks_html(page, card_task_words(finding), clean(finding.advice.summary, 200))
    back = fragment[_back(finding, page), already]
    if not page.may_change:
        return back
    key, about = finding_key(finding), finding.advice.summary
    buttons = [action_button(t("Add task"), press("add", card=key), f"add-{key}", about)]
    # Where the answers are not known, nobody knows what would be answered.
    if page.may_answer:
        buttons[:0] = [
            *to_plan_buttons(finding),
            action_button(t("Not now"), press("not-now", card=key), f"not-now-{key}", about),
            action_button(t("Not for this person"), press("not-for", card=key), f"not-for-{key}", about),
        ]
    return fragment[back, h.div(class_="c3-actions")[buttons]]


def card_task_words(finding: Finding) -> str:
    """What a task about a card begins with: what the card suggests first."""
    return clean(next((each.text for each in finding.advice.suggestions), finding.advice.summary), 200)


def to_plan_buttons(finding: Finding, places: Sequence[int] | None = None) -> list[Html]:
    """A button for each thing that the card suggests, or for those at these places."""
    key, suggestions = finding_key(finding), finding.advice.suggestions
    if len(suggestions) < 2:
        about = next((each.text for each in suggestions), finding.advice.summary)
        return [action_button(t("Add to plan"), press("to-plan", card=key, place="0"), f"plan-{key}-0", about)]
    return [
        action_button(
            t("Add to plan: {what}", what=clean(suggestions[place].text, 60)),
            press("to-plan", card=key, place=str(place)),
            f"plan-{key}-{place}",
            finding.advice.summary,
        )
        for place in (range(len(suggestions)) if places is None else places)
    ]


def not_added(finding: Finding, guidance: Guidance) -> tuple[int, ...]:
    """The places of what the card suggests and nobody has added to the plan in these words; () where it suggests one
    thing only, and where nobody kept what was added.
    """
    texts = [clean(each.text, 200) for each in finding.advice.suggestions]
    added = {part for reply in guidance.accepted for part in (reply.words, *reply.words.split("; ")) if part}
    if not added:
        return ()
    return tuple(place for place, each in enumerate(texts) if each not in added) if len(texts) > 1 else ()


def _back(finding: Finding, page: RecommendationsPage) -> Html | None:
    """That it was declined before, by whom and why, and why it is back."""
    back = returned(finding, page.found.guidance.value or (), page.found.on)
    if back is None:
        return None
    reply = back.stance.reply
    said = ": ".join(filter(None, (what_words(reply), reason_words(reply))))
    why = returned_words(back, (each.fact for each in finding.used))
    words = t(
        "Declined before ({said}; {who}). It is back: {why}.",
        said=said,
        who=who_words(reply, page.at.zone),
        why=why,
    )
    return h.p(class_="c3-sub")[icon("info"), " ", h.bdi[unbroken_dates(words)]]
