"""Cards of CDS Hooks services of others on the page of recommendations: beside ours, plain, and never in their way."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.cache.pending import Pending
from dashboard.domain.guidelines.foreign_card import (
    ForeignAnswer,
    ForeignCard,
    ForeignLink,
    ForeignService,
    Trouble,
)
from dashboard.domain.guidelines.rule import Indicator
from dashboard.errors import AuditUnavailable
from dashboard.fhir.cds_hooks.ask import CdsServices
from dashboard.ui.recommendations import widget_foreign
from dashboard.ui.recommendations.foreign_html import TROUBLES
from dashboard.ui.session import session
from tests.pages import samples
from tests.pages.conftest import Answers
from tests.pages.recommendation_samples import recommendations
from tests.pages.test_break_glass import GRANT
from tests.pages.test_recommendations_page import opened, words
from tests.patience import PATIENCE

LAB = ForeignService("lab", "Interactions <b>of</b> Example", "https://cds.example.org")
EVIL = "</li><script>alert(1)</script><img src=x onerror=alert(1)>[press](javascript:alert(1)) \u202egnp.exe"
CARD = ForeignCard(
    summary="Check potassium",
    detail=f"Within two weeks\n\n{EVIL}",
    indicator=Indicator.CRITICAL,
    source=EVIL,
    suggestions=("Order potassium", EVIL),
    links=(ForeignLink("More", "https://lab.example.org/k?a=1&b=2"),),
)
Ask = Callable[[list[ForeignAnswer]], None]


class Service:
    """What the page is told; `asked` counts the questions. While `held`, nobody has answered."""

    def __init__(self) -> None:
        self.answers: tuple[ForeignAnswer, ...] = (ForeignAnswer(LAB, (CARD,)),)
        self.error: Exception | None = None
        self.asked = 0
        self.go_on = threading.Event()
        self.go_on.set()

    def ask(self, patient_id: str, answered: Callable[[ForeignAnswer], None]) -> Pending[tuple[ForeignAnswer, ...]]:
        self.asked += 1

        def read() -> tuple[ForeignAnswer, ...]:
            self.go_on.wait(PATIENCE)
            if self.error is not None:
                raise self.error
            return self.answers

        pending = Pending(read, patience=0)
        if self.go_on.is_set():
            pending._ended.wait(PATIENCE)
        return pending


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    made = Service()
    monkeypatch.setattr(widget_foreign, "other_services", lambda: CdsServices([LAB], seconds=1))
    monkeypatch.setattr(widget_foreign, "ask_other_services", made.ask)
    return made


def test_without_services_nobody_is_asked_and_nothing_is_said(app: AppTest) -> None:
    assert "From other services" not in opened(app)


def test_a_card_of_others_is_plain_text_with_its_origin(app: AppTest, service: Service) -> None:
    page = opened(app)
    theirs = page[page.index("From other services") :]
    said = words(theirs)
    for part in (
        "1 card, not of our rules", "Critical", "Check potassium", "Within two weeks", "Order potassium",
        "From Interactions <b>of</b> Example", "which names as its source", "More: https://lab.example.org/k?a=1&b=2",
    ):  # fmt: skip
        assert part in said, part
    assert "<script" not in theirs and "<img" not in theirs and "<b>of" not in theirs and "\u202e" not in theirs
    assert 'href="javascript' not in theirs
    link = '<a href="https://lab.example.org/k?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow">'
    assert link in theirs
    assert page.index("03-metformin-kidney/stop") < page.index("From other services")
    app.run()
    assert service.asked == 1  # nothing has changed


def test_no_more_than_three_of_a_service_come_before_more(app: AppTest, service: Service) -> None:
    service.answers = (ForeignAnswer(LAB, tuple(replace(CARD, summary=f"Card {number}") for number in range(5))),)
    page = opened(app)
    assert "2 more cards" in words(page)
    assert page.index("Card 2") < page.index("foreign-more-lab") < page.index("Card 3")


def test_our_cards_do_not_wait(app: AppTest, service: Service) -> None:
    service.go_on.clear()
    try:
        page = opened(app)
        assert "03-metformin-kidney/stop" in page
        assert "Asking: 0 of 1 have answered." in page
    finally:
        service.go_on.set()


@pytest.mark.parametrize("trouble", Trouble)
def test_the_trouble_of_a_service_is_said_in_words(app: AppTest, service: Service, trouble: Trouble) -> None:
    assert trouble in TROUBLES
    service.answers = (ForeignAnswer(LAB, (), trouble), ForeignAnswer(LAB, (), left_out=2, unread=("Condition", "")))
    said = words(opened(app))
    assert TROUBLES[trouble].replace("{service}", "Interactions <b>of</b> Example") in said
    assert "2 parts of its answer are not shown" in said
    assert "It also asked for, and did not get:" in said


def test_off_the_record_there_is_a_sentence(app: AppTest, service: Service) -> None:
    service.error = AuditUnavailable("audit-not-recorded")
    page = opened(app)
    assert "03-metformin-kidney/stop" in page
    assert "audit-not-recorded" not in page


def test_on_a_shared_screen_in_an_emergency_and_of_the_dead_nobody_is_asked(
    app: AppTest, answers: Answers, service: Service
) -> None:
    dead = replace(samples.ALDOUS, deceased=True)
    for changed in ({"emergency_access": GRANT}, {"person": dead}):
        answers.recommendations = lambda who, changed=changed: replace(recommendations(who), **changed)
        page = opened(app)
        assert "Recommendations" in page and "From other services" not in page
    answers.recommendations = recommendations
    app.session_state[session.SHARED_SCREEN] = True
    page = words(opened(app))
    assert "cards of other services are not shown" in page and "Check potassium" not in page
    assert service.asked == 0
