"""``python -m dtanalytics`` is the command ``dtanalytics``."""

from dtanalytics.cli.commands import main

main()
