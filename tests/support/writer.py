"""The log writer, as a test drives it."""

import json
import signal
import subprocess

from process import find_binary, stop_process


class Writer:
    """A running log_writer. Keyword options become its flags: rate=1000 -> --rate 1000."""

    def __init__(self, directory, **options):
        command = [str(find_binary('log_writer')), '--dir', str(directory)]
        for name, value in options.items():
            command += ['--' + name.replace('_', '-'), str(value)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.report = None

    def wait(self, seconds=120):
        """Waits for its end. Returns {"files": {"f0": [begin, end]}, "lines": N, ...}."""
        if self.report is None:
            out, _ = self.process.communicate(timeout=seconds)
            if self.process.returncode != 0:
                raise RuntimeError(f'log_writer ended with {self.process.returncode}')
            self.report = json.loads(out)
        return self.report

    def finish(self, seconds=30):
        """Asks it to end now, then waits."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def stop(self):
        stop_process(self.process)
        if self.process.stdout:
            self.process.stdout.close()


def write_lines(directory, lines, **options):
    """Writes so many lines and waits for it."""
    return Writer(directory, lines=lines, **({'block': 20} | options)).wait()
