"""What log rotation, truncation and file systems do to a file under the reader."""

import os
import time

from process import wait_until
from scenario import Scenario


class RotationTest(Scenario):
    def config_for(self, standin, *patterns, **options):
        return self.config(standin, include=[f'{self.logs}/{p}' for p in patterns], **options)

    def append(self, name, lines, start=0, **options):
        """Lines of the writer's file f0, put into any file."""
        scratch = self.folder / f'scratch{time.monotonic_ns()}'
        scratch.mkdir()
        report = self.write(lines, scratch, start=start, **options)
        with open(self.logs / name, 'ab') as out:
            out.write((scratch / 'f0.log').read_bytes())
        return report

    def test_renames(self):
        renames = self.pick(50, 1000)
        standin = self.standin()
        agent = self.agent(self.config_for(standin, '*.log', '*.log.*'))
        load = self.writer(rate=self.pick(20_000, 50_000), block=10, rotate='rename', keep=8,
                           rotate_lines=self.pick(1_000, 2_500), seconds=300,
                           lines=renames * self.pick(1_000, 2_500))
        report = load.wait(300)
        self.assertEqual(report['rotations'], renames)
        self.check_verdict(self.wait_for_all(standin, report['files'], 60, agent))
        ledger = self.wait_rest(agent)
        self.check_no_loss(ledger)
        self.note(f'{renames} renames, {report["lines"]} lines, '
                  f'{standin.tenant()["identical"]} sent again')
        # After rotate_wait (5 s) nobody expects more from a rotated file.
        wait_until(lambda: agent.open_files() < 40, 20,
                   lambda: f'rotated files are closed; {agent.open_files()} descriptors')
        self.end(agent)

    def test_renames_to_names_that_do_not_match(self):
        standin = self.standin()
        agent = self.agent(self.config_for(standin, '*.log'))
        report = self.writer(rate=10_000, block=10, rotate='rename', keep=20, rotate_lines=3_000,
                             lines=30_000).wait(60)
        self.check_verdict(self.wait_for_all(standin, report['files'], 60, agent))
        self.check_no_loss(self.wait_rest(agent))
        self.end(agent)

    def test_copytruncate(self):
        # The copy is not read. The pause is what a reader has to read the rest before truncation.
        standin = self.standin()
        agent = self.agent(self.config_for(standin, '*.log'))
        report = self.writer(rate=5_000, block=10, rotate='copytruncate', keep=5,
                             rotate_lines=2_000, rotate_pause_ms=400,
                             lines=self.pick(8_000, 100_000)).wait(300)
        self.check_verdict(self.wait_for_all(standin, report['files'], 30, agent))
        self.check_no_loss(self.wait_rest(agent))
        self.end(agent)

    def test_copytruncate_at_full_rate_invents_nothing(self):
        standin = self.standin()
        agent = self.agent(self.config_for(standin, '*.log'))
        report = self.writer(rate=self.pick(20_000, 50_000), block=10, rotate='copytruncate',
                             keep=2, rotate_lines=5_000, lines=self.pick(50_000, 1_000_000)
                             ).wait(300)
        self.wait_rest(agent, 60)
        verdict = standin.verdict(report['files'])
        self.note(f'{verdict["missing"]} of {report["lines"]} were truncated away unread')
        self.assertEqual(verdict['invented'], 0, verdict)
        self.assertEqual(verdict['tenant']['different'], 0, verdict)
        # A line that was cut by the truncation under the reader is not a whole line.
        self.assertEqual(verdict['tenant']['corrupt'], 0, verdict)
        self.end(agent)

    def test_rotation_while_the_agent_is_down(self):
        standin = self.standin()
        agent = self.agent(self.config_for(standin, '*.log', '*.log.*'))
        self.write(1_000)
        self.wait_rest(agent, delivered=1_000)
        self.end(agent)
        report = self.write(5_000, start=1_000, rotate='rename', rotate_lines=1_000, keep=10)
        agent.start()
        files = {'f0': [0, report['files']['f0'][1]]}
        verdict = self.wait_for_all(standin, files, 30, agent)
        self.check_verdict(verdict)
        self.assertEqual(verdict['tenant']['identical'], 0, 'what was delivered is not read again')
        self.end(agent)

    def test_truncated_and_regrown_past_the_position(self):
        standin = self.standin()
        agent = self.agent(self.config_for(standin, '*.log'))
        self.append('f0.log', 500)
        self.wait_rest(agent, delivered=500)
        self.end(agent)
        os.truncate(self.logs / 'f0.log', 0)
        self.append('f0.log', 1_500, start=500)
        agent.start()
        verdict = self.wait_for_all(standin, {'f0': [0, 2_000]}, 30, agent)
        self.check_verdict(verdict)
        self.end(agent)

    def test_truncated_and_regrown_while_watched(self):
        standin = self.standin()
        agent = self.agent(self.config_for(standin, '*.log'))
        sequence = 0
        for round_number in range(self.pick(5, 50)):
            lines = 200 * (round_number % 3 + 1)
            if sequence:
                os.truncate(self.logs / 'f0.log', 0)
            self.append('f0.log', lines, start=sequence)
            sequence += lines
            self.wait_for_all(standin, {'f0': sequence}, 30, agent)
        self.check_verdict(standin.verdict({'f0': sequence}))
        self.end(agent)

    def test_an_inode_that_is_used_again(self):
        # What the reader sees when a file system gives a deleted file's inode to a new file: the
        # same number under another name, with other bytes. Made from the file itself, since few
        # file systems do it on demand.
        standin = self.standin()
        agent = self.agent(self.config_for(standin, '*.log'))
        sequence = 0
        for round_number in range(self.pick(8, 50)):
            lines = (300, 100, 500)[round_number % 3]  # shorter and longer than what was there
            self.append(f'a{round_number}.log', lines, start=sequence)
            sequence += lines
            is_down = round_number % 4 == 1
            if is_down:
                agent.start()
            self.wait_for_all(standin, {'f0': sequence}, 30, agent)
            if (round_number + 1) % 4 == 1:
                self.wait_rest(agent)
                self.end(agent)
            os.truncate(self.logs / f'a{round_number}.log', 0)
            os.rename(self.logs / f'a{round_number}.log', self.logs / f'a{round_number + 1}.log')
        if not agent.is_running():
            agent.start()
        self.check_verdict(standin.verdict({'f0': sequence}))
        self.end(agent)

    def test_deleted_while_open_is_read_to_its_end(self):
        standin = self.standin()
        agent = self.agent(self.config_for(standin, '*.log'))
        self.write(10)
        self.wait_rest(agent, delivered=10)
        standin.down()
        report = self.write(50_000, start=10, block=500)
        time.sleep(0.5)
        os.unlink(self.logs / 'f0.log')
        time.sleep(0.5)
        standin.up()
        files = {'f0': [0, report['files']['f0'][1]]}
        self.check_verdict(self.wait_for_all(standin, files, 60, agent))
        self.end(agent)

    def test_a_symlink_that_moves_on(self):
        standin = self.standin()
        targets = self.folder / 'targets'
        targets.mkdir()
        first = self.write(500, targets, prefix='a')
        second = self.write(500, targets, prefix='b')
        os.symlink(targets / 'a0.log', self.logs / 'current.log')
        agent = self.agent(self.config_for(standin, '*.log'))
        self.wait_for_all(standin, first['files'], 20, agent)
        os.symlink(targets / 'b0.log', self.logs / 'next')
        os.rename(self.logs / 'next', self.logs / 'current.log')
        verdict = self.wait_for_all(standin, first['files'] | second['files'], 30, agent)
        self.check_verdict(verdict)
        self.end(agent)

    def test_a_hot_file_does_not_starve_the_others(self):
        standin = self.standin()
        agent = self.agent(self.config_for(standin, '*.log'))
        load = self.writer(rate=40_000, seconds=60, hot=97, files=50, block=20)
        # While the hot file is under way, the others have to be nearly up to date.
        time.sleep(4)
        report = load.finish()
        cold = {name: span for name, span in report['files'].items() if name != 'f0'}
        began = time.monotonic()
        wait_until(lambda: standin.verdict(cold)['missing'] == 0, 20, 'the cold files')
        self.note(f'cold files complete {time.monotonic() - began:.2f} s after the last line')
        self.check_verdict(self.wait_for_all(standin, report['files'], 60, agent))
        self.end(agent)
