"""Storage: Parquet parts and the run's folder."""

from penchant.storage.parts import atomic_file
from penchant.storage.run import RunDirectory, is_run, open_run, read_run

__all__ = ["RunDirectory", "atomic_file", "is_run", "open_run", "read_run"]
