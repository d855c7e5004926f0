"""What guidelines say anew on the screen of a room and on an agenda: severity, draft, contradictions, and no more."""

from dataclasses import replace

from dashboard.domain.conference.views import DiscussedRecommendations
from dashboard.domain.guidelines.new_since import NewSince, open_since
from dashboard.domain.guidelines.recommendations import Recommendations
from dashboard.fhir.terminology_files import load_terminology
from dashboard.ui.conference.new_html import AT_ONCE, LiveNew, live_new_html
from dashboard.ui.recommendations.new_words import new_lines
from tests.pages.recommendation_samples import clash, recommendations

T = load_terminology()


def live(found: Recommendations, new: NewSince | None = None, **more: bool) -> str:
    shown = open_since(found, None, T) if new is None else new
    return str(live_new_html(LiveNew(DiscussedRecommendations(found, shown), **more)))


def test_the_most_urgent_stands_first_and_a_contradiction_before_cards_as_urgent() -> None:
    lines = new_lines(open_since(clash(), None, T))
    places = [list(type(each.indicator)).index(each.indicator) for each in lines]
    assert places == sorted(places)
    assert lines[0].contradiction and lines[0].draft and lines[0].what == "Potassium in the blood"


def test_the_screen_of_the_room_has_few_lines_their_severity_and_how_many_there_are() -> None:
    found = clash()
    html, new = live(found), open_since(found, None, T)
    assert f"{len(new.findings)} new of {len(found.open(shared=True))}; " in html
    assert f"{len(new.contradictions)} new contradiction" in html
    assert "Guidelines contradict each other: Potassium in the blood (draft)" in html and "Critical" in html
    assert html.count("<li") == AT_ONCE and f"and {len(new) - AT_ONCE} more" in html
    assert "recommendations?id=p1" in html and "recommendations?id=p1" not in live(found, linked=False)
    some, none = LiveNew(DiscussedRecommendations(found, new)), LiveNew(DiscussedRecommendations(found, NewSince()))
    assert some.height > none.height > 0


def test_what_could_not_be_read_is_said_and_is_no_answer() -> None:
    assert "could not be read" in str(live_new_html(LiveNew(None)))
    html = live(recommendations(without=("Observation", "Condition", "MedicationRequest")))
    assert "Not everything could be read." in html and "0 new" not in html
    found = recommendations()
    assert f"0 new of {len(found.open(shared=True))}" in live(found, NewSince())
    assert live(replace(found, findings=(), contradictions=()), NewSince()) == "None"
