"""`python -m penchant`."""

from penchant.cli import main

main()
