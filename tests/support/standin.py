"""The stand-in for Loki, as a test drives it."""

import http.client
import json
import subprocess

from process import find_binary, stop_process


class Standin:
    """A running loki_standin. Keyword options become its flags: max_body=9 -> --max-body 9."""

    def __init__(self, max_seconds=3600, **options):
        command = [str(find_binary('loki_standin')), '--max-seconds', str(max_seconds)]
        for name, value in options.items():
            command += ['--' + name.replace('_', '-'), str(value)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        words = self.process.stdout.readline().split()
        if len(words) != 4:
            raise RuntimeError(f'loki_standin did not start: {words}')
        self.port, self.control_port = int(words[1]), int(words[3])
        self.tls = 'tls_cert' in options

    @property
    def url(self):
        return f'{"https" if self.tls else "http"}://127.0.0.1:{self.port}'

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.control_port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            answer = json.loads(response.read() or b'null')
            if response.status != 200:
                raise ValueError(f'{method} {path}: {response.status} {answer}')
            return answer
        finally:
            connection.close()

    def stats(self):
        return self.call('GET', '/stats')

    def tenant(self, name=None):
        """Counters of one tenant; of the only one if no name is given."""
        tenants = self.stats()['tenants']
        if name is None:
            return next(iter(tenants.values()), {'records': 0, 'entries': 0})
        return tenants.get(name, {'records': 0, 'entries': 0})

    def requests(self):
        return self.call('GET', '/requests')

    def streams(self):
        return self.call('GET', '/streams')

    def verdict(self, files, except_every=0, tenant=''):
        """`files`: {"f0": 100} or {"f0": [begin, end]}."""
        return self.call('POST', '/verdict',
                         {'expect': files, 'except_every': except_every, 'tenant': tenant})

    def script(self, *steps):
        self.call('POST', '/script', {'steps': list(steps)})

    def clear_script(self):
        self.call('POST', '/script/clear', {})

    def policy(self, **changes):
        self.call('POST', '/policy', changes)

    def down(self):
        self.call('POST', '/down', {})

    def up(self):
        self.call('POST', '/up', {})

    def reset(self):
        self.call('POST', '/reset', {})

    def stop(self):
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            stop_process(self.process)
        self.process.stdout.close()
