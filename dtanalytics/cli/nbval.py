"""The command ``dtanalytics nbval-config``: what differs from day to day in the outputs of notebooks."""

from __future__ import annotations

import click

from dtanalytics.cli import options as opt

CONFIG = r"""[memory]
regex: 0x[0-9a-fA-F]{6,}
replace: 0xADDRESS

[styler]
regex: T_[0-9a-f]{5}
replace: T_UUID

[moment of a load]
regex: as of \d{4}-\d\d-\d\d \d\d:\d\d UTC
replace: as of MOMENT

[moment with a zone]
regex: \d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z| UTC)
replace: MOMENT

[time taken]
regex: \b\d+(\.\d+)? ?(ns|us|µs|ms)\b
replace: TIME

[wall time]
regex: (?m)^(CPU times|Wall time):.*$
replace: TIME

[folder]
regex: (/tmp|/var/folders|/private|/home|/Users|[A-Z]:\\Users)[/\\][^\s'",<>]+
replace: FOLDER
"""


@click.command("nbval-config", epilog=opt.example("dtanalytics nbval-config > nbval.cfg"))
def nbval_config() -> None:
    """Print the patterns of what differs from day to day, for pytest --nbval-sanitize-with.

    Moments of loads ("as of"), times taken, folders and addresses in memory; never a figure of calls.
    """
    click.echo(CONFIG, nl=False)
