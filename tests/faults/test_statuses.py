"""Every answer that Loki or a proxy before it gives, and what becomes of the records."""

import email.utils
import random
import time

from scenario import SEED, Scenario

LINES = 300


def date_in(seconds):
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


# name -> (steps, records lost, their reason, least seconds until they arrive)
FATES = {
    '204': ([{'status': 204}], 0, None, 0),
    '200': ([{'status': 200}], 0, None, 0),
    '260 blocked': ([{'status': 260, 'count': 1_000_000}], LINES, 'blocked', 0),
    '301 redirect': ([{'status': 301, 'headers': {'Location': '/elsewhere'}, 'count': 2}],
                     0, None, 0),
    '400 once': ([{'status': 400, 'body': 'error parsing labels'}], 0, None, 0),
    '401 twice': ([{'status': 401, 'count': 2}], 0, None, 0),
    '403 twice': ([{'status': 403, 'count': 2}], 0, None, 0),
    '404 twice': ([{'status': 404, 'count': 2}], 0, None, 0),
    '408': ([{'status': 408}], 0, None, 0),
    '413 once': ([{'status': 413, 'body': 'request body too large'}], 0, None, 0),
    '422 once': ([{'status': 422}], 0, None, 0),
    '429 with seconds': ([{'status': 429, 'headers': {'Retry-After': '2'}}], 0, None, 1.8),
    '429 with a date': ([{'status': 429, 'headers': {'Retry-After': 'DATE'}}], 0, None, 1.8),
    '429 with nonsense': ([{'status': 429, 'headers': {'Retry-After': 'soon'}}], 0, None, 0),
    '500': ([{'status': 500, 'count': 3}], 0, None, 0),
    '502': ([{'status': 502, 'body': '<html>bad gateway</html>'}], 0, None, 0),
    '503 with seconds': ([{'status': 503, 'headers': {'Retry-After': '1'}}], 0, None, 0.9),
    '504': ([{'status': 504}], 0, None, 0),
    '599': ([{'status': 599}], 0, None, 0),
    'reset in mid-body': ([{'behaviour': 'reset_mid_body'}], 0, None, 0),
    'reset before the answer': ([{'behaviour': 'reset_before_answer'}], 0, None, 0),
    'answer lost': ([{'behaviour': 'reset_after_accept'}], 0, None, 0),
    'answer too late': ([{'behaviour': 'hang', 'hang_ms': 3000, 'store': True}], 0, None, 0),
    'slow reader': ([{'behaviour': 'slow_read', 'bytes_per_second': 200_000}], 0, None, 0),
    'connection closed after': ([{'status': 204, 'close': True}], 0, None, 0),
}


class StatusTest(Scenario):
    seconds = 170

    def test_each_answer_has_its_fate(self):
        standin = self.standin()
        config = self.config(standin, sink={'timeout': '1s', 'batch': {'age': '50ms'}})
        agent = self.agent(config)
        begin = 0
        lost_before = 0
        for name, (steps, lost, reason, at_least) in FATES.items():
            for step in steps:
                if 'Retry-After' in step.get('headers', {}):
                    step['headers'] = {k: date_in(3) if v == 'DATE' else v
                                       for k, v in step['headers'].items()}
            standin.script(*steps)
            began = time.monotonic()
            report = self.write(LINES, start=begin, block=LINES)
            with self.subTest(name):
                if not lost:
                    self.wait_for_all(standin, report['files'], 30, agent)
                took = time.monotonic() - began
                ledger = self.wait_rest(agent, 30)
                standin.clear_script()
                self.assertGreaterEqual(took, at_least)
                verdict = standin.verdict(report['files'])
                self.assertEqual(verdict['missing'], lost, verdict)
                self.assertEqual(ledger.lost() - lost_before, lost,
                                 ledger.metrics.all('sluice_lost_records_total'))
                if reason:
                    self.assertEqual(ledger.lost(reason=reason), lost)
            standin.clear_script()
            lost_before = Scenario.wait_rest(self, agent).lost()
            begin = report['files']['f0'][1]
        tenant = standin.tenant()
        self.assertEqual((tenant['corrupt'], tenant['different']), (0, 0), tenant)

    def test_resets_in_mid_body(self):
        resets = self.pick(20, 500)
        standin = self.standin()
        agent = self.agent(self.config(standin, sink={'batch': {'age': '20ms'}}))
        random.seed(SEED)
        for _ in range(resets):
            standin.script({'behaviour': 'reset_mid_body',
                            'after_bytes': random.randrange(1, 20_000)}, {'behaviour': 'normal'})
        load = self.writer(rate=self.pick(5_000, 10_000), seconds=240, block=10)
        while standin.stats()['script_left'] > 0:
            time.sleep(0.2)
        report = load.finish()
        self.check_verdict(self.wait_for_all(standin, report['files'], 60, agent))
        self.check_no_loss(self.wait_rest(agent))
        self.assertEqual(standin.stats()['by_status']['0'], resets)
        self.end(agent)

    def test_a_lost_answer_is_asked_for_with_the_same_bytes(self):
        standin = self.standin()
        agent = self.agent(self.config(standin))
        standin.script({'behaviour': 'reset_after_accept'})
        report = self.write(1_000, block=1_000)
        self.check_verdict(self.wait_for_all(standin, report['files'], agent=agent))
        self.wait_rest(agent)
        first = next(r for r in standin.requests() if r['status'] == 0)
        again = [r for r in standin.requests() if r['digest'] == first['digest']]
        self.assertEqual(len(again), 2, standin.requests())
        self.assertEqual(again[1]['status'], 204)
        self.assertGreaterEqual(
            agent.metrics().sum('sluice_sink_resent_records_total', sink='loki'), first['stored'])
        self.end(agent)

    def test_a_body_that_is_always_too_large_is_split_until_it_fits(self):
        standin = self.standin(max_body=20_000)
        agent = self.agent(self.config(standin))
        report = self.write(5_000, block=1_000)
        self.check_verdict(self.wait_for_all(standin, report['files'], 60, agent))
        self.check_no_loss(self.wait_rest(agent))
        self.end(agent)
