"""The words of the errors of the pilot's register: a part of `error_words.ERRORS`."""

from dashboard.ui.shared.wording import mark

ENROLMENT_ERRORS: dict[str, str] = {
    "enrolment-change-not-permitted": mark(
        "Only a clinician or a coordinator changes how somebody stands in the pilot."
    ),
    "enrolment-changed": mark("Somebody has changed how this person stands in the pilot. Look again, then change it."),
    "enrolment-not-found": mark("There is no such record in the pilot for this person."),
    "study-not-found": mark("This pilot is not on the server, or cannot be read."),
    "enrolment-not-known": mark("How this person stands in the pilot could not be read, so it is not changed."),
    "enrolment-unreadable": mark("The record of this person in the pilot cannot be read, so it is not changed."),
    "enrolment-listed-already": mark("This person is in the pilot already."),
    "enrolment-cannot-be-screened": mark(
        "Nobody is screened who was approached already, or whose participation is over."
    ),
    "enrolment-cannot-be-eligible": mark(
        "Only somebody who is listed, screened or was not eligible can be found eligible."
    ),
    "enrolment-cannot-be-ineligible": mark(
        "Only somebody who is not enrolled yet can be found not eligible; afterwards record why the person left."
    ),
    "enrolment-cannot-be-approached": mark("Only somebody who is eligible, or has said no before, is approached."),
    "enrolment-cannot-decline": mark(
        "Only somebody who was approached can say no. Who has consented withdraws the consent."
    ),
    "enrolment-cannot-consent": mark("Only somebody who was approached, and has not said no, can consent."),
    "enrolment-cannot-be-enrolled": mark("Only somebody who has consented can be enrolled."),
    "enrolment-cannot-start": mark("Only somebody who is enrolled, and has not begun, can begin."),
    "enrolment-cannot-be-followed-up": mark("Only somebody who takes part now can go over to follow-up."),
    "enrolment-cannot-complete": mark("Only somebody who takes part or is followed up can complete the pilot."),
    "enrolment-cannot-withdraw": mark("There is no consent in force that could be withdrawn."),
    "enrolment-no-consent-to-withdraw": mark(
        "This person has not consented, so there is nothing to withdraw. Record that the person said no."
    ),
    "enrolment-over": mark("The participation of this person is over, so nothing more is recorded."),
    "enrolment-nothing-to-take-back": mark("There is no change here that could be taken back."),
    "enrolment-day-in-future": mark("The day lies in the future. Choose the day on which it happened."),
    "enrolment-day-before-last": mark("The last change was on {day}. Choose that day or a later one."),
    "enrolment-reason-missing": mark("Choose a reason from the list."),
    "enrolment-form-missing": mark("Name the form of the consent and its version ({most} characters at most each)."),
    "enrolment-consent-missing": mark("Record the consent first."),
    "enrolment-arm-missing": mark("Choose the group: intervention or comparison."),
    "enrolment-layer-missing": mark("Choose the layer of the evaluation: 3 or 4."),
    "enrolment-site-missing": mark("Choose another site of the pilot."),
    "enrolment-patient-died": mark("This person has died. Record that the person left the pilot, and why."),
    "export-not-begun": mark("The FHIR server says that it exports, and did not begin to."),
    "export-elsewhere": mark(
        "The FHIR server wrote the exported files to another address. Fetch them from there, and evaluate the files."
    ),
    "export-incomplete": mark("The FHIR server did not export everything, so nothing was evaluated."),
    "export-slow": mark("The FHIR server had not ended its export after {minutes} minutes."),
    "evaluation-cut-short": mark(
        "The FHIR server did not send all records of the type {what}, so nothing was evaluated: half of them make "
        "wrong numbers."
    ),
    "evaluation-no-study": mark("No ResearchStudy is there, so nobody is enrolled in the pilot."),
    "evaluation-which-study": mark("There are {number} studies. Say the id of the one that is to be evaluated."),
    "evaluation-no-such-study": mark("There is no study with that id among the {number}."),
    "screening-answer-missing": mark("Choose at least one answer, from the list."),
    "screening-answer-unreadable": mark("This answer cannot be read, so it is not changed."),
    "screening-answer-not-found": mark("There is no such answer of this person."),
    "screening-carer-not-found": mark("This carer is not one of the patient's, or no longer. Nothing was recorded."),
    "enrolment-patient-merged": mark("This record was merged into another one. Change the record that is in use."),
}
