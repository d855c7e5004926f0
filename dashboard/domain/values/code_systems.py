"""The canonical URIs of the code systems in use, each with where the URI comes from.

A URI that no authority has published is one of our own, under `https://c3-cloud.example/`, and is never made to
look official. Sources write the same system in several ways; `ALIASES` brings those to the one used here.
"""

from typing import Final

OWN: Final = "https://c3-cloud.example/fhir/CodeSystem/"

# From HL7's terminology: https://hl7.org/fhir/R4/terminologies-systems.html
SNOMED: Final = "http://snomed.info/sct"
LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC: Final = "http://www.whocc.no/atc"
ICD_10: Final = "http://hl7.org/fhir/sid/icd-10"
ICD_10_CM: Final = "http://hl7.org/fhir/sid/icd-10-cm"
ICPC_2: Final = "http://hl7.org/fhir/sid/icpc-2"

# ICD-10-SE: the OID of Inera's national service contracts (RIV-TA); HL7 lists no URI of its own.
ICD_10_SE: Final = "urn:oid:1.2.752.116.1.1.1.1.3"
# CIE-10-ES (the Spanish ICD-10-CM): no URI published by HL7 or the ministry was found, so one of our own.
CIE_10_ES: Final = OWN + "cie-10-es"
# Read codes, version 2: the URI of GP Connect and NHS Wales. HL7's `read-Codes` is retired and means version 3.
READ: Final = "http://read.info/readv2"
# NPU: the URI registered by the Danish core profiles; Sweden uses the same nomenclature.
NPU: Final = "http://npu-terminology.org"

# Local lists of the pilot sites: our own URIs.
OSAKIDETZA_DBP: Final = OWN + "osakidetza-dbp"  # Osakidetza's numbered clinical measurements ("DBP")
RJH_LAB: Final = OWN + "rjh-lab"  # Region Jämtland Härjedalen's laboratory codes that are not NPU

# HL7 code systems in everyday use here.
OBSERVATION_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
CONDITION_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/condition-category"
CONDITION_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
CONDITION_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
DATA_ABSENT_REASON: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
APPOINTMENT_TYPE: Final = OWN + "appointment-type"
RECORD_NUMBER: Final = "https://c3-cloud.example/fhir/sid/record-number"
"""The identifiers that new records get from the dashboard, whatever id the server gives them."""
PLAN_OF_TEAM: Final = "https://c3-cloud.example/fhir/sid/plan-of-team"
"""The identifiers of plans that the dashboard starts: team, patient and the plans before it decide the value, so that
two people who start one at the same moment mean the same record."""
CONFERENCE_NUMBER: Final = "https://c3-cloud.example/fhir/sid/conference"
"""The identifier of a conference, and with it of the agenda, minutes, notes and discussions that belong to it: of what
is about one patient the value is `<number>.<Patient id>`. So each is found without a reference, and is made once."""
DOCUMENT_TYPE: Final = OWN + "document-type"  # "conference-note" and "conference-minutes"
LIST_PURPOSE: Final = OWN + "list-purpose"  # "conference-agenda"; HL7's list-example-use-codes has none
SECTION_KIND: Final = OWN + "section-kind"  # what a section of a conference's note or minutes is
SAVE: Final = OWN + "save"
"""Tags of records that were saved one after the other: the code is the id of the Provenance that signs the save."""
GOAL_RELATION: Final = OWN + "goal-relation"  # "conflicts-with", which goal-relationship-type lacks

