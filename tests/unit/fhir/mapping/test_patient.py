"""Patients: where somebody lives."""

from dashboard.fhir.mapping.patient import country


def test_the_country_is_that_of_the_first_address_that_is_not_old() -> None:
    old, now = {"use": "old", "country": "FR"}, {"use": "home", "country": "gb"}
    assert country({"address": [old, {"city": "Warwick"}, now]}) == "GB"
    assert country({"address": [{"country": "United Kingdom"}]}) == country({}) == country({"address": 7}) == ""
