"""A row says of a person no more than the figures do, and rows add up to the figures."""

from collections import Counter
from dataclasses import replace

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.disclosure import FEW, FEWEST, WITHHELD
from dashboard.domain.pilot.enrolment_disclosure import may_show
from dashboard.domain.pilot.enrolment_rows import WAY, EnrolmentList, EnrolmentRow, Listed, enrolment_rows, listed
from dashboard.domain.pilot.enrolment_shown import EnrolmentFigures
from dashboard.domain.pilot.funnel import Area, Step
from tests.unit.domain.pilot.test_enrolment import HERE, S, way
from tests.unit.domain.pilot.test_enrolment import WAY as WAY_TO
from tests.unit.enrolment_of_the_pilot import enrolment_counts
from tests.unit.people_of_the_pilot import KEY


def made(seed: int = 1, people: int = 60) -> tuple[EnrolmentFigures, list[Listed]]:
    """Figures, and people who add up to them."""
    counts = enrolment_counts(seed, people)
    found = []
    for site in (area for area in counts.funnel if area.level is Level.SITE):
        for number in range(counts.funnel[site][Step.SCREENED]):
            steps = frozenset(step for step in WAY if number < counts.funnel[site][step])
            found.append(Listed(f"{site.site}-{number}", site, steps))
    return may_show(counts), found


def test_the_rows_of_a_site_add_up_to_each_of_its_figures() -> None:
    figures, people = made()
    rows = EnrolmentList(figures, enrolment_rows(people, figures, KEY))
    for each in figures.areas:
        if each.area.level is Level.SITE and each.steps[Step.SCREENED].value is not None:
            for step in WAY:
                if (value := each.steps[step].value) is not None:
                    assert len(rows.of(step, each.area.region, each.area.site)) == value
    assert len(rows.rows) == figures.whole.steps[Step.SCREENED].value
    assert rows.of(Step.WITHDRAWN) == ()


def test_at_least_five_rows_are_alike_and_no_row_has_a_step_that_is_not_shown() -> None:
    for people in (30, 60):
        figures, those = made(2, people)
        rows = enrolment_rows(those, figures, KEY)
        alike = Counter((row.region, row.site, row.step) for row in rows if row.step is not None)
        assert all(count >= FEWEST for count in alike.values())
        for region, site, step in alike:
            assert step is not None and figures.steps(Area(Level.SITE, region, site))[step].value is not None


def test_where_the_rows_do_not_add_up_to_a_site_only_its_region_is_named() -> None:
    """Somebody has moved: the next step was reached elsewhere."""
    figures, people = made()
    moved = people[0]
    people[0] = Listed(moved.ident, moved.site, moved.steps - {Step.ENROLLED, Step.ACTIVE, Step.COMPLETED})
    rows = enrolment_rows(people, figures, KEY)
    assert not [row for row in rows if row.site == moved.site.site]
    assert [row for row in rows if (row.region, row.site, row.step) == (moved.site.region, "", None)]


def test_where_the_region_is_not_shown_either_a_row_is_a_pseudonym_alone() -> None:
    figures, people = made()
    hidden = tuple(
        each
        if each.area.level is Level.ALL
        else replace(each, steps=dict.fromkeys(Step, FEW if each.area.site else WITHHELD))
        for each in figures.areas
    )
    rows = enrolment_rows(people, replace(figures, areas=hidden), KEY)
    assert set(rows) == {EnrolmentRow(row.pseudonym) for row in rows} and len(rows) == len(people)


def test_other_people_than_were_counted_are_no_list() -> None:
    figures, people = made()
    assert enrolment_rows(people[1:], figures, KEY) == ()


def test_a_person_is_listed_where_the_screening_was() -> None:
    subject = way(*WAY_TO[S.ENROLLED])
    site = HERE.to.id if HERE.to is not None else ""
    [found] = listed([subject], {site: "south"}, {})
    assert found.site == Area(Level.SITE, "south", site) and Step.ENROLLED in found.steps
    assert listed([way()], {}, {}) == []
