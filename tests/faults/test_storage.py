"""data_dir: full, unwritable, shared, absent."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import time
import unittest

from agent import Agent
from process import find_binary
from scenario import MIB, Scenario


class DataDirTest(Scenario):
    @contextlib.contextmanager
    def small_disk(self):
        """A file system of 1 MiB. Skips where mounting is not allowed."""
        path = self.folder / 'disk'
        path.mkdir()
        mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', str(path)],
                                 capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            raise unittest.SkipTest(f'mounting a tmpfs: {mounted.stderr.strip()}')
        try:
            yield path
        finally:
            subprocess.run(['umount', '-l', str(path)], check=False)

    def fill(self, path):
        """Writes until nothing more fits. Returns the file to delete."""
        filler = path / 'filler'
        with open(filler, 'wb', buffering=0) as out:
            with contextlib.suppress(OSError):
                while True:
                    out.write(b'x' * 4096)
            with contextlib.suppress(OSError):
                while True:
                    out.write(b'x')
        return filler

    def test_a_full_disk(self):
        with self.small_disk() as disk:
            standin = self.standin()
            config = self.config(standin, agent={'data_dir': str(disk / 'data')})
            agent = self.agent(config)
            load = self.writer(rate=5_000, block=10, seconds=120)
            for _ in range(self.pick(2, 5)):
                time.sleep(1)
                filler = self.fill(disk)
                before = standin.tenant()['records']
                time.sleep(self.pick(2, 5))
                self.assertTrue(agent.is_running(), agent.log_tail())
                self.assertGreater(standin.tenant()['records'], before, 'it delivers on')
                filler.unlink()
            time.sleep(2)
            agent.kill()
            agent.start()
            report = load.finish()
            verdict = self.wait_for_all(standin, report['files'], 60, agent)
            self.check_verdict(verdict)
            self.note(f'{verdict["tenant"]["identical"]} of {report["lines"]} sent again')
            self.end(agent)
            agent.stop()

    def test_killed_while_the_disk_is_full(self):
        with self.small_disk() as disk:
            standin = self.standin()
            config = self.config(standin, agent={'data_dir': str(disk / 'data')})
            agent = self.agent(config)
            load = self.writer(rate=5_000, block=10, seconds=120)
            time.sleep(1)
            filler = self.fill(disk)
            time.sleep(2)
            agent.kill()
            filler.unlink()
            agent.start()
            report = load.finish()
            self.check_verdict(self.wait_for_all(standin, report['files'], 60, agent))
            self.end(agent)
            agent.stop()

    def test_files_that_may_not_grow(self):
        # The same without root: a limit on the size of files, which write() answers with EFBIG.
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

        standin = self.standin()
        agent = self.agent(self.config(standin), start=False, preexec=limit)
        # Its log goes to a file of ours and must not run into the limit.
        agent.log_path = type(agent.log_path)('/dev/null')
        agent.start()
        report = self.write(20_000, files=5, block=100)
        self.check_verdict(self.wait_for_all(standin, report['files'], 30, agent))
        self.assertTrue(agent.is_running())
        agent.terminate()

    def test_two_agents_on_one_data_dir(self):
        standin = self.standin()
        first = self.agent(self.config(standin))
        config = self.config(standin, agent={'data_dir': first.config['agent']['data_dir']})
        second = self.agent(config, name='second', start=False)
        second.start(wait=False)
        self.assertEqual(second.process.wait(10), 1, second.log())
        self.assertIn(first.config['agent']['data_dir'], second.log())
        self.assertTrue(first.is_ready())
        self.end(first)

    def test_an_unwritable_data_dir_is_an_error_at_start(self):
        standin = self.standin()
        blocker = self.folder / 'blocker'
        blocker.write_text('a file')
        agent = self.agent(self.config(standin, agent={'data_dir': str(blocker / 'data')}),
                           start=False)
        agent.start(wait=False)
        self.assertIn(agent.process.wait(10), (1, 2))
        self.assertIn('data_dir', agent.log())

    def test_data_dir_none_keeps_positions_in_memory(self):
        standin = self.standin()
        agent = self.agent(self.config(standin, agent={'data_dir': 'none'}))
        report = self.write(500)
        self.check_verdict(self.wait_for_all(standin, report['files'], 20, agent))
        self.end(agent)
        agent.start()
        self.wait_rest(agent, delivered=500)
        self.assertEqual(standin.tenant()['identical'], 500, 'it starts afresh')
        self.end(agent)

    def test_a_damaged_state_is_not_the_end(self):
        # Whatever the positions' files are called: flip bits, cut, empty.
        for number, damage in enumerate((lambda b: b[:len(b) // 2], lambda b: b'',
                                         lambda b: bytes(x ^ 0x55 for x in b))):
            with self.subTest(number):
                standin = self.standin()
                logs = self.folder / f'logs{number}'
                logs.mkdir()
                agent = self.agent(self.config(standin, include=[f'{logs}/*.log']),
                                   name=f'agent{number}')
                self.write(500, logs)
                self.wait_rest(agent, delivered=500)
                self.end(agent)
                data = self.folder / f'agent{number}' / 'data'
                for path in data.rglob('*'):
                    if path.is_file() and path.suffix != '.sock' and path.stat().st_size:
                        path.write_bytes(damage(path.read_bytes()))
                agent.start()
                self.write(500, logs, start=500)
                verdict = self.wait_for_all(standin, {'f0': 1_000}, 30, agent)
                self.check_verdict(verdict)
                self.note(f'{verdict["tenant"]["identical"]} sent again')
                self.assertIn(agent.terminate()[0], (0, 3))


class PermissionTest(Scenario):
    NOBODY = 65534

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest('only root can start an agent as somebody else')
        # The agent runs as nobody and may not be able to reach the build tree.
        self.binary = shutil.copy(find_binary('sluice'), self.folder / 'sluice')

    def test_a_file_that_becomes_readable(self):
        standin = self.standin()
        home = self.folder / 'agent'
        home.mkdir()
        os.chown(home, self.NOBODY, self.NOBODY)
        report = self.write(500)
        path = self.logs / 'f0.log'
        path.chmod(0o600)
        agent = self.agent(self.config(standin), user=self.NOBODY)
        other = self.write(200, prefix='g')
        self.wait_for_all(standin, other['files'], 20, agent)
        self.assertIn('f0.log', agent.log(), 'it has to say which file it may not read')
        self.assertLess(agent.log().count('f0.log'), 5, 'once, not at every try')
        path.chmod(0o644)
        verdict = self.wait_for_all(standin, report['files'] | other['files'], 40, agent)
        self.check_verdict(verdict)
        self.end(agent)


class IdleTest(Scenario):
    seconds_full = 300

    def test_ten_thousand_idle_files(self):
        if not os.environ.get('SLUICE_FULL') == '1':
            self.skipTest('takes a minute: make faults')
        files = 10_000
        standin = self.standin()
        for number in range(files):
            folder = self.logs / f'd{number % 100}'
            folder.mkdir(exist_ok=True)
            (folder / f'{number}.log').write_text(f'line of {number}\n')
        config = self.config(standin, include=[f'{self.logs}/*/*.log'], transforms=[],
                             agent={'memory': 'auto'})
        agent = self.agent(config)
        self.wait_rest(agent, 120, delivered=files)
        time.sleep(15)
        cpu, began = agent.cpu_seconds(), time.monotonic()
        time.sleep(60)
        share = (agent.cpu_seconds() - cpu) / (time.monotonic() - began)
        rss = agent.rss_bytes()
        self.note(f'{share * 100:.2f} % of a core, {rss / MIB:.1f} MiB resident, '
                  f'{agent.open_files()} descriptors')
        self.assertLess(share, 0.005)
        self.assertLessEqual(rss, 40 * MIB)
        self.end(agent)
