"""What a foreign service sends: only a card comes out, whatever went in."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.guidelines.foreign_card import ForeignLink
from dashboard.domain.guidelines.rule import Indicator
from dashboard.fhir.cds_hooks.read_cards import (
    LONGEST_URL,
    MOST_CARDS,
    MOST_DETAIL,
    MOST_LABEL,
    MOST_PARTS,
    MOST_SUMMARY,
    MOST_TEMPLATES,
    NotCards,
    read_cards,
    read_discovery,
)
from tests.laws import examples

CARD = {"summary": "Check potassium", "indicator": "warning", "source": {"label": "Lab"}}


def read(*cards: Any) -> Any:
    return read_cards(json.dumps({"cards": list(cards)}).encode())


def link(url: str, **more: Any) -> dict[str, Any]:
    return {"label": "More", "url": url, "type": "absolute", **more}


def test_a_whole_card_is_read() -> None:
    [card], lost = read(
        {
            **CARD,
            "uuid": "x",
            "detail": "Within **two** weeks\nor sooner",
            "source": {"label": "Lab", "url": "https://lab.example.org"},
            "suggestions": [{"label": "Order potassium", "actions": [{"type": "delete", "resourceId": "Patient/p1"}]}],
            "links": [link("https://lab.example.org/k?a=1#top")],
        }
    )
    assert (card.summary, card.detail, card.indicator) == (
        "Check potassium", "Within **two** weeks\nor sooner", Indicator.WARNING,
    )  # fmt: skip
    assert (card.source, card.suggestions, lost) == ("Lab", ("Order potassium",), 0)
    assert card.links == (
        ForeignLink("More", "https://lab.example.org/k?a=1#top"),
        ForeignLink("Lab", "https://lab.example.org"),
    )


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//evil.example",
        "https://bank.example@evil.example/",
        "https://who:secret@evil.example/",
        "https:///x",
        "https://[evil",
        "https://evil.example/ onclick=x",
        'https://evil.example/"x',
        "https://evil.example/\u202egpj.exe",
        "https://еvil.example/",
        "https://evil.example/" + "x" * LONGEST_URL,
        " https://evil.example",
        "HTTPS://evil.example/\n",
        "",
        7,
        None,
        ["https://evil.example"],
    ],
)
def test_a_link_is_a_plain_web_address_or_left_out(url: Any) -> None:
    [card], lost = read({**CARD, "links": [{"label": "x", "url": url, "type": "absolute"}]})
    assert (card.links, lost) == ((), 1)


def test_an_app_that_would_have_to_be_launched_is_no_link() -> None:
    [card], lost = read({**CARD, "links": [link("https://app.example.org/launch", type="smart")]})
    assert (card.links, lost) == ((), 1)


def test_everything_is_cut_and_what_is_left_out_is_counted() -> None:
    long = "x" * 100_000
    many = [{"label": long}] * 50
    links = [link(f"https://x.example/{number}", label=long) for number in range(50)]
    cards, lost = read(*[{**CARD, "summary": long, "detail": long, "suggestions": many, "links": links}] * 40, {}, 7)
    assert len(cards) == MOST_CARDS
    assert lost == 42 - MOST_CARDS + MOST_CARDS * 2 * (50 - MOST_PARTS)
    assert len(cards[0].summary) == MOST_SUMMARY
    assert cards[0].summary.endswith("…")
    assert len(cards[0].detail) == MOST_DETAIL
    assert {len(each) for each in cards[0].suggestions} == {MOST_LABEL}
    assert len(cards[0].suggestions) == len(cards[0].links) == MOST_PARTS


def test_how_urgent_is_never_less_than_it_may_be() -> None:
    said = [read({**CARD, "indicator": each})[0][0].indicator for each in ("critical", "info", "hard-stop", 7, None)]
    assert said == [Indicator.CRITICAL, Indicator.INFO, Indicator.WARNING, Indicator.WARNING, Indicator.WARNING]


def test_what_a_service_would_do_by_itself_is_passed_over() -> None:
    body = {"cards": [CARD], "systemActions": [{"type": "delete", "resourceId": "Patient/p1"}]}
    assert read_cards(json.dumps(body).encode())[1] == 0


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"cards": {}}', b'{"cards": null}', b"[" * 100_000, b"<html>", b"\xff"]
)
def test_anything_else_is_no_answer(body: bytes) -> None:
    with pytest.raises(NotCards):
        read_cards(body)
    with pytest.raises(NotCards):
        read_discovery(body, "patient-view")


def test_of_a_discovery_the_services_of_the_hook_are_taken() -> None:
    def offer(**part: Any) -> dict[str, Any]:
        return {"hook": "patient-view", "id": "a", "description": "x", **part}

    services = [
        offer(prefetch={"p": "Patient/{{context.patientId}}", "": "x", "n": 7}),
        offer(hook="order-sign"),
        offer(id="../admin"),
        offer(id="a?b"),
        offer(id=7),
        offer(id="b", prefetch=[]),
        offer(id="c", prefetch={f"k{number}": "x" for number in range(99)}),
        "x",
    ]
    found = read_discovery(json.dumps({"services": services}).encode(), "patient-view")
    assert [each.id for each in found] == ["a", "b", "c"]
    assert found[0].prefetch == {"p": "Patient/{{context.patientId}}"}
    assert [len(each.prefetch) for each in found] == [1, 0, MOST_TEMPLATES]
    assert len(read_discovery(json.dumps({"services": [offer()] * 99}).encode(), "patient-view")) == 5


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.sampled_from(["https://x.example", "info"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["cards", "summary", "detail", "indicator", "source", "label", "url", "links", "suggestions", "type"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)


@settings(max_examples=examples(300), deadline=None)
@given(ANYTHING)
def test_whatever_comes_nothing_but_a_card_goes_on(content: Any) -> None:
    try:
        cards, lost = read_cards(json.dumps({"cards": content}).encode(errors="surrogatepass"))
    except NotCards:
        return
    assert lost >= 0
    for card in cards:
        assert 0 < len(card.summary) <= MOST_SUMMARY
        assert len(card.detail) <= MOST_DETAIL
        assert all(link.url.startswith(("http://", "https://")) for link in card.links)
