"""Both services on a loopback port: seeded calls with known truth, quirks, faults, an exact oracle.

>>> calls = generate(leadflow=100, bids=50)
>>> with Emulator(calls) as service:
...     len(service.records("leadflow"))
100
"""

from dtanalytics.emulator.calls import Calls, generate
from dtanalytics.emulator.faults import Fault
from dtanalytics.emulator.ledger import Comparison, compare, fingerprint
from dtanalytics.emulator.market import MARKET, Facts
from dtanalytics.emulator.process import serve_process
from dtanalytics.emulator.quirks import Quirks
from dtanalytics.emulator.server import Emulator
from dtanalytics.emulator.services import Credentials

__all__ = [
    "MARKET",
    "Calls",
    "Comparison",
    "Credentials",
    "Emulator",
    "Facts",
    "Fault",
    "Quirks",
    "compare",
    "fingerprint",
    "generate",
    "serve_process",
]
