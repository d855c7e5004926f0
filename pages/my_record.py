"""My record: a patient's own, or that of the person a carer cares for, in plain words; and who has read it."""

from dashboard.ui.my_record.widget import my_record
from dashboard.ui.navigation import pages as navigation

my_record(navigation.asked_patient())
