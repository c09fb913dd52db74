"""The conservation oracle: contract 5, read from /metrics and checked exactly at rest."""

import time

from process import wait_until


class Ledger:
    """What one scrape says became of every record."""

    def __init__(self, config, metrics):
        self.config = config
        self.metrics = metrics

    def targets(self, pipeline):
        to = self.config['pipelines'][pipeline].get('to', [])
        names = [edge if isinstance(edge, str) else edge['to']
                 for edge in (to if isinstance(to, list) else [to])]
        return list(dict.fromkeys(names))

    def pipeline(self, name):
        m, component = self.metrics, f'pipeline/{name}'
        return {
            'in': m.sum('sluice_pipeline_records_total', pipeline=name),
            'created': m.sum_under('sluice_created_records_total', component),
            'forwarded': m.sum('sluice_forwarded_records_total', pipeline=name),
            'dropped': m.sum_under('sluice_dropped_records_total', component),
            'lost': m.sum_under('sluice_lost_records_total', component),
            'merged': m.sum_under('sluice_merged_records_total', component),
            'pending': m.sum_under('sluice_pending_records', component),
        }

    def sources_of(self, pipeline):
        sources = self.config['pipelines'][pipeline].get('from', [])
        return [source.split('.')[0] for source in sources]

    def entered(self, name):
        """What other metrics say came into a pipeline: read, read again, and forwarded to it. None
        where a source feeds several pipelines, since its counters don't say which."""
        others = [source for other in self.config['pipelines'] if other != name
                  for source in self.sources_of(other)]
        sources = self.sources_of(name)
        if any(source in others for source in sources):
            return None
        m = self.metrics
        return (sum(m.sum('sluice_source_records_total', source=source)
                    + m.sum('sluice_rewound_records_total', source=source)
                    - m.sum('sluice_lost_records_total', component=f'source/{source}')
                    for source in sources)
                + m.sum('sluice_forwarded_records_total', to=name))

    def sink(self, name):
        m, component = self.metrics, f'sink/{name}'
        return {
            'in': m.sum('sluice_forwarded_records_total', to=name),
            'recovered': m.sum('sluice_sink_recovered_records_total', sink=name),
            'delivered': m.sum('sluice_sink_delivered_records_total', sink=name),
            'lost': m.sum('sluice_lost_records_total', component=component),
            # Given back to a source after a failed delivery: it reads them again.
            'returned': m.sum('sluice_sink_returned_records_total', sink=name),
            'pending': m.sum('sluice_pending_records', component=component),
        }

    def problems(self):
        """Every account that does not balance, as a sentence."""
        out = []
        for name in self.config['pipelines']:
            p = self.pipeline(name)
            if p['in'] + p['created'] != (p['forwarded'] + p['dropped'] + p['lost'] + p['merged']
                                          + p['pending']):
                out.append(f'pipeline {name}: {p}')
            entered = self.entered(name)
            if entered is not None and entered != p['in']:
                out.append(f'pipeline {name}: {entered} records came from its sources, '
                           f'{p["in"]} entered it')
        for name in self.config['sinks']:
            s = self.sink(name)
            if s['in'] + s['recovered'] != (s['delivered'] + s['lost'] + s['returned']
                                              + s['pending']):
                out.append(f'sink {name}: {s}')
        for labels, value in self.metrics.all('sluice_unaccounted_records'):
            if value != 0:
                out.append(f'unaccounted {labels}: {value}')
        return out

    def pending(self):
        return self.metrics.sum('sluice_pending_records')

    def lost(self, **labels):
        return self.metrics.sum('sluice_lost_records_total', **labels)

    def dropped(self, **labels):
        return self.metrics.sum('sluice_dropped_records_total', **labels)

    def counts(self):
        names = ('sluice_source_records_total', 'sluice_forwarded_records_total',
                 'sluice_dropped_records_total', 'sluice_lost_records_total',
                 'sluice_merged_records_total', 'sluice_created_records_total',
                 'sluice_pending_records', 'sluice_sink_delivered_records_total')
        return {name: self.metrics.sum(name) for name in names}


def at_rest(agent, seconds=30, delivered=None):
    """Waits until nothing is pending and nothing moves between two scrapes (`delivered`: and that
    many were delivered), and returns the ledger, which has to balance exactly, both times."""
    last = None

    def settled():
        nonlocal last
        ledger = Ledger(agent.config, agent.metrics())
        same = last is not None and ledger.counts() == last.counts()
        enough = delivered is None or (
            ledger.metrics.sum('sluice_sink_delivered_records_total') >= delivered)
        behind = ledger.metrics.sum('sluice_source_lag_bytes')
        before, last = last, ledger
        if same and enough and ledger.pending() == 0 and behind == 0:
            return before, ledger
        return None

    def describe():
        return (f'rest; now {last.counts()}, '
                f'{last.metrics.sum("sluice_source_lag_bytes")} bytes behind')

    first, second = wait_until(settled, seconds, describe, every=0.15)
    for ledger in (first, second):
        if ledger.problems():
            raise AssertionError('the ledger does not balance at rest:\n  '
                                 + '\n  '.join(ledger.problems()))
    return second


def check_balance_moving(agent, seconds):
    """Scrapes while records move: nothing may be unaccounted for at any time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for labels, value in agent.metrics().all('sluice_unaccounted_records'):
            if value != 0:
                raise AssertionError(f'unaccounted {labels}: {value} while moving')
        time.sleep(0.2)
