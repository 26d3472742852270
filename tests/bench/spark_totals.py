"""Totals of a published data set by Spark SQL: ``python tests/bench/spark_totals.py FOLDER [THREADS]``.

Needs pyspark (and a Java runtime) and nothing of the package: the interpreter that ``DTANALYTICS_SPARK_PYTHON`` names
will do, so that the package need not depend on Spark. Prints one line of JSON: the seconds that the question took, and
the rows by affiliate, money as text so that no digit is lost.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

MISSING = "pyspark is not installed: name an interpreter that has it, DTANALYTICS_SPARK_PYTHON"

SQL = """
SELECT affiliate, count(*) AS call_count,
  sum(CASE WHEN lead_status = 'Connected' THEN 1 ELSE 0 END) AS connected_count,
  sum(CASE WHEN offer_qualified THEN offer_price ELSE 0 END) AS revenue,
  sum(CASE WHEN affiliate_qualified THEN affiliate_price ELSE 0 END) AS payout,
  count(DISTINCT caller_id) AS caller_count
FROM calls GROUP BY affiliate
"""


def interpreter() -> str:
    """An interpreter that has pyspark; nothing where there is none."""
    python = os.environ.get("DTANALYTICS_SPARK_PYTHON", sys.executable)
    found = subprocess.run([python, "-c", "import pyspark"], capture_output=True, check=False)
    return "" if found.returncode else python


def ask(python: str, folder: str) -> dict[str, Any]:
    """Let an interpreter that has pyspark ask; what `main` prints."""
    done = subprocess.run([python, __file__, folder], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.rstrip().rpartition("\n")[2])
    return found


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
