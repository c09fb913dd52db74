#!/usr/bin/env python3
"""Runs scenario modules one after another: run_scenarios.py [--full] [--seed N] FOLDER [NAME]...

NAME is a module (test_kill9), or a part of a test's id. The last line is `N passed, N failed`,
followed by what was skipped if anything was. The exit code is 0 only if nothing failed."""

import argparse
import os
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class Report(unittest.TextTestResult):
    """One line per scenario, with its time."""

    def startTest(self, test):
        super(unittest.TextTestResult, self).startTest(test)
        self.began = time.monotonic()

    def _say(self, word, test, why=''):
        took = time.monotonic() - self.began
        self.stream.writeln(f'{word:7} {took:7.1f} s  {test.id()}{": " + why if why else ""}')
        self.stream.flush()

    def _tell(self, problems):
        """At once: a run takes long, and may be ended before its summary."""
        self.stream.writeln('    ' + problems[-1][1].rstrip().replace('\n', '\n    '))
        self.stream.flush()

    def addSuccess(self, test):
        super(unittest.TextTestResult, self).addSuccess(test)
        self._say('ok', test)

    def addFailure(self, test, err):
        super(unittest.TextTestResult, self).addFailure(test, err)
        self._say('FAILED', test)
        self._tell(self.failures)

    def addError(self, test, err):
        super(unittest.TextTestResult, self).addError(test, err)
        self._say('ERROR', test)
        self._tell(self.errors)

    def addSkip(self, test, reason):
        super(unittest.TextTestResult, self).addSkip(test, reason)
        self._say('skipped', test, reason)

    def addSubTest(self, test, subtest, err):
        super(unittest.TextTestResult, self).addSubTest(test, subtest, err)
        if err is not None:
            self._say('FAILED', subtest)
            self._tell(self.failures if issubclass(err[0], AssertionError) else self.errors)


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--full', action='store_true', help='the sizes of `make faults`')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--list', action='store_true')
    parser.add_argument('folder')
    parser.add_argument('names', nargs='*')
    options = parser.parse_args()
    os.environ['SLUICE_FULL'] = '1' if options.full else '0'
    os.environ['SLUICE_SEED'] = str(options.seed)
    sys.path.insert(0, str(HERE))
    sys.dont_write_bytecode = True
    suite = unittest.defaultTestLoader.discover(options.folder, 'test_*.py')
    tests = [test for test in flatten(suite)
             if not options.names or any(name in test.id() for name in options.names)]
    if options.list:
        print('\n'.join(test.id() for test in tests))
        return 0
    runner = unittest.TextTestRunner(stream=sys.stdout, resultclass=Report, verbosity=0)
    result = Report(runner.stream, True, 0)
    began = time.monotonic()
    unittest.TestSuite(tests).run(result)
    failed = len({getattr(test, 'test_case', test).id()
                  for test, _ in result.failures + result.errors})
    passed = result.testsRun - failed - len(result.skipped)
    print(f'seed {options.seed}, {time.monotonic() - began:.0f} s')
    skipped = f', {len(result.skipped)} skipped' if result.skipped else ''
    print(f'{passed} passed, {failed} failed{skipped}')
    return 1 if failed or not tests else 0


if __name__ == '__main__':
    sys.exit(main())
