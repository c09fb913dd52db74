"""The stand-in itself: what it answers, what it keeps, and what its script does to a connection."""

import http.client
import json
import subprocess
import time

from scenario import Scenario
from process import find_binary


def entry(text, offset=0):
    return [str(time.time_ns() + offset), text]


class StandinTest(Scenario):
    seconds = 60

    def push(self, standin, body, tenant=None, headers=None, timeout=10):
        connection = http.client.HTTPConnection('127.0.0.1', standin.port, timeout=timeout)
        try:
            head = {'Content-Type': 'application/json'} | (headers or {})
            if tenant:
                head['X-Scope-OrgID'] = tenant
            connection.request('POST', '/loki/api/v1/push', json.dumps(body), head)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def one(self, text='hello', labels=None, offset=0):
        return {'streams': [{'stream': labels or {'job': 'a'}, 'values': [entry(text, offset)]}]}

    def test_stores_what_is_valid_and_names_what_is_not(self):
        standin = self.standin(poison='POISON')
        self.assertEqual(self.push(standin, self.one())[0], 204)
        status, text = self.push(standin, {'streams': [
            {'stream': {'job': 'a'}, 'values': [entry('good'), entry('a POISON line')]}]})
        self.assertEqual(status, 400)
        self.assertIn('total ignored: 1 out of 2 for stream: {job="a"}', text)
        tenant = standin.tenant('fake')
        self.assertEqual(tenant['entries'], 2)
        self.assertEqual(tenant['refused_by_reason'], {'poison': 1})

    def test_limits_hold_over_http(self):
        standin = self.standin(max_body=1000)
        self.assertEqual(self.push(standin, self.one('x' * 2000))[0], 413)
        self.assertEqual(self.push(standin, self.one(offset=-8 * 86400 * 10**9))[0], 400)
        self.assertEqual(self.push(standin, self.one(), headers={'Content-Type': 'text/x'})[0], 415)
        self.assertEqual(standin.tenant()['entries'], 0)

    def test_keeps_tenants_apart(self):
        standin = self.standin(require_tenant='right')
        self.assertEqual(self.push(standin, self.one()), (401, 'no org id'))
        self.assertEqual(self.push(standin, self.one(), tenant='right')[0], 204)
        standin.policy(require_tenant='', authorization='Bearer t')
        self.assertEqual(self.push(standin, self.one(), tenant='right')[0], 401)
        self.assertEqual(
            self.push(standin, self.one(), 'left', {'Authorization': 'Bearer t'})[0], 204)
        self.assertEqual(set(standin.stats()['tenants']), {'left', 'right'})

    def test_script_answers_in_order_and_then_ends(self):
        standin = self.standin()
        standin.script({'status': 503, 'count': 2, 'body': 'later'},
                       {'status': 429, 'headers': {'Retry-After': '1'}},
                       {'behaviour': 'reset_before_answer'}, {'behaviour': 'reset_mid_body'},
                       {'behaviour': 'reset_after_accept'}, {'status': 400, 'store': True})
        self.assertEqual(self.push(standin, self.one()), (503, 'later'))
        self.assertEqual(self.push(standin, self.one())[0], 503)
        self.assertEqual(self.push(standin, self.one())[0], 429)
        for _ in range(3):
            with self.assertRaises(OSError):
                self.push(standin, self.one())
        self.assertEqual(self.push(standin, self.one())[0], 400)
        self.assertEqual(self.push(standin, self.one())[0], 204)
        stats = standin.stats()
        self.assertEqual(stats['by_status'], {'0': 3, '204': 1, '400': 1, '429': 1, '503': 2})
        self.assertEqual(standin.tenant()['entries'], 3)

    def test_hangs_until_the_peer_leaves(self):
        standin = self.standin()
        standin.script({'behaviour': 'hang', 'hang_ms': 30000})
        with self.assertRaises(TimeoutError):
            self.push(standin, self.one(), timeout=0.3)
        self.assertEqual(self.push(standin, self.one())[0], 204)

    def test_down_refuses_and_up_is_the_same_port(self):
        standin = self.standin()
        standin.down()
        with self.assertRaises(ConnectionRefusedError):
            self.push(standin, self.one())
        standin.up()
        self.assertEqual(self.push(standin, self.one())[0], 204)

    def test_writer_lines_are_judged_by_id(self):
        standin = self.standin()
        report = self.write(100, files=2)
        lines = [line for file in sorted(self.logs.iterdir())
                 for line in file.read_text().splitlines()]
        now = time.time_ns()
        values = [[str(now + i), line] for i, line in enumerate(lines)]
        body = {'streams': [{'stream': {'job': 'a'}, 'values': values}]}
        self.assertEqual(self.push(standin, body)[0], 204)
        self.assertEqual(self.push(standin, body)[0], 204)
        verdict = standin.verdict(report['files'])
        self.check_verdict(verdict)
        self.assertEqual(verdict['expected'], 100)
        self.assertEqual(verdict['tenant']['identical'], 100)
        self.push(standin, {'streams': [{'stream': {'job': 'b'}, 'values': values[:1]}]})
        self.assertEqual(standin.tenant()['different'], 1)

    def test_ends_with_its_input_and_with_its_time(self):
        standin = self.standin()
        standin.process.stdin.close()
        self.assertEqual(standin.process.wait(5), 0)
        timed = subprocess.Popen([str(find_binary('loki_standin')), '--max-seconds', '1'],
                                 stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.assertEqual(timed.wait(10), 0)
        timed.stdin.close()
