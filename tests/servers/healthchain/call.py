"""Run by HealthChain's own Python: sends one CDS Hooks call with its sandbox client, and prints what came back.

Standard input: {"url", "hook", "context", "prefetch"}.
"""

import json
import sys

from healthchain.sandbox.requestconstructors import CdsRequestConstructor
from healthchain.sandbox.sandboxclient import SandboxClient
from healthchain.sandbox.workflows import Workflow

given = json.load(sys.stdin)
client = SandboxClient(url=given["url"], workflow=given["hook"])
client.requests.append(
    CdsRequestConstructor().construct_request(given["prefetch"], Workflow(given["hook"]), given["context"])
)
json.dump(client.send_requests(), sys.stdout)
