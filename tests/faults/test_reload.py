"""Reloads under load: valid ones lose, double and reorder nothing; invalid ones change nothing."""

import copy
import json
import signal
import time

from process import wait_until
from scenario import Scenario


class ReloadTest(Scenario):
    def variants(self, config):
        """Configurations that differ in what a reload may change."""
        plain = copy.deepcopy(config)
        batch = copy.deepcopy(config)
        batch['sinks']['loki']['batch'] = {'age': '30ms', 'bytes': '128KiB'}
        drop = copy.deepcopy(config)
        drop['pipelines']['app']['transforms'].append({'drop': 'level == "no such level"'})
        timeout = copy.deepcopy(config)
        timeout['sinks']['loki']['timeout'] = '7s'
        return [plain, batch, drop, timeout]

    def invalid_variants(self, config):
        key = copy.deepcopy(config)
        key['sinks']['loki']['batchsize'] = 5
        name = copy.deepcopy(config)
        name['pipelines']['app']['to'] = ['nowhere']
        expression = copy.deepcopy(config)
        expression['pipelines']['app']['transforms'].append({'drop': 'level === "x"'})
        return [key, name, expression]

    def test_reloads_under_load(self):
        standin = self.standin()
        agent = self.agent(self.config(standin))
        base = copy.deepcopy(agent.config)
        valid, invalid = self.variants(base), self.invalid_variants(base)
        load = self.writer(rate=self.pick(10_000, 20_000), block=10, seconds=600, files=3)
        longest = 0.0
        for number in range(self.pick(12, 100)):
            bad = number % 3 == 2
            choice = invalid[number // 3 % 3] if bad else valid[number % len(valid)]
            agent.write_config(choice)
            if number % 4 == 3:
                self.reload_by_signal(agent, bad)
            else:
                began = time.monotonic()
                status, text = agent.reload()
                longest = max(longest, time.monotonic() - began)
                self.assertEqual(status, 400 if bad else 200, text)
                if not bad:
                    self.assertIn('generation', json.loads(text))
            metrics = agent.metrics()
            self.assertEqual(metrics.sum('sluice_config_last_reload_successful'), 0 if bad else 1)
            self.assertTrue(agent.is_ready())
            time.sleep(0.1)
        agent.write_config(valid[0])
        self.assertEqual(agent.reload()[0], 200)
        report = load.finish()
        verdict = self.wait_for_all(standin, report['files'], 60, agent)
        self.check_verdict(verdict)
        self.assertEqual(verdict['tenant']['out_of_order'], 0, verdict)
        ledger = self.wait_rest(agent)
        self.check_no_loss(ledger)
        self.note(f'longest reload {longest * 1000:.0f} ms, {verdict["tenant"]["identical"]} of '
                  f'{report["lines"]} sent again')
        self.end(agent)

    def reload_by_signal(self, agent, bad):
        """SIGHUP answers nobody, so what it did is read from the metrics. REQUIRES: before an
        invalid one, the last reload was valid."""
        taken = 'sluice_config_last_reload_success_timestamp_seconds'
        before = agent.metrics().sum(taken)
        agent.signal(signal.SIGHUP)

        def over():
            metrics = agent.metrics()
            if bad:
                return metrics.sum('sluice_config_last_reload_successful') == 0
            return metrics.sum(taken) > before

        wait_until(over, 20, 'the reload that SIGHUP asks for')

    def test_a_dead_url_is_replaced(self):
        standin, dead = self.standin(), self.standin()
        dead.down()
        agent = self.agent(self.config(dead))
        report = self.write(5_000)
        time.sleep(1)
        config = copy.deepcopy(agent.config)
        config['sinks']['loki']['url'] = standin.url
        agent.write_config(config)
        status, text = agent.reload()
        self.assertEqual(status, 200, text)
        self.check_verdict(self.wait_for_all(standin, report['files'], 60, agent))
        self.check_no_loss(self.wait_rest(agent))
        self.end(agent)

    def test_what_needs_a_restart_is_refused(self):
        standin = self.standin()
        agent = self.agent(self.config(standin))
        for name, value in (('data_dir', str(self.folder / 'else')), ('memory', '48MiB'),
                            ('listen', '127.0.0.1:1')):
            with self.subTest(name):
                config = copy.deepcopy(agent.config)
                config['agent'][name] = value
                original = agent.config
                agent.write_config(config)
                agent.config = original
                status, text = agent.reload()
                self.assertEqual(status, 400, text)
                self.assertIn('restart', text)
        self.end(agent)

    def test_a_pipeline_is_added_and_removed(self):
        standin, other = self.standin(), self.standin()
        agent = self.agent(self.config(standin))
        base = copy.deepcopy(agent.config)
        self.write(1_000)
        self.wait_rest(agent, delivered=1_000)
        more = copy.deepcopy(base)
        extra = self.folder / 'extra'
        extra.mkdir()
        more['sources']['extra'] = {'type': 'file', 'include': [f'{extra}/*.log']}
        more['pipelines']['extra'] = {'from': ['extra'], 'to': ['other']}
        more['sinks']['other'] = {'type': 'loki', 'url': other.url, 'labels': {'job': 'extra'},
                                  'batch': {'age': '50ms'}}
        agent.write_config(more)
        self.assertEqual(agent.reload()[0], 200)
        report = self.write(1_000, extra, prefix='e')
        self.check_verdict(self.wait_for_all(other, report['files'], 30, agent))
        self.wait_rest(agent)
        agent.write_config(base)
        self.assertEqual(agent.reload()[0], 200)
        self.assertFalse(agent.metrics().all('sluice_sink_delivered_records_total', sink='other'))
        self.write(500, start=1_000)
        self.check_verdict(self.wait_for_all(standin, {'f0': 1_500}, 30, agent))
        self.end(agent)
