"""The report of an experiment: one folder of tables, figures, and a page that tells what they say.

ExperimentResult ──> view ──┬──> tables, Table 1    CSV, LaTeX, HTML
                            ├──> figures            SVG, PNG
                            └──> story, charts ──> page
"""

from __future__ import annotations

from penchant.report.experiment.canvas import require_figures
from penchant.report.experiment.folder import CONTENTS, PAGE, report_files, write_report

__all__ = ["CONTENTS", "PAGE", "report_files", "require_figures", "write_report"]
