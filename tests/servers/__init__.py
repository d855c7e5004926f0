"""The FHIR servers that the contract suite runs against: ours, HAPI and Medplum's memory server; see README.md."""
