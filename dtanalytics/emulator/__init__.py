"""Both services on a loopback port: seeded calls with known truth, quirks, faults, an exact oracle.

>>> calls = generate(leadflow=100, bids=50)
>>> with Emulator(calls) as service:
...     len(service.records("leadflow"))
100
"""

from dtanalytics.emulator.oracle import Comparison, compare, fingerprint
from dtanalytics.emulator.service.answers import Credentials
from dtanalytics.emulator.service.faults import Fault
from dtanalytics.emulator.service.process import serve_process
from dtanalytics.emulator.service.quirks import Quirks
from dtanalytics.emulator.service.server import Emulator
from dtanalytics.emulator.world.calls import Calls, generate
from dtanalytics.emulator.world.market import MARKET, Facts

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
