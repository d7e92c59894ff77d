"""An experiment: many users' predicted profiles against their references, with baselines, intervals and tests."""

from penchant.experiment.folder import check_folder, metrics_json, write_folder
from penchant.experiment.ground import Means
from penchant.experiment.plan import BabelNetOptions, Calibrating, Plan, ProtocolName, Selecting
from penchant.experiment.run import Experiment, run_experiment

__all__ = [
    "BabelNetOptions",
    "Calibrating",
    "Experiment",
    "Means",
    "Plan",
    "ProtocolName",
    "Selecting",
    "check_folder",
    "metrics_json",
    "run_experiment",
    "write_folder",
]
