"""A sink that is away: the source waits, memory stays bounded, and everything arrives in order."""

import time

from scenario import MIB, Scenario


class SinkDownTest(Scenario):
    def test_refused_connections(self):
        standin = self.standin()
        agent = self.agent(self.config(standin))
        load = self.writer(rate=self.pick(10_000, 50_000), seconds=300, block=10, files=4)
        time.sleep(1)
        standin.down()
        time.sleep(self.pick(5, 60))
        self.assertTrue(agent.is_ready(), 'a sink that is down must not make the agent unready')
        standin.up()
        report = load.finish()
        began = time.monotonic()
        verdict = self.wait_for_all(standin, report['files'], seconds=self.pick(60, 180))
        self.note(f'{report["lines"]} lines, caught up {time.monotonic() - began:.1f} s after')
        self.check_verdict(verdict)
        self.assertEqual(verdict['tenant']['out_of_order'], 0, verdict)
        self.check_no_loss(self.wait_rest(agent))
        self.end(agent)

    def test_answers_that_never_come(self):
        standin = self.standin()
        agent = self.agent(self.config(standin, sink={'timeout': '1s'}))
        self.write(2_000)
        standin.script({'behaviour': 'hang', 'duration_ms': self.pick(3_000, 20_000)})
        report = self.write(2_000, start=2_000)
        report['files']['f0'][0] = 0
        self.check_verdict(self.wait_for_all(standin, report['files'], seconds=120))
        self.check_no_loss(self.wait_rest(agent))
        timeouts = agent.metrics().sum('sluice_sink_requests_total', code='timeout')
        self.assertGreater(timeouts, 0)
        self.end(agent)

    def test_memory_with_a_dead_sink(self):
        standin = self.standin()
        standin.down()
        memory = 32
        agent = self.agent(self.config(standin, agent={'memory': f'{memory}MiB'}))
        load = self.writer(seconds=self.pick(5, 60), block=100, files=20,
                           max_bytes=self.pick(400 * MIB, 4096 * MIB))
        load.wait(120)
        time.sleep(self.pick(2, 10))
        peak = agent.peak_rss_bytes()
        self.note(f'peak {peak / MIB:.1f} MiB resident, agent.memory {memory} MiB')
        self.assertLessEqual(peak, (memory + 24) * MIB)
        metrics = agent.metrics()
        self.assertLessEqual(metrics.sum('sluice_memory_used_bytes'), memory * MIB)
        self.assertEqual(metrics.sum('sluice_memory_budget_bytes'), memory * MIB)
        standin.up()
        verdict = self.wait_for_all(standin, load.report['files'], seconds=180)
        self.check_verdict(verdict)
        self.wait_rest(agent, 60)
        self.note(f'peak {agent.peak_rss_bytes() / MIB:.1f} MiB after catching up')
        self.assertLessEqual(agent.peak_rss_bytes(), (memory + 24) * MIB)
        self.end(agent)


class IsolationTest(Scenario):
    def test_a_dead_sink_in_one_pipeline_leaves_the_other_untouched(self):
        good, dead = self.standin(), self.standin()
        config = self.config(good, agent={'memory': '32MiB'})
        config['pipelines']['other'] = {'from': ['app'], 'transforms': [], 'to': ['dead']}
        config['sinks']['dead'] = config['sinks']['loki'] | {'url': dead.url}
        dead.down()
        agent = self.agent(config)
        load = self.writer(rate=self.pick(20_000, 50_000), seconds=self.pick(5, 60), block=10,
                           files=3)
        report = load.wait(120)
        began = time.monotonic()
        verdict = self.wait_for_all(good, report['files'], seconds=20, agent=agent)
        self.note(f'{report["lines"]} lines, the healthy sink was done '
                  f'{time.monotonic() - began:.1f} s after the last one')
        self.check_verdict(verdict)
        self.assertEqual(dead.tenant()['records'], 0)
        dead.up()
        self.check_verdict(self.wait_for_all(dead, report['files'], seconds=120, agent=agent))
        self.check_no_loss(self.wait_rest(agent))
        self.end(agent)

    def test_one_pipeline_to_two_sinks(self):
        one, two = self.standin(), self.standin()
        config = self.config(one)
        config['pipelines']['app']['to'] = ['loki', 'second']
        config['sinks']['second'] = config['sinks']['loki'] | {'url': two.url}
        agent = self.agent(config)
        load = self.writer(rate=10_000, seconds=3, block=10, files=2)
        time.sleep(1)
        two.script({'status': 503, 'duration_ms': 1000})
        report = load.wait(60)
        for standin in (one, two):
            self.check_verdict(self.wait_for_all(standin, report['files'], agent=agent))
        ledger = self.wait_rest(agent)
        self.check_no_loss(ledger)
        self.assertEqual(ledger.pipeline('app')['forwarded'], 2 * report['lines'])
        self.end(agent)

    def test_routing_by_condition(self):
        errors, rest = self.standin(), self.standin()
        config = self.config(errors)
        config['pipelines']['app']['to'] = [{'to': 'loki', 'when': 'level == "error"'},
                                            {'to': 'rest', 'else': True}]
        config['sinks']['rest'] = config['sinks']['loki'] | {'url': rest.url}
        agent = self.agent(config)
        report = self.write(5_000)
        ledger = self.wait_rest(agent, delivered=5_000)
        self.check_no_loss(ledger)
        self.assertEqual(errors.tenant()['records'] + rest.tenant()['records'], report['lines'])
        self.assertTrue(all('level="error"' in s['labels'] for s in errors.streams()))
        self.assertFalse(any('level="error"' in s['labels'] for s in rest.streams()))
        self.end(agent)
