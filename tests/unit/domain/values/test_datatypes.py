"""Laws of the domain's values: every value is well formed, equality is of meaning, dates have one order."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.values.datatypes import Coding, PartialDate, Quantity, Reference

_zones = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_days = st.dates(date(1, 1, 2), date(9999, 12, 30))
partial_dates = st.one_of(
    _days.map(lambda day: f"{day.year:04d}"),
    _days.map(lambda day: f"{day.year:04d}-{day.month:02d}"),
    _days.map(date.isoformat),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=_zones).map(datetime.isoformat),
).map(PartialDate)


@given(partial_dates, partial_dates, partial_dates)
def test_dates_have_one_order_that_agrees_with_equality(a: PartialDate, b: PartialDate, c: PartialDate) -> None:
    assert [a < b, a == b, a > b].count(True) == 1
    assert (a <= b) == (a < b or a == b)
    if a <= b <= c:
        assert a <= c
    if a == b:
        assert hash(a) == hash(b)


@given(partial_dates)
def test_a_date_has_its_original_text_and_the_span_that_it_may_mean(a: PartialDate) -> None:
    assert str(a) == a.text
    assert a.start <= a.end
    days = (a.end - a.start).days + 1
    assert days in {"year": (365, 366), "month": (28, 29, 30, 31), "day": (1,), "time": (1,)}[a.precision]
    assert a.moment.tzinfo is UTC


@given(partial_dates, partial_dates)
def test_the_order_of_dates_is_that_of_their_first_moments(a: PartialDate, b: PartialDate) -> None:
    if a.moment < b.moment:
        assert a < b


def test_of_two_dates_with_equal_first_moment_the_less_precise_is_first() -> None:
    texts = ["2024-01-01T00:00:00Z", "2024-01", "2024-01-01", "2024"]
    assert [str(each) for each in sorted(map(PartialDate, texts))] == ["2024", "2024-01", "2024-01-01", texts[0]]


NO_DATES = ["", "24", "2024-13", "2024-02-30", "2024-1-1", "2024-01-01Tnoon", "2024-01-01 ", " 2024", "0000", "٢٠٢٤"]
NO_MOMENTS = ["0001-01-01T00:00:00+14:00", "2024-01-01T25:00:00Z", "20240101"]


@pytest.mark.parametrize("text", [*NO_DATES, *NO_MOMENTS])
def test_a_text_that_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        PartialDate(text)


@given(st.text(max_size=30))
def test_any_text_is_refused_or_becomes_a_usable_date(text: str) -> None:
    try:
        built = PartialDate(text)
    except ValueError:
        return
    assert built.start <= built.end
    assert built.moment


codes = st.text(alphabet="abcAB12.-", min_size=1, max_size=5)


@given(st.sampled_from(["", "http://loinc.org", "http://snomed.info/sct"]), codes, codes, codes)
def test_codings_are_equal_by_system_and_code_whatever_they_display(system: str, code: str, a: str, b: str) -> None:
    assert Coding(system, code, a) == Coding(system, code, b)
    assert hash(Coding(system, code, a)) == hash(Coding(system, code, b))
    assert Coding(system, code) != Coding(system + "x", code)
    assert Coding(system, code) != (system, code)


@pytest.mark.parametrize("code", ["", " ", "a ", "\ta"])
def test_a_coding_needs_a_code_without_spaces_around(code: str) -> None:
    with pytest.raises(ValueError):
        Coding("http://loinc.org", code)


_ids = st.text(alphabet="abcXYZ0189-.", min_size=1, max_size=64)
_types = st.sampled_from(["Patient", "Observation", "CarePlan"])


@given(_types, _ids, st.booleans())
def test_a_relative_reference_is_read_with_and_without_a_version(type_: str, id_: str, versioned: bool) -> None:
    reference = Reference(type_, id_)
    assert Reference.parse(str(reference)) == reference
    assert Reference.parse(str(reference) + ("/_history/2" if versioned else "")) == reference


@given(_types, _ids, st.sampled_from(["http://server/fhir/", "https://a.b/c/d/", "//a.b/", "a/b/", "/"]), st.booleans())
def test_a_reference_to_another_server_is_never_read_as_one_of_ours(
    type_: str, id_: str, base: str, versioned: bool
) -> None:
    with pytest.raises(ValueError, match="relative"):
        Reference.parse(base + str(Reference(type_, id_)) + ("/_history/2" if versioned else ""))


NO_REFERENCES = ["", "p1", "#contained", "urn:uuid:1-2", "Patient/", "patient/p1", "Patient/p_1", "Patient/p1?x=1"]


@pytest.mark.parametrize("text", NO_REFERENCES)
def test_a_text_that_is_no_literal_reference_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Reference.parse(text)


def test_a_quantity_is_a_finite_decimal_with_a_known_comparator() -> None:
    assert str(Quantity(Decimal("7.10"), "%").value) == "7.10"
    for value in (Decimal("NaN"), Decimal("Infinity")):
        with pytest.raises(ValueError):
            Quantity(value, "%")
    with pytest.raises(ValueError):
        Quantity(7.1, "%")  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        Quantity(Decimal(7), "%", "~")
