"""Words for tests of the reading layout: letters of one width."""

from dataclasses import replace

from dashboard.domain.timeline.reading.blocks import Block, Row
from dashboard.domain.timeline.scene import Bar
from tests.unit.domain.timeline.layout.rooms import ROOM as WIDE
from tests.unit.domain.timeline.layout.rooms import SimpleLabels

ROOM = replace(WIDE, width=600)


class SimpleReadingLabels(SimpleLabels):
    """As `SimpleLabels`; a medicine's name and dose are its text and detail."""

    def medicine(self, row: Row) -> str:
        return row[-1].text

    def also(self, bar: Bar, block: Block) -> str:
        return "+" + " ".join(key.value[:3] for key in bar.shared) if bar.shared else ""


LABELS = SimpleReadingLabels()
