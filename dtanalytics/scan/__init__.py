"""The same calls without reading them: cached or published Parquet, asked lazily by DuckDB or Dask."""

from dtanalytics.scan.opening import scan

__all__ = ["scan"]
