"""What a Loki refuses for good: a poison line costs itself only, a wrong tenant costs nothing."""

import time

from process import wait_until
from scenario import Scenario


class PoisonTest(Scenario):
    EVERY = 1000

    def bytes_of_a_clean_run(self, lines):
        standin = self.standin()
        logs = self.folder / 'clean'
        logs.mkdir()
        self.write(lines, logs, poison_every=self.EVERY, block=500)
        config = self.config(standin)
        config['sources']['app']['include'] = [f'{logs}/*.log']
        agent = self.agent(config, 'clean_agent')
        self.wait_rest(agent, 60, delivered=lines)
        self.end(agent)
        return standin.stats()['bytes']

    def poison(self, partial):
        lines = self.pick(20_000, 200_000)
        clean = self.bytes_of_a_clean_run(lines)
        standin = self.standin(poison='POISON', partial=partial)
        report = self.write(lines, poison_every=self.EVERY, block=500)
        agent = self.agent(self.config(standin))
        options = {'except_every': self.EVERY}
        verdict = self.wait_for_all(standin, report['files'], 120, agent, **options)
        self.check_verdict(verdict)
        self.assertEqual(verdict['excepted'], lines // self.EVERY)
        ledger = self.wait_rest(agent, 60)
        self.assertEqual(ledger.lost(component='sink/loki', reason='rejected'),
                         lines // self.EVERY)
        self.assertEqual(ledger.lost(), lines // self.EVERY)
        sent = standin.stats()['bytes']
        self.note(f'{lines // self.EVERY} of {lines} refused, {sent / clean:.2f} times the bytes, '
                  f'{standin.stats()["requests"]} requests')
        self.assertLessEqual(sent, 3 * clean)
        self.assertEqual(agent.terminate()[0], 3, 'loss is exit code 3')

    def test_where_the_rest_is_stored(self):
        self.poison('on')

    def test_where_the_whole_request_is_refused(self):
        self.poison('off')


class WrongTenantTest(Scenario):
    def wrong_tenant(self, status):
        standin = self.standin(require_tenant='right', tenant_status=status)
        agent = self.agent(self.config(standin, sink={'tenant': 'right'}))
        self.write(1_000, block=500)
        self.wait_rest(agent, delivered=1_000)
        standin.policy(require_tenant='other')
        report = self.write(20_000, start=1_000, block=500)
        time.sleep(self.pick(3, 15))
        metrics = agent.metrics()
        self.assertEqual(metrics.sum('sluice_lost_records_total'), 0,
                         metrics.all('sluice_lost_records_total'))
        self.assertEqual(metrics.sum('sluice_component_up', component='sink/loki'), 0,
                         'the alarm has to be seen in sluice_component_up')
        requests = standin.stats()['requests']
        self.assertLess(requests, 200, 'it has to stop, not to bisect everything')
        standin.policy(require_tenant='right')
        files = {'f0': [0, report['files']['f0'][1]]}
        self.check_verdict(self.wait_for_all(standin, files, 90, agent, tenant='right'))
        self.check_no_loss(self.wait_rest(agent, 60))
        wait_until(lambda: agent.metrics().sum('sluice_component_up', component='sink/loki') == 1,
                   10, 'the alarm is over')
        self.note(f'{requests} requests while refused')
        self.end(agent)

    def test_refused_by_401(self):
        self.wrong_tenant(401)

    def test_refused_by_400(self):
        self.wrong_tenant(400)

    def test_a_proxy_that_answers_400_to_everything(self):
        standin = self.standin()
        retry = {'initial': '500ms', 'max': '5s'}
        agent = self.agent(self.config(standin, sink={'retry': retry}))
        self.write(1_000, block=500)
        self.wait_rest(agent, delivered=1_000)
        standin.script({'status': 400, 'body': 'Bad Request', 'duration_ms': 600_000})
        report = self.write(20_000, start=1_000, block=500)
        time.sleep(self.pick(3, 15))
        self.assertEqual(agent.metrics().sum('sluice_lost_records_total'), 0)
        requests = standin.stats()['requests']
        self.assertLess(requests, 400, 'it has to stop, not to bisect everything')
        standin.clear_script()
        files = {'f0': [0, report['files']['f0'][1]]}
        self.check_verdict(self.wait_for_all(standin, files, 90, agent))
        self.check_no_loss(self.wait_rest(agent, 60))
        self.end(agent)
