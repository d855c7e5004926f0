"""My record: a patient's own, or that of whom a carer cares for, in plain words; and who looked at it."""

from dashboard.ui import navigation
from dashboard.ui.widgets.my_record import my_record

my_record(navigation.asked_patient())
