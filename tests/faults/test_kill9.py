"""kill -9 at random points under load: nothing is lost, nothing is corrupt, and what is sent twice
is byte-identical, so that Loki drops it."""

import random
import time

from scenario import SEED, Scenario


class KillTest(Scenario):
    seconds = 120
    seconds_full = 900

    def storm(self, kills, rate, mode, transforms=None, **writer):
        standin = self.standin()
        agent = self.agent(self.config(standin, transforms=transforms))
        load = self.writer(rate=rate, mode=mode, seconds=800, block=10, **writer)
        random.seed(SEED)
        for _ in range(kills):
            # From the first moments of a start to the middle of steady work.
            time.sleep(random.choice((random.uniform(0, 0.05), random.uniform(0.05, 0.5))))
            agent.kill()
            agent.start(wait=random.random() < 0.5)
        agent.wait_ready()
        report = load.finish()
        verdict = self.wait_for_all(standin, report['files'], seconds=90, agent=agent)
        self.check_verdict(verdict)
        self.wait_rest(agent)
        self.end(agent)
        self.check_verdict(standin.verdict(report['files']))
        repeated = verdict['tenant']['identical']
        self.note(f'{kills} kills, {report["lines"]} lines, {repeated} sent again, identical')
        return verdict

    def test_lines_with_a_time_of_their_own(self):
        verdict = self.storm(self.pick(10, 300), self.pick(10_000, 50_000), 'json', files=3)
        self.assertEqual(verdict['tenant']['out_of_order'], 0, verdict)

    def test_lines_without_a_time(self):
        # The time has to be a function of the position, or a replay becomes a second line.
        verdict = self.storm(self.pick(10, 60), 10_000, 'plain', transforms=[], files=2)
        self.assertEqual(verdict['tenant']['out_of_order'], 0, verdict)

    def test_with_rotation(self):
        def include(config):
            config['sources']['app']['include'] = [f'{self.logs}/*.log', f'{self.logs}/*.log.*']
            return config
        original = self.config
        self.config = lambda *a, **k: include(original(*a, **k))
        self.storm(self.pick(8, 60), self.pick(5_000, 20_000), 'json', files=2,
                   rotate='rename', rotate_lines=self.pick(5_000, 20_000), keep=40)
