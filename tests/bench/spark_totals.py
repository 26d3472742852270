"""Totals of a published data set by Spark SQL: ``python tests/bench/spark_totals.py FOLDER [THREADS]``.

Needs pyspark (and a Java runtime) and nothing of the package: any interpreter that has it will do. Prints one line of
JSON: the seconds that the question took, and the rows by affiliate, money as text so that no digit is lost.
"""

from __future__ import annotations

import json
import sys
import time

SQL = """
SELECT affiliate, count(*) AS call_count,
  sum(CASE WHEN lead_status = 'Connected' THEN 1 ELSE 0 END) AS connected_count,
  sum(CASE WHEN offer_qualified THEN offer_price ELSE 0 END) AS revenue,
  sum(CASE WHEN affiliate_qualified THEN affiliate_price ELSE 0 END) AS payout,
  count(DISTINCT caller_id) AS caller_count
FROM calls GROUP BY affiliate
"""


def main() -> None:
    """Ask once and print what was found."""
    from pyspark.sql import SparkSession

    folder, threads = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "2"
    settings = {"spark.ui.enabled": "false", "spark.driver.memory": "4g", "spark.sql.shuffle.partitions": "8"}
    builder = SparkSession.builder.master(f"local[{threads}]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        started = time.perf_counter()
        session.read.parquet(f"{folder}/leadflow").createOrReplaceTempView("calls")
        rows = [row.asDict() for row in session.sql(SQL).collect()]
        seconds = time.perf_counter() - started
    finally:
        session.stop()
    print(json.dumps({"seconds": seconds, "rows": rows}, default=str))


if __name__ == "__main__":
    main()
