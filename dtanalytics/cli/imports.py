"""The command ``dtanalytics import``: another platform's calls into the cache."""

from __future__ import annotations

import click

import dtanalytics as dta
from dtanalytics.cli import options as opt


@click.command(
    "import",
    epilog=opt.example(
        "dtanalytics import october.csv --platform invoca --timezone America/Chicago",
        "dtanalytics import answers/",
    ),
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH")
@click.option("--platform", help="invoca, ringba, retreaver or callrail; by default the columns tell.")
@click.option("--timezone", help="Zone of times that have no offset, such as America/Chicago.")
@opt.csv
def import_calls(paths: tuple[str, ...], platform: str | None, timezone: str | None, csv: bool) -> None:
    """Keep another platform's calls in the cache; imported again nothing doubles.

    PATH is a saved answer or an export (JSON, CSV, XLSX; gz and zip), or a folder of them.
    """
    opt.show(dta.import_calls(list(paths), platform, timezone=timezone), csv)
