"""/metrics: the names of contract 6, their types, and counters that add up while records move."""

import re
import shutil
import subprocess
import time

from ledger import check_balance_moving
from scenario import Scenario

SEEN_AT_ONCE = """
sluice_source_records_total sluice_source_bytes_total sluice_source_lag_bytes
sluice_dropped_records_total sluice_lost_records_total sluice_forwarded_records_total
sluice_pending_records sluice_pending_bytes sluice_unaccounted_records
sluice_sink_delivered_records_total sluice_sink_resent_records_total sluice_sink_retries_total
sluice_sink_sent_bytes_total sluice_sink_in_flight_requests sluice_sink_requests_total
sluice_sink_request_duration_seconds_bucket sluice_delivery_latency_seconds_bucket
sluice_delivery_lag_seconds sluice_backpressure_seconds_total sluice_component_up
sluice_memory_budget_bytes sluice_memory_used_bytes sluice_lanes
sluice_config_last_reload_successful sluice_config_last_reload_success_timestamp_seconds
sluice_config_info sluice_build_info process_resident_memory_bytes process_cpu_seconds_total
""".split()


class MetricsTest(Scenario):
    def test_every_metric_of_the_contract_is_there(self):
        standin = self.standin()
        agent = self.agent(self.config(standin))
        report = self.write(2_000)
        self.wait_for_all(standin, report['files'], agent=agent)
        ledger = self.wait_rest(agent)
        metrics = ledger.metrics
        missing = [name for name in SEEN_AT_ONCE if not metrics.has(name)]
        self.assertEqual(missing, [])
        self.assertEqual(metrics.sum('sluice_source_records_total', source='app'), 2_000)
        self.assertEqual(metrics.sum('sluice_source_bytes_total', source='app'), report['bytes'])
        self.assertEqual(metrics.sum('sluice_sink_delivered_records_total', sink='loki'), 2_000)
        self.assertEqual(metrics.sum('sluice_sink_requests_total', sink='loki', code='204'),
                         standin.stats()['by_status']['204'])
        self.assertEqual(metrics.sum('sluice_sink_sent_bytes_total', sink='loki'),
                         standin.stats()['bytes'])
        self.end(agent)

    def test_reasons_start_at_zero(self):
        standin = self.standin()
        agent = self.agent(self.config(standin))
        reasons = {labels['reason'] for labels, _ in
                   agent.metrics().all('sluice_lost_records_total', component='sink/loki')}
        self.assertTrue({'rejected', 'blocked'} <= reasons, reasons)
        self.end(agent)

    def test_the_format_is_clean(self):
        standin = self.standin()
        agent = self.agent(self.config(standin))
        self.write(100)
        self.wait_rest(agent, delivered=100)
        text = agent.metrics().text
        seen = set()
        for line in text.splitlines():
            if line.startswith('# TYPE '):
                name = line.split()[2]
                self.assertNotIn(name, seen, 'a family is written once')
                seen.add(name)
            elif line and not line.startswith('#'):
                family = re.sub(r'_(bucket|sum|count)$', '', line.split('{')[0].split(' ')[0])
                self.assertTrue(family in seen or line.split('{')[0].split(' ')[0] in seen, line)
        if shutil.which('promtool'):
            result = subprocess.run(['promtool', 'check', 'metrics'], input=text, text=True,
                                    capture_output=True, check=False, timeout=30)
            complaints = [line for line in result.stderr.splitlines() if 'sluice_' in line]
            self.assertEqual(complaints, [])
        self.end(agent)

    def test_nothing_is_unaccounted_for_while_records_move(self):
        standin = self.standin()
        agent = self.agent(self.config(standin))
        load = self.writer(rate=20_000, block=10, seconds=60, files=3)
        check_balance_moving(agent, 4)
        report = load.finish()
        self.wait_for_all(standin, report['files'], agent=agent)
        self.check_no_loss(self.wait_rest(agent))
        self.end(agent)

    def test_drops_are_counted_where_they_happen(self):
        standin = self.standin()
        config = self.config(standin)
        config['pipelines']['app']['transforms'].insert(1, {'drop': 'kind == "poison"'})
        agent = self.agent(config)
        report = self.write(5_000, poison_every=10)
        verdict = self.wait_for_all(standin, report['files'], except_every=10, agent=agent)
        self.check_verdict(verdict)
        ledger = self.wait_rest(agent)
        self.check_no_loss(ledger)
        self.assertEqual(ledger.dropped(component='pipeline/app/drop', reason='drop'), 500)
        self.assertEqual(ledger.dropped(), 500)
        self.end(agent)

    def test_a_sample_decides_the_same_after_a_restart(self):
        standin = self.standin()
        config = self.config(standin)
        config['pipelines']['app']['transforms'].insert(1, {'sample': '20%'})
        agent = self.agent(config)
        self.write(10_000)
        ledger = self.wait_rest(agent)
        time.sleep(0.3)
        kept = standin.tenant()['records']
        self.assertEqual(ledger.dropped(reason='sample'), 10_000 - kept)
        self.assertTrue(1_500 < kept < 2_500, kept)
        self.end(agent)
        # A second agent without positions reads all again and must keep the same lines.
        again = self.agent(self.config(standin) | {'pipelines': config['pipelines']}, 'again')
        self.wait_rest(again, delivered=kept)
        tenant = standin.tenant()
        self.assertEqual((tenant['records'], tenant['identical']), (kept, kept))
        self.end(again)

    def books_at_exit(self, agent):
        """The ledger that `run --summary` ends with: {account: {word: number}}."""
        books = {}
        for line in agent.log().split('\nledger\n')[-1].splitlines():
            match = re.match(r'  (pipeline|sink)/(\S+) +logs: (.*)', line)
            if match:
                numbers = re.findall(r'(\w+) (\d+)', match[3].split('(')[0])
                books[f'{match[1]}/{match[2]}'] = {word: int(text) for word, text in numbers}
        return books

    def check_books(self, books):
        pipeline, sink = books['pipeline/app'], books['sink/loki']
        self.assertEqual(pipeline['in'] + pipeline['created'],
                         sum(pipeline[w] for w in ('forwarded', 'dropped', 'lost', 'merged',
                                                   'pending')), books)
        self.assertEqual(sink['in'], sink['delivered'] + sink['lost'] + sink['pending'], books)
        self.assertEqual((pipeline['pending'], sink['pending']), (0, 0), books)

    def test_the_ledger_at_exit_is_exact(self):
        standin = self.standin()
        config = self.config(standin)
        config['pipelines']['app']['transforms'].insert(1, {'drop': 'kind == "poison"'})
        agent = self.agent(config, flags=['--summary'])
        load = self.writer(rate=10_000, block=10, seconds=30, poison_every=10)
        time.sleep(1.5)
        self.end(agent)
        load.finish()
        books = self.books_at_exit(agent)
        self.check_books(books)
        self.assertEqual(books['sink/loki']['delivered'], standin.tenant()['records'])
        self.assertGreater(books['pipeline/app']['dropped'], 0)
        last = agent.log().splitlines()[-1]
        self.assertRegex(last, '^ledger balanced: ')

    def test_the_ledger_at_exit_is_exact_with_a_dead_sink(self):
        standin = self.standin()
        agent = self.agent(self.config(standin, agent={'shutdown_timeout': '1s'}),
                           flags=['--summary'])
        report = self.write(1_000)
        self.wait_for_all(standin, report['files'], agent=agent)
        standin.down()
        self.write(1_000, start=1_000)
        time.sleep(0.5)
        self.end(agent)
        # What is left to the positions left the books on the way back to its source.
        books = self.books_at_exit(agent)
        self.assertEqual(books['sink/loki']['delivered'], 1_000, books)
        self.assertEqual(books['sink/loki']['lost'], 0, books)
        self.assertEqual(books['sink/loki']['pending'], 0, books)
        self.assertRegex(agent.log().splitlines()[-1], '^ledger balanced: ')
