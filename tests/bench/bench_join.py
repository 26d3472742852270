"""What joining both reports and the keyword table cost, beside a join written by hand in DuckDB."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd

from dtanalytics.analysis.keywords import keywords
from dtanalytics.analysis.matching.join import join_calls
from dtanalytics.emulator.world.calls import generate
from dtanalytics.frames import to_pandas
from dtanalytics.schema import BIDS, LEADFLOW
from tests.bench.harness import Bench

NEEDED = [
    "adwords_account_id",
    "adwords_campaign_id",
    "adwords_adgroup_id",
    "adwords_keyword_id",
    "vt_keyword",
]
TABLE = """
select adwords_account_id, adwords_campaign_id, adwords_adgroup_id, adwords_keyword_id,
    any_value(vt_keyword) as keyword, count(*) as call_count,
    count(*) filter (where lead_status = 'Connected') as connected_count,
    count(*) filter (where offer_qualified) as offer_qualified_count,
    coalesce(sum(cast(round(offer_price * 10000) as bigint)) filter (where offer_qualified), 0) / 10000 as revenue,
    coalesce(sum(cast(round(affiliate_price * 10000) as bigint)) filter (where affiliate_qualified), 0) / 10000
        as payout
from {source} group by 1, 2, 3, 4 order by 1, 2, 3, 4
"""


def run(bench: Bench) -> None:
    """Time both, on the same frames, every column and only those that the table needs."""
    for rows in bench.sizes():
        names = [f"join {rows:,} calls, {what}" for what in ("all columns", "keyword columns", "table only")]
        if any(map(bench.wants, names)):
            leadflow, bids = _calls(rows)
            _check(leadflow, bids)
            bench.compare(
                names[0],
                {
                    "ours": lambda: keywords(join_calls(leadflow, bids)),  # noqa: B023 (called at once)
                    "DuckDB": lambda: _by_hand(leadflow, bids, "*"),  # noqa: B023
                },
                rounds=3,
                target=3.0,
                higher_is_better=False,
            )
            bench.compare(
                names[1],
                {
                    "ours": lambda: keywords(join_calls(leadflow, bids, columns=NEEDED)),  # noqa: B023
                    "DuckDB": lambda: _by_hand(leadflow, bids, ", ".join(NEEDED)),  # noqa: B023
                },
                rounds=3,
                target=3.0,
                higher_is_better=False,
            )
            bench.compare(
                names[2],  # DuckDB never builds the joined calls here; ours hands them out on the way
                {
                    "ours": lambda: keywords(join_calls(leadflow, bids, columns=NEEDED)),  # noqa: B023
                    "DuckDB": lambda: _table_by_hand(leadflow, bids),  # noqa: B023
                },
                rounds=3,
                target=3.0,
                higher_is_better=False,
            )


def _calls(rows: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As many calls in each report, of which those that came over the web have a sid in common."""
    made = generate(leadflow=rows, bids=rows, start="2026-08-01")
    return to_pandas(made.leadflow, LEADFLOW), to_pandas(made.bids, BIDS)


def _by_hand(leadflow: pd.DataFrame, bids: pd.DataFrame, columns: str) -> pd.DataFrame:
    with duckdb.connect() as connection:
        connection.register("leadflow", leadflow)
        connection.register("bids", bids)
        wanted = "bids.* exclude (sid)" if columns == "*" else columns
        connection.execute(
            f"create table joined as select leadflow.*, {wanted} from leadflow left join bids using (sid)"  # noqa: S608
        )
        return connection.sql(TABLE.format(source="joined")).df()


def _table_by_hand(leadflow: pd.DataFrame, bids: pd.DataFrame) -> pd.DataFrame:
    with duckdb.connect() as connection:
        connection.register("leadflow", leadflow)
        connection.register("bids", bids)
        return connection.sql(TABLE.format(source="leadflow left join bids using (sid)")).df()


def _check(leadflow: pd.DataFrame, bids: pd.DataFrame) -> None:
    """Both give the same table, or the times mean nothing."""
    ours, theirs = (
        keywords(join_calls(leadflow, bids, columns=NEEDED)),
        _by_hand(leadflow, bids, ", ".join(NEEDED)),
    )
    for name in ("call_count", "connected_count", "offer_qualified_count", "revenue", "payout"):
        np.testing.assert_allclose(ours[name].sum(), theirs[name].sum(), rtol=0, atol=1e-6)
