"""``python -m dtanalytics`` is the command ``dtanalytics``."""

from dtanalytics.cli import main

main()
