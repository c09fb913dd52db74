"""The commands and their exit codes: contract 6."""

import json

from agent import file_to_loki, run_command
from scenario import Scenario

GOOD = """\
agent: {{data_dir: {folder}/data}}
sources:
  app: {{type: file, include: [{folder}/logs/*.log]}}
pipelines:
  app:
    from: [app]
    transforms:
      - json
      - labels: [level]
    to: [loki]
sinks:
  loki: {{type: loki, url: "http://127.0.0.1:1", labels: {{job: app}}}}
"""


class CliTest(Scenario):
    seconds = 60

    def command(self, *arguments, config=None, **options):
        return run_command(*arguments, config=config, folder=self.folder, **options)

    def good(self):
        return GOOD.format(folder=self.folder)

    def test_version(self):
        result = self.command('version')
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r'sluice \d+\.\d+\.\d+')

    def test_check(self):
        result = self.command('check', '{config}', config=self.good())
        self.assertEqual(result.returncode, 0, result.stderr + result.stdout)

    def test_check_tells_line_column_and_fix(self):
        broken = self.good().replace('include', 'inclde').replace('to: [loki]', 'to: [lokki]')
        result = self.command('check', '{config}', config=broken)
        said = result.stdout + result.stderr
        self.assertEqual(result.returncode, 2, said)
        self.assertIn('sluice.yaml:3:', said)
        self.assertIn('include', said)
        self.assertIn('sluice.yaml:10:', said)
        self.assertIn('did you mean', said.lower())

    def test_check_as_json(self):
        broken = self.good().replace('level', '"le-vel"').replace('to: [loki]', 'to: [nowhere]')
        result = self.command('check', '--format', 'json', '{config}', config=broken)
        self.assertEqual(result.returncode, 2)
        self.assertTrue(json.loads(result.stdout))

    def test_check_needs_its_variables_unless_static(self):
        config = self.good().replace('"http://127.0.0.1:1"', '"${LOKI_URL_THAT_IS_NOT_SET}"')
        self.assertEqual(self.command('check', '{config}', config=config).returncode, 2)
        self.assertEqual(self.command('check', '--static', '{config}', config=config).returncode, 0)
        given = self.command('check', '{config}', config=config,
                             env={'LOKI_URL_THAT_IS_NOT_SET': 'http://loki:3100'})
        self.assertEqual(given.returncode, 0, given.stderr)

    def test_check_hides_secrets_when_it_prints(self):
        config = self.good().replace('labels: {job', 'auth: {bearer: s3cr3t}, labels: {job')
        result = self.command('check', '--print', '{config}', config=config)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn('s3cr3t', result.stdout + result.stderr)
        self.assertIn('http://127.0.0.1:1', result.stdout)

    def test_strict_makes_warnings_errors(self):
        config = self.good().replace('labels: [level]', 'labels: {level: level}').replace(
            '- json\n', '- json\n      - drop: \'service == "x"\'\n')
        self.assertEqual(self.command('check', '{config}', config=config).returncode, 0)
        self.assertEqual(self.command('check', '--strict', '{config}', config=config).returncode, 2)

    def test_run_refuses_a_broken_configuration(self):
        broken = self.good().replace('type: file', 'type: fil')
        result = self.command('run', '{config}', config=broken)
        self.assertEqual(result.returncode, 2)
        self.assertIn('file', result.stderr + result.stdout)

    def test_usage_errors_are_2(self):
        for arguments in (['no-such-command'], ['check', '--no-such-flag'],
                          ['check', '/no/such/file.yaml'], ['explain', 'no-such-plugin']):
            with self.subTest(arguments):
                self.assertEqual(self.command(*arguments).returncode, 2)

    def test_health(self):
        standin = self.standin()
        config = file_to_loki(self.logs, standin.url)
        agent = self.agent(config)
        address = agent.config['agent']['admin']
        self.assertEqual(self.command('health', '--agent', address).returncode, 0)
        self.end(agent)
        self.assertEqual(self.command('health', '--agent', address).returncode, 1)

    def test_health_finds_the_socket_in_data_dir(self):
        standin = self.standin()
        config = file_to_loki(self.logs, standin.url)
        config['agent']['admin'] = f'unix:{self.folder}/admin.sock'
        agent = self.agent(config)
        result = self.command('health', '--agent', config['agent']['admin'])
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((self.folder / 'admin.sock').stat().st_mode & 0o777, 0o600)
        self.end(agent)

    def test_listeners_serve_what_they_should(self):
        standin = self.standin()
        agent = self.agent(file_to_loki(self.logs, standin.url))
        for path in ('/metrics', '/-/healthy', '/-/ready'):
            self.assertEqual(agent.get('listen', path)[0], 200, path)
        for path in ('/-/reload', '/api/v1/components'):
            self.assertIn(agent.get('listen', path)[0], (403, 404, 405), path)
        ids = json.dumps(agent.components())
        for component in ('source/app', 'pipeline/app', 'sink/loki'):
            self.assertIn(component, ids)
        self.end(agent)

    def test_readiness_does_not_depend_on_the_sink(self):
        standin = self.standin()
        standin.down()
        agent = self.agent(file_to_loki(self.logs, standin.url))
        self.write(100)
        self.assertEqual(agent.get('listen', '/-/ready')[0], 200)
        self.assertEqual(agent.get('listen', '/-/healthy')[0], 200)
        agent.terminate()

    def test_try_answers_without_a_configuration(self):
        self.write(20)
        result = self.command('try', self.logs / 'f0.log')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn('service', result.stdout)

    def test_lists_and_pages(self):
        for arguments, wanted in ((['plugins'], 'file'), (['explain', 'loki'], 'url'),
                                  (['schema'], 'properties'), (['completion', 'bash'], 'sluice')):
            with self.subTest(arguments):
                result = self.command(*arguments)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertIn(wanted, result.stdout)

    def test_diff_prints_the_plan(self):
        one, two = self.folder / 'one.yaml', self.folder / 'two.yaml'
        one.write_text(self.good())
        two.write_text(self.good().replace('127.0.0.1:1', '127.0.0.1:2'))
        result = self.command('diff', one, two)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn('sink/loki', result.stdout)
