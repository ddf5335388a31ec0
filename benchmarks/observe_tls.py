"""One TLS observation and nothing else, so that it compares with the sslyze command."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from conformance.areas.tls import look
from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.engine.observatory import Observatory
from conformance.inputs import target_file
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import open_vault

path = Path(sys.argv[1])
aim = target_file.read(path)
vault = open_vault(aim.secret_refs(), os.environ, path.parent)
budget = Budget(aim.limits)
observatory = Observatory(Bench(aim, vault, budget, Redactor(vault), path.parent))
if gaps := [
    weakness.detail for weakness in observatory.get(look.scan).weaknesses.values() if weakness.vulnerable is None
]:
    sys.exit(f"the observation is not whole: {gaps}")
print(json.dumps({"seconds": observatory.seconds()["tls"], "connections": budget.connections_opened}))
