"""How the agent gets into a Loki that does not let everybody in."""

import base64
import pathlib
import shutil
import subprocess
import time
import unittest

from process import wait_until
from scenario import Scenario


class TlsTest(Scenario):
    def setUp(self):
        super().setUp()
        if shutil.which('openssl') is None:
            raise unittest.SkipTest('no openssl to make certificates with')
        self.ca = self.make_ca('ca')
        self.server = self.make_certificate('server', self.ca)
        self.client = self.make_certificate('client', self.ca)

    def openssl(self, *words):
        subprocess.run(['openssl', *map(str, words)], check=True, capture_output=True, timeout=30)

    def make_ca(self, name):
        key, cert = self.folder / f'{name}.key', self.folder / f'{name}.crt'
        self.openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
                     '-nodes', '-keyout', key, '-out', cert, '-days', 1, '-subj', f'/CN={name}')
        return cert, key

    def make_certificate(self, name, ca):
        key, request = self.folder / f'{name}.key', self.folder / f'{name}.csr'
        cert, extension = self.folder / f'{name}.crt', self.folder / f'{name}.ext'
        extension.write_text('subjectAltName=IP:127.0.0.1,DNS:localhost\n')
        self.openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                     '-keyout', key, '-out', request, '-subj', f'/CN={name}')
        self.openssl('x509', '-req', '-in', request, '-CA', ca[0], '-CAkey', ca[1],
                     '-CAcreateserial', '-out', cert, '-days', 1, '-extfile', extension)
        return cert, key

    def delivered_over_tls(self, tls, **standin):
        """Whether records arrive within a few seconds."""
        loki = self.standin(tls_cert=self.server[0], tls_key=self.server[1], **standin)
        name = f'agent{time.monotonic_ns()}'
        agent = self.agent(self.config(loki, sink={'tls': {k: str(v) for k, v in tls.items()}}),
                           name=name)
        report = self.write(200, start=0) if not (self.logs / 'f0.log').exists() else {
            'files': {'f0': [0, 200]}}
        try:
            verdict = self.wait_for_all(loki, report['files'], 3, agent)
        except AssertionError:
            self.assertTrue(agent.is_running(), agent.log_tail())
            self.assertEqual(agent.metrics().sum('sluice_lost_records_total'), 0)
            return False
        self.check_verdict(verdict)
        self.end(agent)
        return True

    def test_with_the_right_ca(self):
        self.assertTrue(self.delivered_over_tls({'ca_file': self.ca[0]}))

    def test_with_a_client_certificate(self):
        self.assertTrue(self.delivered_over_tls(
            {'ca_file': self.ca[0], 'cert_file': self.client[0], 'key_file': self.client[1]},
            tls_client_ca=self.ca[0]))

    def test_without_the_client_certificate_it_waits(self):
        self.assertFalse(self.delivered_over_tls({'ca_file': self.ca[0]},
                                                 tls_client_ca=self.ca[0]))

    def test_with_the_wrong_ca_it_waits(self):
        other = self.make_ca('other')
        self.assertFalse(self.delivered_over_tls({'ca_file': other[0]}))

    def test_with_the_wrong_name_it_waits(self):
        self.assertFalse(self.delivered_over_tls(
            {'ca_file': self.ca[0], 'server_name': 'loki.example'}))

    def test_insecure_skip_verify(self):
        loki = self.standin(tls_cert=self.server[0], tls_key=self.server[1])
        agent = self.agent(self.config(loki, sink={'tls': {'insecure_skip_verify': True}}))
        report = self.write(200)
        self.check_verdict(self.wait_for_all(loki, report['files'], 10, agent))
        self.end(agent)


class AuthTest(Scenario):
    def arrives(self, authorization, auth, **sink):
        standin = self.standin(authorization=authorization)
        agent = self.agent(self.config(standin, sink={'auth': auth} | sink))
        report = self.write(200)
        self.check_verdict(self.wait_for_all(standin, report['files'], 20, agent))
        return standin, agent

    def test_bearer(self):
        _, agent = self.arrives('Bearer s3cret', {'bearer': 's3cret'})
        self.end(agent)

    def test_basic(self):
        token = base64.b64encode(b'me:s3cret').decode()
        _, agent = self.arrives(f'Basic {token}',
                                {'basic': {'username': 'me', 'password': 's3cret'}})
        self.end(agent)

    def test_a_secret_in_a_file_is_read_again_after_401(self):
        path = pathlib.Path(self.folder / 'token')
        path.write_text('first\n')
        path.chmod(0o600)
        standin, agent = self.arrives('Bearer first', {'bearer': f'${{file:{path}}}'})
        standin.policy(authorization='Bearer second')
        report = self.write(200, start=200)
        wait_until(lambda: standin.stats()['by_status'].get('401', 0) > 0, 10, 'a 401')
        path.write_text('second\n')
        files = {'f0': [0, report['files']['f0'][1]]}
        self.check_verdict(self.wait_for_all(standin, files, 40, agent))
        self.check_no_loss(self.wait_rest(agent))
        self.assertNotIn('second', agent.log())
        self.end(agent)

    def test_tenant_and_tenant_by_text(self):
        standin = self.standin()
        config = self.config(standin, sink={'tenant': '{service}'})
        agent = self.agent(config)
        self.write(2_000)
        self.wait_rest(agent, delivered=2_000)
        tenants = standin.stats()['tenants']
        self.assertEqual(len(tenants), 8, list(tenants))
        self.assertEqual(sum(t['records'] for t in tenants.values()), 2_000)
        for stream in standin.streams():
            self.assertIn(f'service="{stream["tenant"]}"', stream['labels'])
        self.end(agent)
