"""The command ``dtanalytics import``: another platform's calls into the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

import dtanalytics as dta
from dtanalytics.cli import options as opt

if TYPE_CHECKING:
    from dtanalytics.texts.amounts import DecimalMark


@click.command(
    "import",
    epilog=opt.example(
        "dtanalytics import october.csv --platform invoca --timezone America/Chicago",
        "dtanalytics import answers/",
        "dtanalytics import calls.csv --name 'Deal Value' offer_price --dayfirst --decimal ,",
    ),
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH")
@click.option("--platform", help="invoca, ringba, retreaver or callrail; by default the columns tell.")
@click.option("--timezone", help="Zone of times that have no offset, such as America/Chicago.")
@click.option(
    "--name",
    "names",
    nargs=2,
    multiple=True,
    metavar="COLUMN OURS",
    help="A column of the files, and our name for it; may be repeated.",
)
@click.option("--decimal", type=click.Choice([".", ","]), help="What stands before the decimals.")
@click.option("--dayfirst/--monthfirst", default=None, help="Whether 05/10/2026 is 5 October, or 10 May.")
@click.option("--sheet", help="Name of the sheet of a workbook.")
@click.option("--encoding", help="Encoding of the text, such as cp1252; by default the text tells.")
@click.option("--delimiter", help="What stands between values; by default the text tells.")
@opt.csv
def import_calls(
    paths: tuple[str, ...],
    platform: str | None,
    timezone: str | None,
    names: tuple[tuple[str, str], ...],
    decimal: str | None,
    dayfirst: bool | None,
    sheet: str | None,
    encoding: str | None,
    delimiter: str | None,
    csv: bool,
) -> None:
    """Keep another platform's calls in the cache; imported again nothing doubles.

    PATH is a saved answer or an export (JSON, CSV, XLSX; gz and zip), or a folder of them.
    """
    counts = dta.import_calls(
        list(paths),
        platform,
        dict(names) or None,
        timezone,
        decimal=cast("DecimalMark | None", decimal),
        dayfirst=dayfirst,
        sheet=sheet,
        encoding=encoding,
        delimiter=delimiter,
    )
    opt.show(counts, csv)
