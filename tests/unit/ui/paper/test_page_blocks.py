"""A page's HTML as blocks: what it says remains, in its order; what only a screen can do is left out."""

from dashboard.paper.document import Block, Bullets, Heading, Paragraph, Picture, Row, Table, Tone, Words
from dashboard.ui.paper.page_blocks import page_blocks
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, fragment
from dashboard.ui.shared.icons import icon


def blocks(*parts: Html) -> list[Block]:
    return page_blocks(fragment[parts])


def test_headings_lines_and_lists_stay_in_their_order() -> None:
    assert blocks(
        h.h2["Tasks ", h.span(class_="c3-pillcount")["2"]],
        h.div[h.p["Both are late"]],
        h.ul[h.li["First"], h.li["Second"]],
    ) == [
        Heading("Tasks (2)"),
        Paragraph((Words("Both are late"),)),
        Bullets((((Words("First"),),), ((Words("Second"),),))),
    ]  # fmt: skip


def test_a_line_between_a_heading_and_its_table_is_on_the_sheet_of_the_table() -> None:
    table = h.table[h.thead[h.tr[h.th["Region"]]], h.tbody[h.tr[h.td["North"]]]]
    heading, line, _, after = blocks(h.h2["Plans"], h.p["Of the enrolled."], table, h.p["A draft."])
    assert heading == Heading("Plans")
    assert line == Paragraph((Words("Of the enrolled."),), stays_with_next=True)
    assert after == Paragraph((Words("A draft."),))


def test_buttons_icons_and_words_for_screen_readers_are_left_out() -> None:
    assert blocks(
        h.p[icon("warn"), "Potassium 5.9", h.button(type="button")["Complete"], h.span(class_="c3-sr")["of a task"]],
        h.a(href="timeline", class_="c3-button")["Show on the timeline"],
        h.nav[h.a(href="patient")["Summary"]],
    ) == [Paragraph((Words("Potassium 5.9"),))]


def test_what_is_folded_is_open() -> None:
    assert blocks(h.details(data_key="past")[h.summary["1 past problem"], h.ul[h.li["Gout"]]]) == [
        Paragraph((Words("1 past problem", Tone.STRONG),), stays_with_next=True),
        Bullets((((Words("Gout"),),),)),
    ]


def test_the_rest_of_an_item_stands_beside_it_or_under_it_and_its_lists_below() -> None:
    side = h.div(class_="c3-side")["by 31-Mar-2027"]
    comments = h.ul[h.li["Phoned"], h.li["No answer"]]
    short = h.li[h.div(class_="c3-main")["Walk", h.div(class_="c3-sub")["own goal"], comments], side]
    long = h.li[h.div(class_="c3-main")["Walk " * 20], side]
    beside, under = blocks(h.ul[short, long])[0].items  # type: ignore[union-attr]
    soft = Tone.SOFT
    assert beside == (
        (Words("Walk"), Words("own goal;", soft), Words("by 31-Mar-2027", soft)),
        (Words("–"), Words("Phoned")),
        (Words("–"), Words("No answer")),
    )
    assert under == ((Words("Walk " * 19 + "Walk"),), (Words("by 31-Mar-2027", soft),))


def test_tables_keep_their_groups_their_columns_and_their_drawings() -> None:
    drawing = h.svg(viewBox="0 0 9 9", role="img", aria_label="It rises")[
        h.path(class_="line", d="M0 0L9 9"), h.rect(x=0)
    ]
    table = h.table[
        h.thead[h.tr[h.th["What"], h.th["Latest"]]],
        h.tbody[
            h.tr(class_="c3-grouprow")[h.th(colspan=2)[h.b["Kidney"]]],
            h.tr[h.th["Potassium"], h.td[h.b["5.9"], drawing]],
            h.tr(class_="c3-norow")[h.td(colspan=2)["No results"]],
        ],
    ]
    [found] = blocks(table)
    assert isinstance(found, Table)
    assert [column.heading for column in found.columns] == ["What", "Latest"]
    group, row, none = found.rows
    assert group == Row((((Words("Kidney", Tone.STRONG),),),))
    assert none == Row((((Words("No results"),),), ()))
    value, drawn = row.cells[1]
    assert value == (Words("5.9", Tone.STRONG),)
    assert isinstance(drawn, Picture)
    assert drawn.alt == "It rises"
    assert 'd="M0 0L9 9"' in drawn.svg
    assert drawn.svg.endswith("</svg>")


def test_marks_are_lines_in_words_and_red_is_urgent() -> None:
    marks = [
        h.span(class_="c3-mark c3-mark-urgent")[h.b["!"], " urgent"], h.span(class_="c3-mark")[h.b["o"], " outside"],
    ]  # fmt: skip
    table = h.table[h.thead[h.tr[h.th["Latest"]]], h.tbody[h.tr[h.td["5.9", marks], h.td["x"]]]]
    assert blocks(table)[0].rows[0].cells[0] == (  # type: ignore[union-attr]
        (Words("5.9"),), (Words("urgent", Tone.URGENT),), (Words("outside", Tone.LATE),),
    )  # fmt: skip


def test_what_could_not_be_read_is_framed() -> None:
    [found] = blocks(h.p(class_="c3-failed", role="alert")[icon("warn"), h.span["Results: This could not be read."]])
    assert found == Paragraph((Words("Results: This could not be read.", Tone.LATE),), framed=True)


def test_where_the_usual_ranges_come_from_is_small_print_at_the_end() -> None:
    ranges = h.details(data_key="ranges")[h.summary["Sources"], h.ul[h.li["HbA1c: NICE"], h.li["eGFR: KDIGO"]]]
    assert blocks(ranges, h.p["Last"]) == [
        Paragraph((Words("Last"),)),
        Paragraph((Words("Sources: HbA1c: NICE; eGFR: KDIGO.", Tone.SOFT),)),
    ]
