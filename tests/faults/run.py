#!/usr/bin/env python3
"""The fault scenarios: run.py [--full] [--seed N] [NAME]... See tests/support/run_scenarios.py."""

import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
RUNNER = HERE.parent / 'support' / 'run_scenarios.py'

# The folder stands where the runner wants it: after the options, before the names.
options = [word for word in sys.argv[1:] if word.startswith('-') or word.isdigit()]
names = [word for word in sys.argv[1:] if word not in options]
os.execv(sys.executable, [sys.executable, str(RUNNER), *options, str(HERE), *names])
