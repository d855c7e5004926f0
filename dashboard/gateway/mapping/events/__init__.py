"""FHIR R4 resources as events of a timeline: what each tells (`Told`), or the rule that leaves it out.

The types are grouped by what they are to a patient's story: problems, medicines, contacts, results, reports, plans.
Each function is named after its resource and takes the resource and what is known beside it; `CannotRead` as
everywhere.
"""
