"""The FHIR servers of the contract suite: the embedded one, HAPI and Medplum's memory server; see README.md."""
