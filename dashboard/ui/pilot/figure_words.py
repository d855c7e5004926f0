"""The figures of the pilot in words: counts, shares, behind or ahead, and the day on which the target is reached."""

from datetime import date
from typing import Final

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.disclosure import FEWEST, Count
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.enrolment_counts import Datum
from dashboard.domain.pilot.enrolment_shown import AreaSteps, EnrolmentFigures
from dashboard.domain.pilot.funnel import Area, Step
from dashboard.domain.pilot.pace import Forecast, Pace
from dashboard.ui.pilot.care_words import count_words
from dashboard.ui.pilot.enrolment_words import STEPS, reason_words
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import mark, t, tn

BEFORE: Final[dict[Step, Step]] = {
    Step.ELIGIBLE: Step.SCREENED,
    Step.APPROACHED: Step.ELIGIBLE,
    Step.CONSENTED: Step.APPROACHED,
    Step.ENROLLED: Step.CONSENTED,
    Step.ACTIVE: Step.ENROLLED,
    Step.COMPLETED: Step.ACTIVE,
    Step.WITHDRAWN: Step.CONSENTED,
}
"""step -> the one before it, whose people its share is of."""
LOST: Final[dict[EnrolmentState, str]] = {
    EnrolmentState.INELIGIBLE: mark("Not eligible"),
    EnrolmentState.DECLINED: mark("Said no"),
    EnrolmentState.WITHDRAWN: mark("Withdrew the consent"),
    EnrolmentState.LEFT: mark("Left the pilot"),
}
DATA: Final[dict[Datum, str]] = {
    Datum.HBA1C: mark("HbA1c"),
    Datum.BLOOD_PRESSURE: mark("Blood pressure"),
    Datum.EGFR: mark("eGFR"),
    Datum.PHQ9: mark("PHQ-9"),
    Datum.WEIGHT: mark("Weight"),
    Datum.CONSENT_FORM: mark("Consent form"),
}


def after_words(step: Step | None) -> str:
    """The last step that people had reached when they were lost."""
    return t(STEPS[step]) if step is not None else t("Not screened yet")


def loss_words(state: EnrolmentState, reason: str) -> str:
    """How people are lost and why."""
    return t("{how}: {why}", how=t(LOST[state]), why=reason_words(reason) if reason else t("No reason is recorded"))


def share_words(part: Count, whole: Count) -> str:
    """`36%`, "" where one of the two is not shown."""
    if part.value is None or not whole.value:
        return ""
    return f"{round(100 * part.value / whole.value)}%"


def part_words(part: Count, whole: Count) -> str:
    """`152 of 184 (83%)`, or the count alone where the whole is not shown."""
    share = share_words(part, whole)
    return t("{n} of {total} ({share})", n=part.value, total=whole.value, share=share) if share else count_words(part)


def name_of(each: AreaSteps) -> str:
    return area_words(each.area, each.name)


def area_words(area: Area, name: str) -> str:
    """The name of an area; "All regions" for the whole."""
    if area.level is Level.ALL:
        return t("All regions")
    return clean(name, 120) or t("Not recorded")


def area_name(figures: EnrolmentFigures, area: Area) -> str:
    """The name of one of the figures' areas, by its id."""
    return area_words(area, (figures.names or {}).get(area.site or area.region, ""))


def enrolled_words(each: AreaSteps) -> str:
    """`214 of 602`, or the count alone where there is no target."""
    if each.target is None:
        return count_words(each.enrolled)
    if each.enrolled.value is None:
        return t("{words}; the target is {n}", words=count_words(each.enrolled), n=each.target)
    return t("{n} of {target}", n=count_words(each.enrolled), target=each.target)


def target_words(each: AreaSteps) -> str:
    """`36% of the target, which is to be reached by 30-Jun-2027`."""
    if not each.target or each.target_day is None:
        return t("no target is recorded")
    day = show_day(each.target_day)
    if each.enrolled.value is None:
        return t("target by {date}", date=day)
    return t("{n}% of the target by {date}", n=round(100 * each.enrolled.value / each.target), date=day)


