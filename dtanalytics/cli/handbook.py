"""``dtanalytics docs``: open the handbook, or say where it is."""

from __future__ import annotations

from pathlib import Path

import click

from dtanalytics.cli import options as opt
from dtanalytics.errors import NotFoundError

_INSTALLED = Path(__file__).parents[1] / "handbook" / "index.html"
_BUILT = Path(__file__).parents[2] / "build" / "docs" / "index.html"


@click.command(name="docs", epilog=opt.example("dtanalytics docs --no-open"))
@click.option(
    "--open/--no-open", "opens", default=True, help="Open it in the browser, or only print where it is."
)
def docs(opens: bool) -> None:
    """Open the handbook: first steps, recipes, gallery, reference.

    It is part of the installed package; in a checkout `make docs` writes it. No network is needed.
    """
    page = next((path for path in (_INSTALLED, _BUILT) if path.is_file()), None)
    if page is None:
        raise NotFoundError(
            "this installation came without the handbook: in a checkout, `make docs` writes it"
        )
    click.echo(page)
    if opens:
        click.launch(page.as_uri())
