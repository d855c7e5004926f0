"""What of a timeline is not drawn or could not be read, in words and with its count: nothing is dropped in silence."""

from collections import Counter
from dataclasses import dataclass

from dashboard.domain.timeline.events import Timeline
from dashboard.domain.timeline.reading.condition import drawn
from dashboard.domain.timeline.scene import Scene
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.notices import unreadable_words
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.timeline.panel_words import panel_name, reference_words
from dashboard.ui.timeline.words import LEFT, RULES, show_code, type_words

# Unmapped codes listed by name; the rest are counted.
MOST_CODES = 40


@dataclass(frozen=True, slots=True)
class NotDrawn:
    """A sentence, and the details that it opens to under `summary`. `warns`: the reader may miss something by it."""

    words: str
    warns: bool = False
    key: str = ""
    summary: str = ""
    details: tuple[str, ...] = ()


def not_read_words(timeline: Timeline) -> list[str]:
    """`Results could not be read, so they are missing here.` and why, a sentence a type."""
    said = []
    for name, reason in timeline.not_read.items():
        words = t("{what} could not be read, so they are missing here.", what=_begin(type_words(name)))
        said.append(f"{words} {clean(error_words(reason), 200)}")
    return said


def _begin(words: str) -> str:
    return words[:1].upper() + words[1:]


def not_drawn(timeline: Timeline, scene: Scene) -> list[NotDrawn]:
    """What is merged, left out by a rule, unread or not understood."""
    lines = [NotDrawn(_counted(timeline, scene))]
    left = "; ".join(f"{n} {t(LEFT.get(why, why))}" for why, n in scene.left.items() if n)
    if left:
        lines.append(NotDrawn(t("Not drawn: {what}.", what=left)))
    if timeline.excluded:
        lines.append(NotDrawn(t("Left out by rule: {what}.", what=_excluded(timeline))))
    refused = sum(timeline.refused.values())
    if refused:
        words = tn(
            "{n} value is in no series, because its unit is not known.",
            "{n} values are in no series, because their unit is not known.",
            refused,
        )
        lines.append(NotDrawn(words, warns=True))
    lines += [NotDrawn(words, warns=True) for words in unreadable_words(timeline.unreadable)]
    lines += [_unmapped(timeline)] if timeline.unmapped else []
    lines += [_ranges(scene)] if any(panel.reference_source for panel in scene.panels) else []
    words = t(
        "Not read: medicines dispensed or given, family history, devices and insurance. There may be more in the"
        " record: look in the source system."
    )
    return [*lines, NotDrawn(words)]


def _ranges(scene: Scene) -> NotDrawn:
    """Where the usual ranges are from, and that nobody has reviewed them."""
    sources = tuple(
        f"{panel_name(panel)}: {reference_words(panel)}. {panel.reference_source}"
        for panel in scene.panels
        if panel.reference_source
    )
    words = t("Usual ranges are drafts from public sources, not reviewed by clinicians.")
    return NotDrawn(words, key="ranges", summary=t("sources"), details=sources)


def _counted(timeline: Timeline, scene: Scene) -> str:
    total = tn("{n} entry in the record", "{n} entries in the record", len(timeline.events))
    shown = t("{n} shown", n=len(drawn(scene)))
    points = (point for panel in scene.panels for series in panel.series for point in series.points)
    thinned = {result.origin for point in points if point.count > 1 for result in point.results}
    merged = tn("{n} in a point of several values", "{n} in points of several values", len(thinned)) if thinned else ""
    return ", ".join(part for part in (total, shown, merged) if part) + "."


def _excluded(timeline: Timeline) -> str:
    counts: Counter[str] = Counter()
    for (kind, rule), n in timeline.excluded.items():
        counts[f"{type_words(kind)}, {t(RULES[rule])}"] += n
    return "; ".join(f"{what}: {n}" for what, n in counts.most_common())


def _unmapped(timeline: Timeline) -> NotDrawn:
    total = sum(timeline.unmapped.values())
    words = tn(
        "{n} entry has a code that is in none of our lists; it is under “Everything else”",
        "{n} entries have codes that are in none of our lists; they are under “Everything else”",
        total,
    )
    ordered = sorted(timeline.unmapped.items(), key=lambda item: (-item[1], str(item[0].code)))
    codes = [
        f"{clean(coding.display, 120) or t('without a name')}: {show_code(coding)}, {n}×"
        for coding, n in ordered[:MOST_CODES]
    ]
    more = len(ordered) - len(codes)
    if more > 0:
        codes.append(tn("and {n} more code", "and {n} more codes", more))
    return NotDrawn(words, warns=True, key="unmapped", summary=t("which"), details=tuple(codes))