def due_words(each: AreaSteps) -> str:
    """`12 behind`, "3 ahead", "as planned", "not shown", or "" without a target."""
    if each.due is None:
        return ""
    if each.enrolled.value is None:
        return t("not shown")
    behind = each.due - each.enrolled.value
    if behind == 0:
        return t("as planned")
    return t("{n} behind", n=behind) if behind > 0 else t("{n} ahead", n=-behind)


def forecast_words(pace: Pace, start: date | None = None) -> tuple[str, str]:
    """The day on which the target is reached at the present pace, or why there is none; and how it was reckoned."""
    if pace.forecast is Forecast.BY:
        reckoned = tn(
            "{n} person was enrolled since {since} ({days} days).",
            "{n} people were enrolled since {since} ({days} days).",
            (pace.people.value or 0) if pace.people is not None else 0,
            since=show_day(pace.since) if pace.since else "",
            days=pace.days,
        )
        value = show_day(pace.day) if pace.day is not None else t("not within ten years")
        return value, f"{reckoned} {_range_words(pace)}"
    if pace.forecast is Forecast.NOT_AT_THIS_PACE:
        few = t(
            "Fewer than {n} people were enrolled since {since} ({days} days).",
            n=FEWEST, since=show_day(pace.since) if pace.since else "", days=pace.days,
        )  # fmt: skip
        if pace.earliest is None:
            most = t("With {n} it would take more than ten years.", n=FEWEST - 1)
            return t("not at this pace"), f"{few} {most}"
        day = show_day(pace.earliest)
        return t("not before {date}", date=day), f"{few} {t('With {n} it would be {date}.', n=FEWEST - 1, date=day)}"
    return {
        Forecast.REACHED: (t("reached"), t("The target is reached.")),
        Forecast.NOT_BEGUN: (
            t("not begun"), t("The study begins on {date}.", date=show_day(start)) if start else "",
        ),
        Forecast.NO_TARGET: (t("no target"), t("No target is recorded on the server.")),
        Forecast.NOT_SHOWN: (
            t("not shown"), t("It could tell how few people were enrolled in some time or place."),
        ),
    }[pace.forecast]  # fmt: skip


def _range_words(pace: Pace) -> str:
    if pace.earliest is None:
        return ""
    first = show_day(pace.earliest)
    if pace.latest is None:
        return t("By chance alone it may be as early as {first}, or later than in ten years.", first=first)
    return t("By chance alone it may be {first} to {last}.", first=first, last=show_day(pace.latest))


def pace_definition() -> str:
    """How the day is reckoned."""
    return t(
        "The present pace is how many people were enrolled in about the last 90 days: since the first day of the month "
        "that is nearest to 90 days ago. The day follows from that number alone. “By chance alone” is the range in "
        "which 95 of 100 such days would lie if people came at random at the same pace (a Poisson count); new sites, "
        "holidays and fewer people left to ask are not in it."
    )


def curve_alt(figures: EnrolmentFigures, area: Area) -> str:
    """What the curve shows, in a sentence or two."""
    curve = (figures.curves or {})[area]
    each = next(found for found in figures.areas if found.area == area)
    if not curve.points:
        return t("No point of the enrolment curve may be shown.")
    # The first and the last, which may be the same.
    points = dict.fromkeys((curve.points[0], curve.points[-1]))
    value, _ = forecast_words(curve.pace, figures.start)
    reached = ", ".join(t("{n} by {date}", n=people, date=show_day(day)) for day, people in points)
    course = t("Enrolled over time: {reached}.", reached=reached)
    if each.due is None:
        return course
    due = t("The target line is at {n} today: {words}.", n=each.due, words=due_words(each))
    return f"{course} {due} {t('Target reached at the present pace: {day}.', day=value)}"
