"""``dtanalytics gallery``: every picture of the package on one page."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

import click

import dtanalytics as dta
from dtanalytics.cli import options as opt

if TYPE_CHECKING:
    import pandas as pd

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Gallery</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:1100px;margin:2rem auto;padding:0 1rem}}
figure{{margin:0 0 2.5rem}}img{{max-width:100%}}figcaption{{color:#555}}</style>
<h1>Gallery</h1>
<p>{period}</p>
<p>Every picture that <code>df.calls.plot</code> draws, with the numbers behind it.</p>
{figures}
</html>
"""
_FIGURE = (
    '<figure><img src="{picture}" alt="{shows}">'
    '<figcaption>{name}: <a href="{table}">numbers</a></figcaption></figure>'
)


@click.command(epilog=opt.example("dtanalytics gallery --out build/report/gallery"))
@click.option(
    "--window", help="Window to draw, compared with --earlier; the demo's two months when left out."
)
@click.option("--earlier", help="Earlier window, for the bridge and comparisons.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("build/report/gallery"),
    show_default=True,
    help="Folder for the page and its pictures.",
)
def gallery(window: str | None, earlier: str | None, out: Path) -> None:
    """Draw every picture of the package into a page."""
    if window:
        page = _load_and_draw(window, earlier, out)
    else:
        with dta.demo():
            page = _load_and_draw("2026-10", "2026-09", out)
    click.echo(f"wrote {page}")


def _load_and_draw(window: str, earlier: str | None, out: Path) -> Path:
    before = dta.load_leadflow(earlier) if earlier else None
    return write_page(dta.load_leadflow(window), before, dta.load_bids(window), out)


def write_page(calls: pd.DataFrame, earlier: pd.DataFrame | None, bids: pd.DataFrame, out: Path) -> Path:
    """Draw the pictures and the page that shows them."""
    from dtanalytics import plots
    from dtanalytics.reports.kernel import period_of_notebook

    pictures = plots.gallery(calls, out, earlier, bids=bids)
    figures = "\n".join(
        _FIGURE.format(
            picture=html.escape(path.name),
            table=html.escape(f"{path.stem}.json"),
            name=html.escape(path.stem.replace("_", " ").capitalize()),
            shows=html.escape(_shows(path)),
        )
        for path in pictures
    )
    page = out / "index.html"
    period = html.escape(period_of_notebook({"calls": calls}))
    page.write_text(_PAGE.format(figures=figures, period=period), encoding="utf-8")
    return page


def _shows(picture: Path) -> str:
    """What a picture shows, in the words that were written into its file."""
    from PIL import Image

    with Image.open(picture) as image:
        return str(image.info["Description"])
