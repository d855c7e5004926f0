"""English for every reason, check, notice and unreadable record that the layers below can name. Complete by test.

A detail has two forms: what it adds to the sentence of a result ("Potassium 5.9 mmol/L (yesterday), on an MRA"), and
what it says when no result comes with it.
"""

from dashboard.ui.shared.wording import mark

# detail -> (after a result, without one). Keys: dashboard.domain.attention.urgency.DETAIL_KEYS.
DETAILS: dict[str, tuple[str, str]] = {
    "potassium-6-on-raas": (
        mark("on an ACE inhibitor, ARB or MRA"),
        mark("Potassium of 6.0 or more on an ACE inhibitor, ARB or MRA"),
    ),
    "potassium-dangerously-high": (mark("dangerously high"), mark("Potassium dangerously high")),
    "potassium-dangerously-low": (mark("dangerously low"), mark("Potassium dangerously low")),
    "sodium-dangerously-low": (mark("dangerously low"), mark("Sodium dangerously low")),
    "haemoglobin-dangerously-low": (mark("dangerously low"), mark("Haemoglobin dangerously low")),
    "blood-pressure-severe": (mark("severe"), mark("Blood pressure severely raised")),
    "phq9-more-severe": (mark("more severe depression"), mark("PHQ-9 of 16 or more")),
    "potassium-high": (mark("high"), mark("Potassium high")),
    "egfr-below-15": (mark("kidney failure range (G5)"), mark("eGFR under 15")),
    "blood-pressure-low": (mark("low"), mark("Blood pressure low")),
    "hba1c-high": (mark("high"), mark("HbA1c high")),
    "uacr-70-or-more": (mark("70 or more: referral"), mark("uACR of 70 or more")),
    "ntprobnp-high": (mark("over 2,000"), mark("NT-proBNP over 2,000")),
    "blood-pressure-high": (mark("high"), mark("Blood pressure high")),
    "haemoglobin-low-in-ckd": (mark("low, in kidney disease"), mark("Haemoglobin low in kidney disease")),
    "hba1c-above-58": (mark("above 58"), mark("HbA1c above 58")),
    "blood-pressure-above-target": (
        mark("above what guidelines aim at"),
        mark("Blood pressure above what guidelines aim at"),
    ),
    "weight-gain-in-days": (mark("gained within days, in heart failure"), mark("Weight gained within days")),
    "egfr-fall-category": (mark("fell a category within a year"), mark("eGFR fell a category within a year")),
    "egfr-fall-15": (mark("fell 15 or more within a year"), mark("eGFR fell 15 or more within a year")),
    "phq9-rise": (mark("worse"), mark("PHQ-9 worse")),
    "haemoglobin-fall": (mark("falling"), mark("Haemoglobin falling")),
    "hba1c-rise": (mark("rising"), mark("HbA1c rising")),
    "ntprobnp-rise": (mark("rising, in heart failure"), mark("NT-proBNP rising in heart failure")),
    "potassium-on-mra": (mark("on an MRA"), mark("Potassium high on an MRA")),
    "potassium-on-raas": (mark("on an ACE inhibitor or ARB"), mark("Potassium high on an ACE inhibitor or ARB")),
    "triple-whammy": (
        mark("NSAID with ACE inhibitor or ARB and a diuretic"),
        mark("NSAID with ACE inhibitor or ARB and a diuretic"),
    ),
    "metformin-egfr-below-30": (mark("on metformin: stop under 30"), mark("Metformin at an eGFR under 30")),
    "pioglitazone-in-hf": (mark("pioglitazone in heart failure"), mark("Pioglitazone in heart failure")),
    "ace-inhibitor-with-arni": (mark("ACE inhibitor with an ARNI"), mark("ACE inhibitor together with an ARNI")),
    "nsaid-in-hf": (mark("NSAID in heart failure"), mark("NSAID in heart failure")),
    "nsaid-in-ckd": (mark("NSAID in kidney disease"), mark("NSAID in kidney disease")),
    "ace-inhibitor-with-arb": (mark("ACE inhibitor with an ARB"), mark("ACE inhibitor together with an ARB")),
    "rate-limiting-ccb-in-hfref": (
        mark("on diltiazem or verapamil"),
        mark("Diltiazem or verapamil in heart failure with reduced ejection fraction"),
    ),
    "saxagliptin-or-alogliptin-in-hf": (
        mark("saxagliptin or alogliptin in heart failure"),
        mark("Saxagliptin or alogliptin in heart failure"),
    ),
    "ssri-and-thiazide-low-sodium": (
        mark("on an SSRI and a thiazide"),
        mark("Low sodium on an SSRI and a thiazide"),
    ),
    "hypoglycaemia-risk-low-egfr": (
        mark("sulfonylurea or insulin: risk of hypoglycaemia"),
        mark("Sulfonylurea or insulin at a low eGFR: risk of hypoglycaemia"),
    ),
    "tricyclic-in-hf": (mark("tricyclic in heart failure"), mark("Tricyclic in heart failure")),
    "metformin-egfr-below-45": (mark("on metformin: review the dose"), mark("Metformin at an eGFR under 45")),
    "tight-hba1c-hypoglycaemia-risk": (
        mark("tight, on a sulfonylurea or insulin"),
        mark("HbA1c tight on a sulfonylurea or insulin"),
    ),
    "ssri-bleeding-risk": (
        mark("SSRI with an NSAID or anticoagulant: bleeding"),
        mark("SSRI with an NSAID or anticoagulant: risk of bleeding"),
    ),
    "ten-or-more-medicines": (mark("ten or more medicines"), mark("Ten or more medicines")),
    # These kinds have sentences of their own (reasons.py); nothing is added.
    "task-overdue": ("", ""),
    "checks-overdue": ("", ""),
    "abnormal-since-contact": (mark("since the last contact"), ""),
    "plan-review-overdue": ("", ""),
    "plan-unreviewed": ("", ""),
    "no-plan": ("", ""),
    "no-contact": ("", ""),
    "no-contact-in-window": ("", ""),
}

