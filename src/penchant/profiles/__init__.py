"""Profiles: predictions and what they mean, added up, with how sure each share is and what carried it."""

from penchant.profiles.background import domain_background, label_background, profile_background, smoothed
from penchant.profiles.build import MINIMUM_PHOTOS, Meaning, ProfileOptions, build_profile
from penchant.profiles.combine import concatenate, merge, select, sort_out
from penchant.profiles.weights import Adding

__all__ = [
    "MINIMUM_PHOTOS",
    "Adding",
    "Meaning",
    "ProfileOptions",
    "build_profile",
    "concatenate",
    "domain_background",
    "label_background",
    "merge",
    "profile_background",
    "select",
    "smoothed",
    "sort_out",
]
