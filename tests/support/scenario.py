"""What every scenario shares: a folder, processes that end with it, two sizes, and a time limit."""

import os
import pathlib
import shutil
import signal
import sys
import tempfile
import unittest

from agent import Agent, file_to_loki
from ledger import at_rest
from process import wait_until
from standin import Standin
from writer import Writer, write_lines

FULL = os.environ.get('SLUICE_FULL') == '1'
SEED = int(os.environ.get('SLUICE_SEED', '1'))

MIB = 1 << 20


class Scenario(unittest.TestCase):
    """A test against real processes. `seconds` bounds the smoke size, `seconds_full` the other."""

    seconds = 90
    seconds_full = 900

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='sluice_test_'))
        self.folder.chmod(0o755)  # an agent under another user has to get in
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.logs = self.folder / 'logs'
        self.logs.mkdir()
        self.agents = []
        self.addCleanup(signal.alarm, 0)
        signal.signal(signal.SIGALRM, self._out_of_time)
        signal.alarm(self.pick(self.seconds, self.seconds_full))

    def _out_of_time(self, *_):
        raise AssertionError('the scenario ran into its time limit')

    def tearDown(self):
        outcome = getattr(self, '_outcome', None)
        if outcome is None or outcome.success:
            return
        for agent in self.agents:
            print(f'--- {self.id()}: {agent.folder.name}: last output\n{agent.log_tail(40)}',
                  file=sys.stderr)

    def pick(self, smoke, full):
        return full if FULL else smoke

    def standin(self, **options):
        standin = Standin(**options)
        self.addCleanup(standin.stop)
        return standin

    def agent(self, config, name='agent', start=True, **options):
        agent = Agent(self.folder / name, config, **options)
        self.addCleanup(agent.stop)
        self.agents.append(agent)
        return agent.start() if start else agent

    def writer(self, directory=None, **options):
        writer = Writer(directory or self.logs, **options)
        self.addCleanup(writer.stop)
        return writer

    def write(self, lines, directory=None, **options):
        return write_lines(directory or self.logs, lines, **options)

    def config(self, standin, **options):
        return file_to_loki(self.logs, standin.url, **options)

    def wait_for_all(self, standin, files, seconds=60, agent=None, **options):
        """Waits until nothing is missing and returns the verdict."""
        verdict = {}

        def complete():
            if agent is not None and not agent.is_running():
                raise AssertionError(f'the agent ended with {agent.process.returncode}')
            verdict.update(standin.verdict(files, **options))
            return verdict['missing'] == 0

        wait_until(complete, seconds, lambda: f'all records; verdict {verdict}', every=0.2)
        return verdict

    def check_verdict(self, verdict, truncated=0):
        """Nothing missing, nothing invented, nothing corrupt, no duplicate that Loki would keep."""
        self.assertEqual(verdict['missing'], 0, verdict)
        self.assertEqual(verdict['invented'], 0, verdict)
        self.assertEqual(verdict['excepted_seen'], 0, verdict)
        self.assertEqual(verdict['tenant']['corrupt'], 0, verdict)
        self.assertEqual(verdict['tenant']['truncated'], truncated, verdict)
        self.assertEqual(verdict['tenant']['different'], 0, verdict)

    def wait_rest(self, agent, seconds=30, **options):
        return at_rest(agent, seconds, **options)

    def check_no_loss(self, ledger):
        self.assertEqual(ledger.lost(), 0, ledger.metrics.all('sluice_lost_records_total'))

    def end(self, agent, seconds=20):
        """SIGTERM at rest: nothing was lost, so the exit code is 0."""
        code, _ = agent.terminate(seconds)
        self.assertEqual(code, 0, agent.log_tail())

    def note(self, text):
        """A figure worth keeping, on the scenario's line of the report."""
        print(f'  {self.id().split(".")[-1]}: {text}', flush=True)
