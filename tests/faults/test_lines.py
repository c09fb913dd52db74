"""Lines as nobody hopes for: too long, not UTF-8, torn, unfinished, equal, with other line ends."""

import time

from process import wait_until
from scenario import MIB, Scenario


class LineTest(Scenario):
    def accepted(self):
        """(ns, labels, metadata, line) of all that the stand-in stored, escapes as written."""
        rows = []
        for row in (self.folder / 'accepted').read_bytes().decode('latin-1').splitlines():
            ns, _, labels, metadata, line = row.split('\t')
            rows.append((int(ns), labels, metadata, line))
        return rows

    def keeping(self, **options):
        return self.standin(accepted=self.folder / 'accepted', **options)

    def lines_of(self, standin):
        standin.stats()  # makes it write out what it kept
        return [line for _, _, _, line in self.accepted()]

    def test_max_line_truncates_and_goes_on(self):
        standin = self.keeping()
        agent = self.agent(self.config(standin, source={'max_line': '16KiB'}))
        report = self.write(1_000, long_every=100, long_bytes=1 * MIB, block=7)
        verdict = self.wait_for_all(standin, report['files'], 30, agent)
        self.check_verdict(verdict, truncated=10)
        longest = max(len(line) for line in self.lines_of(standin))
        self.assertLessEqual(longest, 16 * 1024 + 64)
        self.assertGreaterEqual(longest, 16 * 1024 - 64)
        ledger = self.wait_rest(agent)
        self.check_no_loss(ledger)
        self.end(agent)

    def test_a_line_without_an_end_does_not_fill_the_memory(self):
        standin = self.standin()
        agent = self.agent(self.config(standin, agent={'memory': '32MiB'}))
        with open(self.logs / 'endless.log', 'wb') as out:
            for _ in range(self.pick(200, 1_000)):
                out.write(b'x' * MIB)
        report = self.write(1_000)
        self.check_verdict(self.wait_for_all(standin, report['files'], 60, agent))
        time.sleep(1)
        self.assertLessEqual(agent.peak_rss_bytes(), (32 + 24) * MIB)
        agent.terminate()

    def test_bytes_that_are_not_text_cost_no_line(self):
        standin = self.standin()
        agent = self.agent(self.config(standin))
        report = self.write(2_000, invalid_utf8_every=10, nul_every=7)
        verdict = self.wait_for_all(standin, report['files'], 30, agent)
        tenant = verdict['tenant']
        self.assertEqual((verdict['invented'], tenant['different']), (0, 0), verdict)
        # Such a line passes as it is or with its bad bytes replaced, which breaks its checksum.
        self.assertEqual(tenant['invalid_utf8_lines'] + tenant['corrupt'], 200)
        self.assertEqual(tenant['nul_lines'], 2_000 // 7)
        self.check_no_loss(self.wait_rest(agent))
        self.end(agent)

    def test_torn_writes_are_put_together(self):
        standin = self.standin()
        agent = self.agent(self.config(standin))
        report = self.writer(rate=2_000, tear=100, lines=6_000, files=2).wait(60)
        self.check_verdict(self.wait_for_all(standin, report['files'], 30, agent))
        self.end(agent)

    def test_the_last_line_without_newline_comes_after_idle_flush(self):
        standin = self.standin()
        agent = self.agent(self.config(standin, source={'idle_flush': '1s'}))
        report = self.write(101, end_without_newline='on', block=1)
        verdict = self.wait_for_all(standin, report['files'], 15, agent)
        self.check_verdict(verdict)
        self.check_no_loss(self.wait_rest(agent))
        self.end(agent)

    def test_equal_lines_without_a_time_are_all_kept(self):
        # Loki drops equal lines at equal times, so each needs a time of its own.
        standin = self.standin()
        agent = self.agent(self.config(standin, transforms=[]))
        (self.logs / 'beat.log').write_text('still alive\n' * 1_000)
        self.wait_rest(agent, delivered=1_000)
        self.assertEqual(standin.tenant()['equal_dropped'], 0)
        self.assertEqual(standin.streams()[0]['entries'], 1_000)
        self.end(agent)

    def test_equal_lines_at_equal_parsed_times_are_all_kept(self):
        standin = self.standin()
        agent = self.agent(self.config(standin))
        now = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())
        (self.logs / 'beat.log').write_text(
            f'{{"ts":"{now}","level":"info","service":"a","msg":"still alive"}}\n' * 500)
        self.wait_rest(agent, delivered=500)
        self.assertEqual(standin.tenant()['equal_dropped'], 0)
        self.end(agent)

    def test_other_line_ends_and_encodings(self):
        standin = self.keeping()
        agent = self.agent(self.config(standin, transforms=[]))
        (self.logs / 'crlf.log').write_bytes(b'one\r\ntwo\r\n')
        (self.logs / 'utf16.log').write_bytes('\ufeffdrei\nvier\n'.encode('utf-16-le'))
        (self.logs / 'empty.log').write_bytes(b'')
        (self.logs / 'bom.log').write_bytes(b'\xef\xbb\xbffive\n')
        wait_until(lambda: standin.tenant().get('entries', 0) >= 5, 15,
                   lambda: f'five lines; {standin.tenant()}')
        self.wait_rest(agent)
        self.assertEqual(sorted(self.lines_of(standin)), ['drei', 'five', 'one', 'two', 'vier'])
        self.end(agent)

    def test_where_reading_starts(self):
        standin = self.keeping()
        (self.logs / 'old.log').write_text('before\n')
        agent = self.agent(self.config(standin, transforms=[], source={'start_at': 'end'}))
        self.wait_rest(agent)
        with open(self.logs / 'old.log', 'a', encoding='utf-8') as out:
            out.write('after\n')
        (self.logs / 'new.log').write_text('from the beginning\n')
        wait_until(lambda: standin.tenant().get('entries', 0) >= 2, 15, 'two lines')
        self.wait_rest(agent)
        self.assertEqual(sorted(self.lines_of(standin)), ['after', 'from the beginning'])
        self.end(agent)