ENROLMENT_REASON: Final = OWN + "enrolment-reason"  # why somebody does not take part in the pilot, or no more
ENROLMENT_STEP: Final = OWN + "enrolment-step"
"""Tags of a ResearchSubject, by which a server counts it: `<study>.consented`, `<study>.consented.<site>` ...; and
`<study>.by-history`, of one whose changes have to be read to be counted (`dashboard.domain.pilot.enrolment_tags`)."""
PLAN_REVIEW: Final = OWN + "plan-review"
"""The tag "reviewed" of a CarePlan that was saved again while it was in force: Provenances say so too, but no search
counts those."""
GUIDANCE_ANSWERED: Final = OWN + "guidance-answered"
"""The tag "answered" of a GuidanceResponse to which the team has said something: of a team these alone are read, not
every card that somebody has seen."""
CONSENT_FORM: Final = OWN + "consent-form"  # the forms on which somebody agrees to take part; the version is the form's
SUBJECT_NUMBER: Final = "https://c3-cloud.example/fhir/sid/research-subject"
"""The identifier of a ResearchSubject: study and patient decide its value, so that nobody is in a study twice."""
OVERRIDE_REASON: Final = OWN + "override-reason"  # why a recommendation is not for somebody
CONTRADICTION: Final = OWN + "guideline-contradiction"  # about what guidelines contradict each other
DECISION: Final = OWN + "contradiction-decision"  # what is decided between the sides
CONTRADICTION_NUMBER: Final = "https://c3-cloud.example/fhir/sid/guideline-contradiction"
"""The identifier of a DetectedIssue of ours: person, target and facts decide its value, so that it is written once."""
GUIDANCE_NUMBER: Final = "https://c3-cloud.example/fhir/sid/guidance"
"""The identifier of a GuidanceResponse: person, card, version of the rule and facts decide its value, so that what was
seen is written once."""
TRIAL_NUMBER: Final = "https://clinicaltrials.gov"
"""The identifier of a ResearchStudy in the register of trials, as HL7's own examples write it; NCT and eight digits."""

ALIASES: Final[dict[str, str]] = {
    "http://snomed.info/sct/": SNOMED,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "urn:oid:2.16.840.1.113883.6.1": LOINC,
    "urn:oid:2.16.840.1.113883.6.88": RXNORM,
    "urn:oid:2.16.840.1.113883.6.73": ATC,
    "http://fhir.de/CodeSystem/bfarm/atc": ATC,
    "urn:oid:2.16.840.1.113883.6.3": ICD_10,
    "urn:oid:2.16.840.1.113883.6.90": ICD_10_CM,
    "urn:oid:2.16.840.1.113883.6.139": ICPC_2,
    "urn:oid:1.2.752.116.1.1.1": ICD_10_SE,
    "urn:oid:1.2.752.116.1.1.1.1.8": ICD_10_SE,
    "http://hl7.org/fhir/sid/icd-10-se": ICD_10_SE,
    "http://hl7.org/fhir/sid/icd-10-es": CIE_10_ES,
    "urn:oid:1.2.208.176.9.1": NPU,
    "urn:oid:1.2.752.108.1": NPU,
    "http://hl7.org/fhir/data-absent-reason": DATA_ABSENT_REASON,
    "http://hl7.org/fhir/v3/NullFlavor": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
    "urn:oid:2.16.840.1.113883.5.1008": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
    # IPS 0.1 to 0.3 spelled the system in its own way.
    "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown": "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips",
}
"""Other spellings met in the field -> the URI used here."""

WITHOUT_DOTS: Final = frozenset({ICD_10, ICD_10_CM, ICD_10_SE, CIE_10_ES})
"""Systems whose codes are compared without the dot: Sweden writes E119, Spain E11.9, both mean one category."""


def canonical(system: str) -> str:
    """The URI used here for a system; a version after "|" is dropped. An unknown URI stays as it is."""
    plain = system.split("|", 1)[0]
    return ALIASES.get(plain, plain)


def normal_code(system: str, code: str) -> str:
    """The code as it is compared: ICD-10 without its dot, Read without filling dots and without its term number.

    `normal_code(ICD_10_SE, "E11.9")` is "E119"; `normal_code(READ, "C10F.")` is "C10F"; "G58-1" and "G580011", which
    name a synonym, become "G58" and "G580"; other systems' codes are unchanged.
    """
    if system in WITHOUT_DOTS:
        return code.replace(".", "").upper()
    if system == READ:
        return code.split("-", 1)[0][:5].rstrip(".")
    return code
