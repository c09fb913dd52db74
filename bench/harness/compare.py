#!/usr/bin/env python3
"""Measures the agent against the limit loop, in pairs, in CPU-seconds per GB of input.

Both read the same file from the page cache and send to the same receiver; the order within a pair
alternates. Nothing is built here: `--build` names a build tree that has sluice, sluice_limit,
sluice_sink204 and sluice_loggen. With `--peer rsyslog` a row for rsyslog (imfile, mmjsonparse, a file on
/dev/null) is added where it is installed.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

CONFIG = """\
agent:
  data_dir: {data}
  listen: 127.0.0.1:{listen}
  exclude_self: false
{lanes}sources:
  app: {{type: file, include: ["{file}"], ignore_older: 0}}
pipelines:
  app:
    from: [app]
    transforms:
      - json
      - timestamp: {{field: ts, format: rfc3339}}
      - drop: 'level == "debug"'
      - labels: [level, service]
    to: [loki]
sinks:
  loki:
    type: loki
    url: http://127.0.0.1:{port}
    compression: {compression}
    labels: {{job: bench}}
"""

RSYSLOG = """\
module(load="imfile" mode="inotify")
module(load="mmjsonparse")
global(workDirectory="{work}")
input(type="imfile" File="{file}" Tag="app:" ruleset="r" readMode="0" freshStartTail="off")
ruleset(name="r") {{
  action(type="mmjsonparse" cookie="")
  if $!level == "debug" then stop
  action(type="omfile" file="/dev/null")
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def find(build, name):
    for path in pathlib.Path(build).rglob(name):
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    sys.exit(f"{build} has no {name}: build it first")


def cpu_seconds(pid):
    """User and system time of a live process, all threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for(process):
    """Waits for the end; returns (exit code, CPU seconds, peak RSS in MiB)."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def metrics(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return answer.read().decode()


def total(page, name):
    """The sum of a metric's series."""
    return sum(float(m) for m in re.findall(rf"^{name}(?:{{[^}}]*}})? ([0-9.e+]+)$", page, re.M))


class Receiver:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        seen = json.loads(self.process.stdout.readline())
        self.process.wait()
        return seen


def run_limit(options, receiver, variant):
    out = subprocess.run(
        [options.limit, "--file", options.file, "--port", str(receiver.port), "--variant", variant,
         "--compression", options.compression],
        check=True, capture_output=True, text=True).stdout
    row = json.loads(out)
    return row["cpu_user_seconds"] + row["cpu_system_seconds"], row["rss_kib"] / 1024


def run_agent(options, receiver, lines):
    listen = free_port()
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as home:
        config = pathlib.Path(home, "agent.yaml")
        lanes = f"  lanes: {options.lanes}\n" if options.lanes else ""
        config.write_text(CONFIG.format(data=pathlib.Path(home, "data"), listen=listen, file=options.file, lanes=lanes,
                                        port=receiver.port, compression=options.compression))
        log = open(pathlib.Path(home, "log"), "w+")
        process = subprocess.Popen([options.agent, "run", str(config)], stdout=log, stderr=log)
        began = time.monotonic()
        ended = 0
        while ended < lines:
            if process.poll() is not None or time.monotonic() - began > options.timeout:
                if process.poll() is None:
                    process.kill()
                    process.wait()
                log.seek(0)
                sys.exit(f"the agent handled {ended:.0f} of {lines} lines\n{log.read()[-4000:]}")
            time.sleep(0.1)
            try:
                page = metrics(listen)
            except OSError:
                continue
            ended = (total(page, "sluice_sink_delivered_records_total") +
                     total(page, "sluice_dropped_records_total") + total(page, "sluice_lost_records_total"))
        wall = time.monotonic() - began
        lost = total(page, "sluice_lost_records_total")
        process.send_signal(signal.SIGTERM)
        code, cpu, rss = wait_for(process)
        if code != 0 or lost > 0:
            log.seek(0)
            sys.exit(f"the agent ended with {code} and lost {lost:.0f} records\n{log.read()[-4000:]}")
        return cpu, rss, wall


def run_rsyslog(options):
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as home:
        config = pathlib.Path(home, "rsyslog.conf")
        config.write_text(RSYSLOG.format(work=home, file=options.file))
        process = subprocess.Popen(["rsyslogd", "-n", "-f", str(config), "-i", str(pathlib.Path(home, "pid"))])
        began = time.monotonic()
        last, idle = 0.0, 0
        # It says nowhere how far it is: it is done when it has stopped working.
        while idle < 10 and time.monotonic() - began < options.timeout:
            time.sleep(0.2)
            if process.poll() is not None:
                sys.exit("rsyslogd ended early")
            now = cpu_seconds(process.pid)
            idle = idle + 1 if now - last < 0.01 and now > 0.2 else 0
            last = now
        process.send_signal(signal.SIGTERM)
        _, cpu, rss = wait_for(process)
        return cpu, rss


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--compression", choices=["snappy", "none"], default="snappy")
    parser.add_argument("--lanes", type=int, default=0, help="agent.lanes; 0 leaves the agent's default")
    parser.add_argument("--file", help="input to use instead of a generated one")
    parser.add_argument("--peer", choices=["rsyslog"])
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one run")
    parser.add_argument("--require", type=float, default=0, help="fail below this fraction of the limit")
    options = parser.parse_args()
    options.agent = find(options.build, "sluice")
    options.limit = find(options.build, "sluice_limit")
    sink = find(options.build, "sluice_sink204")

    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as home:
        if not options.file:
            options.file = os.path.join(home, "input.json")
            subprocess.run([find(options.build, "sluice_loggen"), options.file, str(options.megabytes)],
                           check=True, stdout=subprocess.DEVNULL)
        options.file = os.path.abspath(options.file)
        with open(options.file, "rb") as file:  # and so into the page cache
            lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
        gigabytes = os.path.getsize(options.file) / 1e9
        receiver = Receiver(sink)
        # The faster of the two variants is the limit, or it would be none.
        variants = {v: min(run_limit(options, receiver, v)[0] for _ in range(2)) for v in ("ondemand", "scan")}
        variant = min(variants, key=variants.get)
        print(f"input {gigabytes:.2f} GB, {lines} lines; limit variant `{variant}`; compression {options.compression}")
        print(f"{'round':>5} {'limit s/GB':>11} {'agent s/GB':>11} {'of limit':>9} {'agent RSS MiB':>14} {'wall s':>7}")
        ratios, agents, limits, rsses = [], [], [], []
        for round_ in range(options.rounds):
            order = ["limit", "agent"] if round_ % 2 == 0 else ["agent", "limit"]
            for what in order:
                if what == "limit":
                    limit = run_limit(options, receiver, variant)[0]
                else:
                    agent, rss, wall = run_agent(options, receiver, lines)
            ratios.append(limit / agent)
            limits.append(limit / gigabytes)
            agents.append(agent / gigabytes)
            rsses.append(rss)
            print(f"{round_ + 1:>5} {limits[-1]:>11.3f} {agents[-1]:>11.3f} {ratios[-1]:>8.1%} {rss:>14.1f} {wall:>7.2f}",
                  flush=True)
        receiver.stop()
        median = statistics.median(ratios)
        print(f"\nmedian: limit {statistics.median(limits):.3f} s/GB, agent {statistics.median(agents):.3f} s/GB, "
              f"{median:.1%} of the limit, peak RSS {max(rsses):.1f} MiB")
        if options.peer == "rsyslog":
            if shutil.which("rsyslogd"):
                cpu, rss = run_rsyslog(options)
                print(f"rsyslog (parses, drops, writes to /dev/null): {cpu / gigabytes:.3f} s/GB, "
                      f"peak RSS {rss:.1f} MiB")
            else:
                print("rsyslog is not installed")
        print(json.dumps({"of_limit": round(median, 4), "agent_cpu_seconds_per_gb": round(statistics.median(agents), 4),
                          "limit_cpu_seconds_per_gb": round(statistics.median(limits), 4),
                          "agent_peak_rss_mib": round(max(rsses), 1)}))
        if median < options.require:
            sys.exit(f"the agent reaches {median:.1%} of the limit; {options.require:.0%} are required")


if __name__ == "__main__":
    main()
