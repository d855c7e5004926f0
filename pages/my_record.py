"""My record: a patient's own, or that of whom a carer cares for, in plain words; and who looked at it."""

from dashboard.ui.my_record.widget import my_record
from dashboard.ui.navigation import pages as navigation

my_record(navigation.asked_patient())
