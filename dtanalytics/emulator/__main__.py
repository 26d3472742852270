"""``python -m dtanalytics.emulator '{"leadflow": 1000}'``, which process.py runs.

By hand, use ``dtanalytics emulate`` instead.
"""

import sys

from dtanalytics.emulator.service.process import main

main(sys.argv[1] if len(sys.argv) > 1 else "{}")
