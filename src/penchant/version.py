"""The version, in a module of its own so that every stage can say it."""

__version__ = "0.1.0"
