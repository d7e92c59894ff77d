"""Jobs: what was sent, how far it is, what came of it. Rows in SQLite, pictures in a folder of each job's own."""

from penchant.web.jobs.files import DISK_FULL, JobFiles
from penchant.web.jobs.store import JobStore
from penchant.web.jobs.values import Job, JobPhoto, NewPhoto, Seen, State, new_job_id

__all__ = ["DISK_FULL", "Job", "JobFiles", "JobPhoto", "JobStore", "NewPhoto", "Seen", "State", "new_job_id"]
