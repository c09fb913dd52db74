"""What a new user runs first."""

import signal
import subprocess
import time
import unittest

from process import ROOT, find_binary, free_port, stop_process
from scenario import Scenario


class QuickstartTest(Scenario):
    def test_runs_drains_and_prints_a_balanced_ledger(self):
        config = ROOT / 'configs' / 'quickstart.yaml'
        if not config.exists():
            raise unittest.SkipTest('configs/quickstart.yaml is not there')
        # The file as it is, but for the ports: another agent may run on this machine.
        text = config.read_text()
        for port in ('3100', '8465', '8466'):
            text = text.replace(f':{port}', f':{free_port()}')
        (self.folder / 'quickstart.yaml').write_text(text)
        log = open(self.folder / 'out.log', 'w+b')
        self.addCleanup(log.close)
        command = [str(find_binary('sluice')), 'run', '--summary', 'quickstart.yaml']
        process = subprocess.Popen(command,
                                   stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                   cwd=self.folder)
        self.addCleanup(stop_process, process)
        time.sleep(self.pick(6, 20))
        self.assertIsNone(process.poll(), self.said())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), 0, self.said())
        kept = [path for path in (self.folder / 'sluice-data').rglob('*') if path.is_file()]
        self.assertTrue(kept, 'what arrived is kept under ./sluice-data')
        last = [line for line in self.said().splitlines() if line.strip()][-1]
        self.assertRegex(last, '^ledger balanced: .*delivered')
        self.assertRegex(last, 'lost 0')

    def said(self):
        return (self.folder / 'out.log').read_text(errors='replace')[-4000:]