# check key -> its name. Keys: dashboard.domain.attention.checks.CHECK_KEYS.
CHECKS: dict[str, str] = {
    "hba1c": mark("HbA1c"),
    "egfr": mark("eGFR"),
    "uacr": mark("uACR"),
    "potassium": mark("Potassium"),
    "blood-pressure": mark("Blood pressure"),
    "lipids": mark("Lipids"),
    "bmi": mark("BMI"),
    "phq9": mark("PHQ-9"),
    "hf-review": mark("Heart failure review"),
    "smoking": mark("Smoking status"),
    "foot": mark("Foot check"),
    "eyes": mark("Eye screening"),
}

# kind -> sentence; {what} is the resource type, parameter or part that the client or a query names, in words.
NOTICES: dict[str, str] = {
    "no-include": mark("The server does not send related records ({what}); they were asked for one by one."),
    "no-revinclude": mark("The server does not send what refers to a record ({what}); it was asked for separately."),
    "no-post-search": mark("The server takes only short questions ({what}); they were split, so reading was slower."),
    "no-or-lists": mark("The server takes one patient at a time ({what}), so reading was slower."),
    "filtered-here": mark("The server cannot filter by {what}; everything was read and filtered here."),
    "no-count": mark("The server does not count {what}; all were read and counted here, which takes longer."),
    "sorted-here": mark("The server does not sort by {what}; it was sorted here."),
    "incomplete": mark("The server does not give all rows of {what}: the list is not complete."),
    "paging-loop": mark("The server repeats a page of {what}: the list may not be complete."),
    "no-chain": mark("The server cannot search {what} through other records: what has to be counted so is left out."),
    "by-status": mark("Another system has put many people in the study: each counts by status, at no site ({what})."),
    "capped": mark("There are more {what} than are read at once: the list is not complete."),
    "truncated": mark("There are more {what} than are read at once: the list is not complete."),
    "unsorted": mark("The order of {what} could not be made: it is as the server sent it."),
    "parameter-ignored": mark("The server ignored a part of the question about {what}: some may be missing."),
    "server-warning": mark("The server sent a warning with its answer ({what})."),
    "unprotected-save": mark("The server does not protect saving of {what}: two people may overwrite each other."),
    "saved-in-steps": mark(
        "The server saves {what} one record after the other: a save may break off halfway, which is then shown here."
    ),
    "section-failed": mark("{what} could not be read; what depends on it is missing or may be out of date."),
    "section-missing": mark(
        "{what} of some patients could not be read; their rows say so, and it is tried again in the background."
    ),
    "section-outdated": mark(
        "{what} of some patients may be out of date: what changed could not be read; it is tried again by itself."
    ),
    "allergies-partly-none": mark(
        "The record rules out allergies of one kind only, to medicines say; of other kinds it says nothing."
    ),
    "tasks-of-other-patients": mark("Tasks about patients outside your teams are not shown: {what}."),
    "consent-unreadable": mark(
        "Patients whose consent could not be read are not shown: {what}. Ask the coordinator to have it corrected."
    ),
    "team-unreadable": mark(
        "Patients whose care team could not be read are not shown: {what}. Ask the coordinator to have it corrected."
    ),
    "unreadable": mark("Records that could not be read: {what}."),
}

