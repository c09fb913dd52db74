"""SIGTERM and the second signal, with sinks that are well, away or silent."""

import signal
import subprocess
import time

from scenario import Scenario


class ShutdownTest(Scenario):
    TIMEOUT = 3  # agent.shutdown_timeout, s

    def stop_and_go_on(self, standin, agent, load, revive):
        """SIGTERM while the sink is out of order; after the restart nothing is missing."""
        code, took = agent.terminate(self.TIMEOUT + 15)
        self.assertEqual(code, 0, agent.log_tail())
        self.assertLess(took, self.TIMEOUT + 2)
        revive()
        report = load.finish()
        agent.start()
        self.check_verdict(self.wait_for_all(standin, report['files'], 60, agent))
        self.check_no_loss(self.wait_rest(agent))
        self.end(agent)
        self.note(f'ended after {took:.1f} s')

    def begin(self, **sink):
        standin = self.standin()
        agent = self.agent(self.config(standin, sink=sink,
                                       agent={'shutdown_timeout': f'{self.TIMEOUT}s'}))
        load = self.writer(rate=20_000, block=10, seconds=120)
        time.sleep(1)
        return standin, agent, load

    def test_sigterm_with_a_dead_sink(self):
        standin, agent, load = self.begin()
        standin.down()
        time.sleep(1)
        self.stop_and_go_on(standin, agent, load, standin.up)

    def test_sigterm_with_a_silent_sink(self):
        standin, agent, load = self.begin()
        standin.script({'behaviour': 'hang', 'duration_ms': 60_000, 'hang_ms': 60_000})
        time.sleep(1)
        self.stop_and_go_on(standin, agent, load, standin.clear_script)

    def test_sigterm_under_load_leaves_the_rest_to_the_positions(self):
        standin, agent, load = self.begin()
        for _ in range(self.pick(3, 20)):
            code, took = agent.terminate(self.TIMEOUT + 15)
            self.assertEqual(code, 0, agent.log_tail())
            self.assertLess(took, self.TIMEOUT + 2)
            agent.start()
            time.sleep(0.5)
        report = load.finish()
        verdict = self.wait_for_all(standin, report['files'], 60, agent)
        self.check_verdict(verdict)
        self.note(f'{verdict["tenant"]["identical"]} of {report["lines"]} sent again')
        self.end(agent)

    def test_sigint_is_like_sigterm(self):
        standin, agent, load = self.begin()
        agent.signal(signal.SIGINT)
        self.assertEqual(agent.process.wait(15), 0, agent.log_tail())

    def test_a_second_signal_ends_at_once(self):
        for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            with self.subTest(number.name):
                standin = self.standin()
                standin.down()
                agent = self.agent(self.config(standin, agent={'shutdown_timeout': '30s'}),
                                   name=f'agent{code}')
                self.write(1_000, start=0)
                time.sleep(0.5)
                agent.signal(number)
                time.sleep(0.5)
                self.assertTrue(agent.is_running(), 'it drains')
                began = time.monotonic()
                agent.signal(number)
                try:
                    self.assertEqual(agent.process.wait(5), code)
                except subprocess.TimeoutExpired:
                    self.fail(f'still there {time.monotonic() - began:.1f} s after the second')
