"""``python -m dtanalytics.emulator '{"leadflow": 1000}'``: see process.py; people use the command line."""

import sys

from dtanalytics.emulator.service.process import main

main(sys.argv[1] if len(sys.argv) > 1 else "{}")