# Unreadable.why -> the words in brackets after the count.
UNREADABLE: dict[str, str] = {
    "unknown-unit": mark("unknown unit"),
    "no-unit": mark("no unit"),
    "no-value": mark("no value"),
    "bad-value": mark("value not understood"),
    "no-date": mark("no date"),
    "bad-date": mark("date not understood"),
    "no-code": mark("no code"),
    "no-patient": mark("no patient"),
    "no-name": mark("no name"),
    "other-server": mark("about a patient of another server"),
    "contained-patient": mark("about a patient who is described only inside it"),
    "somebody-else": mark("not about whom was asked for"),
    "other-type": mark("of another kind than was asked for"),
    "modifier": mark("a modifier that is not understood"),
    "malformed": mark("not in the form FHIR asks for"),
}

# FHIR's resource types and the names of the parts of a patient's page, as people call them.
PARTS: dict[str, str] = {
    "AllergyIntolerance": mark("allergies"),
    "Flag": mark("flags"),
    "allergies": mark("allergies"),
    "Appointment": mark("appointments"),
    "appointments": mark("appointments"),
    "CarePlan": mark("care plans"),
    "plan": mark("care plan"),
    "plans": mark("care plans"),
    "CareTeam": mark("care teams"),
    "team": mark("care team"),
    "teams": mark("care teams"),
    "Condition": mark("problems"),
    "problems": mark("problems"),
    "Encounter": mark("contacts"),
    "contacts": mark("contacts"),
    "Goal": mark("goals"),
    "goals": mark("goals"),
    "MedicationRequest": mark("medicines"),
    "MedicationStatement": mark("medicines"),
    "medicines": mark("medicines"),
    "statements": mark("medicines"),
    "DetectedIssue": mark("decisions about contradictions"),
    "GuidanceResponse": mark("answers to recommendations"),
    "Observation": mark("results"),
    "results": mark("results"),
    "Organization": mark("organisations"),
    "Patient": mark("patients"),
    "Practitioner": mark("professionals"),
    "PractitionerRole": mark("professionals"),
    "Procedure": mark("procedures"),
    "Provenance": mark("who changed what"),
    "RelatedPerson": mark("carers"),
    "ResearchStudy": mark("the pilot"),
    "ResearchSubject": mark("how people stand in the pilot"),
    "carers": mark("carers"),
    "Task": mark("tasks"),
    "tasks": mark("tasks"),
}
