"""The text exposition format, as far as a test needs it."""

import re

_SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)(?: -?\d+)?$')
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)')
_ESCAPE = re.compile(r'\\(.)')


class Metrics:
    """One scrape."""

    def __init__(self, text):
        self.text = text
        self.samples = []  # (name, labels, value)
        for line in text.splitlines():
            if not line or line.startswith('#'):
                continue
            match = _SAMPLE.match(line)
            if match is None:
                raise ValueError(f'not an exposition line: {line!r}')
            labels = {name: _ESCAPE.sub(lambda m: '\n' if m[1] == 'n' else m[1], value)
                      for name, value in _LABEL.findall(match[2] or '')}
            self.samples.append((match[1], labels, float(match[3])))

    def all(self, name, **labels):
        """(labels, value) of every sample of that name whose labels have these values."""
        return [(have, value) for sample, have, value in self.samples
                if sample == name and all(have.get(k) == v for k, v in labels.items())]

    def sum(self, name, **labels):
        return sum(value for _, value in self.all(name, **labels))

    def has(self, name):
        return any(sample == name for sample, _, _ in self.samples)

    def sum_under(self, name, component, **labels):
        """Of a component and of all that are below it: pipeline/app and pipeline/app/drop."""
        return sum(value for have, value in self.all(name, **labels)
                   if have.get('component') == component
                   or have.get('component', '').startswith(component + '/'))
