"""The agent, as a test drives it: started with a generated configuration in a folder of its own."""

import http.client
import json
import os
import pathlib
import signal
import subprocess
import time

from metrics import Metrics
from process import find_binary, free_port, wait_until

START_SECONDS = 15


def file_to_loki(logs, url, *, include=None, source=None, transforms=None, sink=None, agent=None):
    """The usual pipeline: files in `logs`, parsed, timed, labelled and sent to a Loki."""
    if transforms is None:
        transforms = ['json', {'timestamp': {'field': 'ts', 'format': 'rfc3339'}},
                      {'labels': ['level', 'service']}]
    return {
        'agent': {'memory': '64MiB', 'shutdown_timeout': '5s'} | (agent or {}),
        'sources': {'app': {'type': 'file', 'include': include or [f'{logs}/*.log']}
                    | (source or {})},
        'pipelines': {'app': {'from': ['app'], 'transforms': transforms, 'to': ['loki']}},
        'sinks': {'loki': {'type': 'loki', 'url': url, 'labels': {'job': 'test'},
                           'batch': {'age': '100ms'},
                           # The default maximum of 30 s would only make the tests longer.
                           'retry': {'initial': '50ms', 'max': '1s'}} | (sink or {})},
    }


class Agent:
    """One agent. It may be started and ended many times over the same data_dir."""

    def __init__(self, folder, config, user=None, preexec=None, flags=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = config
        settings = config.setdefault('agent', {})
        settings.setdefault('data_dir', str(self.folder / 'data'))
        settings.setdefault('listen', f'127.0.0.1:{free_port()}')
        settings.setdefault('admin', f'127.0.0.1:{free_port()}')
        self.config_path = self.folder / 'sluice.yaml'
        self.log_path = self.folder / 'agent.log'
        self.user = user
        self.preexec = preexec
        self.flags = list(flags)  # of `sluice run`
        self.process = None
        self.write_config()

    def write_config(self, config=None):
        """Writes `config` (JSON is YAML) where the running agent reads it at a reload."""
        if config is not None:
            self.config = config
        draft = self.config_path.with_suffix('.tmp')
        draft.write_text(json.dumps(self.config, indent=1) + '\n')
        os.rename(draft, self.config_path)

    def start(self, wait=True):
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen(
                [str(find_binary('sluice')), 'run', *self.flags, str(self.config_path)],
                stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=self.folder,
                user=self.user, preexec_fn=self.preexec)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f'the agent ended with {self.process.returncode}:\n'
                                     f'{self.log_tail()}')
            return self.is_ready()
        wait_until(ready, START_SECONDS, lambda: f'/-/ready\n{self.log_tail()}')

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def get(self, address, path, method='GET', timeout=40):
        """(status, body) of the metrics or the admin listener."""
        host, port = self.config['agent'][address].rsplit(':', 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=timeout)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read().decode('utf-8', 'replace')
        finally:
            connection.close()

    def is_ready(self):
        try:
            return self.get('listen', '/-/ready', timeout=5)[0] == 200
        except OSError:
            return False

    def metrics(self):
        try:
            status, text = self.get('listen', '/metrics', timeout=10)
        except OSError as error:
            if self.is_running():
                raise AssertionError(f'/metrics did not answer: {error}') from error
            raise AssertionError(f'the agent ended with {self.process.returncode}:\n'
                                 f'{self.log_tail()}') from error
        if status != 200:
            raise AssertionError(f'/metrics answered {status}')
        return Metrics(text)

    def components(self):
        status, text = self.get('admin', '/api/v1/components')
        if status != 200:
            raise AssertionError(f'/api/v1/components answered {status}')
        return json.loads(text)

    def reload(self):
        """POST /-/reload: (status, body)."""
        return self.get('admin', '/-/reload', 'POST')

    def signal(self, number):
        self.process.send_signal(number)

    def terminate(self, seconds=30):
        """SIGTERM. Returns (exit code, seconds that it took)."""
        began = time.monotonic()
        self.signal(signal.SIGTERM)
        code = self.process.wait(seconds)
        return code, time.monotonic() - began

    def kill(self):
        """SIGKILL, waited for."""
        self.process.kill()
        self.process.wait(10)

    def rss_bytes(self):
        return self._status_bytes('VmRSS')

    def peak_rss_bytes(self):
        return self._status_bytes('VmHWM')

    def _status_bytes(self, name):
        for line in pathlib.Path(f'/proc/{self.process.pid}/status').read_text().splitlines():
            if line.startswith(name + ':'):
                return int(line.split()[1]) * 1024
        raise AssertionError(f'no {name} of {self.process.pid}')

    def cpu_seconds(self):
        text = pathlib.Path(f'/proc/{self.process.pid}/stat').read_text()
        fields = text.rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def open_files(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))

    def log(self):
        return self.log_path.read_text(errors='replace') if self.log_path.exists() else ''

    def log_tail(self, lines=30):
        return '\n'.join(self.log().splitlines()[-lines:])

    def stop(self):
        """For the end of a test, when nobody looks at how it ends."""
        if self.is_running():
            self.kill()


def run_command(*arguments, config=None, folder=None, seconds=30, env=None, stdin=''):
    """Runs `sluice ARGUMENTS...` and returns the completed process. `config` (text) is written to
    sluice.yaml in `folder`, whose path takes the place of `{config}` among the arguments."""
    if config is not None:
        path = pathlib.Path(folder) / 'sluice.yaml'
        path.write_text(config)
        arguments = [str(path) if word == '{config}' else word for word in arguments]
    return subprocess.run([str(find_binary('sluice')), *map(str, arguments)], input=stdin,
                          capture_output=True, text=True, errors='replace', timeout=seconds,
                          env=None if env is None else os.environ | env)
