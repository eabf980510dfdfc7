"""Steps of tools/gpu_check: each has a limit of its own, what it prints goes to a log while it runs, and what came of it to a
report, which is written anew after each."""

import collections.abc
import dataclasses
import datetime
import json
import os
import signal
import subprocess
import time

GRACE = 30  # seconds in which a run that is asked to stop saves what it has
TOLD_CHARACTERS = 20000  # of a failure's output that go into the report; the log has all


@dataclasses.dataclass
class Step:
    name: str
    least: float  # seconds that are kept for it while those before it run
    most: float  # that it may take where there are more
    command: list
    parse: collections.abc.Callable = None  # its output to what the report has of it
    missing: collections.abc.Callable = lambda: None  # why it cannot run, if so; asked when its turn comes
    stops: bool = False  # runs until it is asked to stop, and ends well then
    needs: tuple = ()  # steps without which it says nothing: it is skipped where one of them failed
    unless_broken: tuple = ()  # steps that tell whether it would hang, too: skipped where one crashed or did not end


def allotted(steps, seconds):
    """The limit of each step, None for those left out. Who comes first has first choice: of a place, which is the least that a
    step needs, and then of what is over."""
    places, left = [], seconds
    for step in steps:
        places.append(step.least <= left)
        left -= step.least if places[-1] else 0
    limits = []
    for step, place in zip(steps, places):
        more = min(left, step.most - step.least) if place else 0
        left -= more
        limits.append(step.least + more if place else None)
    return limits


class Runner:
    """Runs steps until `end` (of time.monotonic) and keeps what they gave. out: the report, JSON; the log lies beside it."""

    def __init__(self, out, end, report, environment=None):
        self.out, self.end, self.log = out, end, out.with_suffix(".log")
        self.environment = {**os.environ, **(environment or {})}
        self.failed, self.broken = set(), set()
        started = datetime.datetime.now(datetime.timezone.utc).isoformat()
        self.report = {**report, "started": started, "failed": False, "steps": []}
        self.log.write_bytes(b"")

    def plan(self, steps):
        seconds = self.end - time.monotonic()
        limits = allotted(steps, seconds)
        self.report["plan"] = [{"name": step.name, "limit": limit and int(limit)} for step, limit in zip(steps, limits)]
        print(f"plan for {seconds:.0f} s, each step's limit if those before it take theirs:")
        for step, limit in zip(steps, limits):
            print(f"{'left out' if limit is None else f'{int(limit):6} s':8}  {step.name}", flush=True)

    def tell(self, name, outcome, seconds=0.0, why="", **more):
        self.report["steps"].append({"name": name, "outcome": outcome, "seconds": round(seconds, 2),
                                     **({"why": why} if why else {}), **more})
        if outcome == "failed":
            self.failed.add(name)
            self.report["failed"] = True
        beside = self.out.with_suffix(".new")
        beside.write_text(json.dumps(self.report, indent=1) + "\n")
        beside.replace(self.out)
        print(f"{outcome:8} {seconds:7.1f} s  {name}{': ' if why else ''}{why}", flush=True)

    def run_all(self, steps):
        for i, step in enumerate(steps):
            left = self.end - time.monotonic()
            limit = allotted(steps[i:], left)[0]
            if why := self.reason_not_to(step):
                self.tell(step.name, "skipped", why=why)
            elif limit is None:
                self.tell(step.name, "left out", why=f"{max(left, 0):.0f} s are left, it needs {step.least}")
            else:
                self.run(step, limit)

    def reason_not_to(self, step):
        if failed := sorted(self.failed.intersection(step.needs)):
            return f"{', '.join(failed)} failed"
        if broken := sorted(self.broken.intersection(step.unless_broken)):
            return f"{', '.join(broken)} crashed or did not end"
        return step.missing()

    def run(self, step, limit):
        begin = time.monotonic()
        out = self.out.with_suffix(".step")  # its standard output, until it has ended
        with open(self.log, "ab") as log, open(out, "wb") as output:
            log.write(f"==== {step.name}: {' '.join(map(str, step.command))}\n".encode())
            log.flush()
            size = log.tell()
            # A session of its own, so that what the command has started can be ended with it.
            process = subprocess.Popen([str(part) for part in step.command], env=self.environment, stdout=output, stderr=log,
                                       stdin=subprocess.DEVNULL, start_new_session=True)
            try:
                why = self.wait(process, step, limit)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        seconds = time.monotonic() - begin
        errors = self.log.read_bytes()[size:].decode(errors="replace")
        printed = out.read_bytes()
        with open(self.log, "ab") as log:
            log.write(printed)
        out.unlink()
        printed = printed.decode(errors="replace")
        result = {}
        if not why and step.parse:
            try:
                result = {"result": step.parse(printed)}
            except (ValueError, LookupError, OSError) as error:
                why = f"its output cannot be read: {error}"
        if why:
            told = (printed + errors)[-TOLD_CHARACTERS:]
            print(told)
            self.tell(step.name, "failed", seconds, why, output=told)
        else:
            self.tell(step.name, "passed", seconds, **result)

    def wait(self, process, step, limit):
        """Why the step failed, '' if it did not."""
        ended_well = 0
        try:
            try:
                process.wait(limit - (GRACE if step.stops else 0))
            except subprocess.TimeoutExpired:
                if not step.stops:
                    raise
                process.terminate()
                ended_well = 130
                process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.broken.add(step.name)
            os.killpg(process.pid, signal.SIGKILL)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                return f"not done after {limit:.0f} s, and it cannot be ended"
            return f"not done after {limit:.0f} s"
        if process.returncode < 0:
            self.broken.add(step.name)
        return "" if process.returncode in (0, ended_well) else f"status {process.returncode}"
