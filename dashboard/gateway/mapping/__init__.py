"""FHIR R4 JSON to domain values: one file a resource type, tolerant in what it reads, strict in what it gives.

Each file has one function named after its resource. It gives a domain value, gives None for a record that a rule
leaves out (entered in error, say), and raises `CannotRead` for one that exists and makes no sense; `read_each` turns
the latter into a visible `Unreadable`. No function here changes what it was given.
"""
