"""Processes that a test starts: bounded, and always stopped by their own id."""

import os
import pathlib
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get('SLUICE_BUILD', ROOT / 'build' / 'release'))


def find_binary(name):
    """The program `name` of the build tree."""
    for folder in ('', 'pipeline/app', f'tests/support/{name}'):
        path = BUILD / folder / name
        if path.is_file() and os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(f'{name} is not built under {BUILD}; run `make build`')


_ports_given = set()


def free_port():
    """A loopback port that nobody listens on and that this process has not given out before."""
    while True:
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        if port not in _ports_given:
            _ports_given.add(port)
            return port


def wait_until(condition, seconds, what, every=0.05):
    """The first true value of condition(). Fails with `what` (a text or a function) after it."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f'not within {seconds} s: {what() if callable(what) else what}')
        time.sleep(every)


def stop_process(process, seconds=10):
    """SIGTERM, then SIGKILL. Safe to call twice."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(seconds)
