"""A process that puts records into an audit spool until it is killed; it tells each id once the record is kept.

`python -m tests.unit.audit.audit_writer FOLDER URL [begin]`
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from dashboard.audit.log import AuditLog
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind, record_of
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.client.http_server import HttpFhirServer

folder, url, *how = sys.argv[1:]
log = AuditLog(Path(folder), HttpFhirServer(url, timeout=(1.0, 2.0)), host="ward-3", every=0.01, pause=0.05)
user = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")
number = 0
while True:
    number += 1
    kind = AuditKind.UPDATE if how else AuditKind.PATIENT_READ
    mary = Reference("Patient", "p1")
    record = record_of(user, kind, f"n{number}", datetime(2026, 11, 20, tzinfo=UTC), patients=(mary,))
    if how:
        log.begin(record)
        print(f"begun {record.id}", flush=True)
        if number % 3:
            log.finish(record)
            print(record.id, flush=True)
    else:
        log.record(record)
        print(record.id, flush=True)
