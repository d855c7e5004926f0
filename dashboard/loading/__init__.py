"""Loads resources into a FHIR server: whole batches of them, and anybody's R4 files.

In the order in which a file passes them: `file_records` reads its records, `chosen_ids` says which id each one gets
(`same_record` says whether two are one, `stored_records` what the server has), `rewrite_references` points references
there (`reference_targets` says where they lead), and `write_batches` writes what is not there yet.
"""
