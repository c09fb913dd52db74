"""An agent that pushes to an agent that pushes to Loki: what the one in the middle acknowledged
must arrive, whatever happens to it."""

import random
import time

from process import free_port
from scenario import SEED, Scenario


class AggregatorTest(Scenario):
    def chain(self, **source):
        standin = self.standin()
        port = free_port()
        aggregator = self.agent({
            'agent': {'memory': '64MiB', 'shutdown_timeout': '5s'},
            'sources': {'push': {'type': 'loki', 'listen': f'127.0.0.1:{port}'} | source},
            'pipelines': {'push': {'from': ['push'], 'to': ['loki']}},
            'sinks': {'loki': {'type': 'loki', 'url': standin.url, 'batch': {'age': '50ms'}}},
        }, name='aggregator')
        config = self.config(standin)
        config['sinks']['loki']['url'] = f'http://127.0.0.1:{port}'
        return standin, aggregator, self.agent(config)

    def test_labels_times_and_lines_pass_unchanged(self):
        standin, aggregator, agent = self.chain()
        report = self.write(5_000, block=100)
        self.check_verdict(self.wait_for_all(standin, report['files'], 30, aggregator))
        self.check_no_loss(self.wait_rest(agent))
        self.check_no_loss(self.wait_rest(aggregator))
        for stream in standin.streams():
            for label in ('job="test"', 'level="', 'service="'):
                self.assertIn(label, stream['labels'])
        self.end(agent)
        self.end(aggregator)

    def test_the_tenant_passes(self):
        standin, aggregator, agent = self.chain()
        config = agent.config
        config['sinks']['loki']['tenant'] = 'team-a'
        agent.write_config(config)
        self.assertEqual(agent.reload()[0], 200)
        report = self.write(500)
        self.check_verdict(self.wait_for_all(standin, report['files'], 30, aggregator,
                                             tenant='team-a'))
        self.end(agent)
        self.end(aggregator)

    def test_killed_in_the_middle(self):
        standin, aggregator, agent = self.chain(ack='delivered')
        load = self.writer(rate=self.pick(5_000, 20_000), block=10, seconds=300)
        random.seed(SEED)
        for _ in range(self.pick(5, 50)):
            time.sleep(random.uniform(0.1, 0.8))
            aggregator.kill()
            aggregator.start(wait=False)
        aggregator.wait_ready()
        report = load.finish()
        self.check_verdict(self.wait_for_all(standin, report['files'], 60, aggregator))
        self.check_no_loss(self.wait_rest(agent))
        self.end(agent)
        self.end(aggregator)

    def test_a_dead_loki_behind_it_stops_the_first_one(self):
        standin, aggregator, agent = self.chain(ack='delivered')
        standin.down()
        report = self.write(5_000, block=100)
        time.sleep(self.pick(4, 30))
        self.assertEqual(agent.metrics().sum('sluice_lost_records_total'), 0)
        self.assertEqual(agent.metrics().sum('sluice_sink_delivered_records_total'), 0,
                         'nothing was delivered, so nothing may be acknowledged')
        standin.up()
        self.check_verdict(self.wait_for_all(standin, report['files'], 90, aggregator))
        self.check_no_loss(self.wait_rest(agent, 60))
        self.end(agent)
        self.end(aggregator)
