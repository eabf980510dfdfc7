#!/usr/bin/env python3
"""tools/gpu_check where there is no GPU: what it plans fits into its time and nothing fails; and steps that stand in for the
real ones are limited, ended, stopped and left out as it says.

  gpu_check_test.py BUILD    BUILD: the folder with boxwarp
"""

import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parent.parent.parent / "tools" / "gpu_check"
CALL_SECONDS = 600  # that a call may last where a GPU is lent
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("gpu_check", str(SCRIPT))
gpu_check = importlib.util.module_from_spec(importlib.util.spec_from_loader("gpu_check", loader))
loader.exec_module(gpu_check)
gpu_steps = sys.modules["gpu_steps"]
build = None


class Scratch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "figures.json"

    def report(self):
        return json.loads(self.out.read_text())


class WithoutGpu(Scratch):
    def run_script(self, *options):
        done = subprocess.run([sys.executable, SCRIPT, "--build", build, "--out", self.out, *options], capture_output=True,
                              text=True, env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"})
        print(done.stdout, done.stderr)
        return done

    def outcomes(self):
        return {step["name"]: step["outcome"] for step in self.report()["steps"]}

    def test_everything_is_planned_within_one_call_and_told_as_skipped(self):
        done = self.run_script()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        report = self.report()
        limits = [step["limit"] for step in report["plan"]]
        self.assertNotIn(None, limits)
        self.assertLessEqual(sum(limits), report["seconds"])
        self.assertLess(report["seconds"] + 10, CALL_SECONDS)  # begins and ends, too
        names = [step["name"] for step in report["plan"]]
        first = [names.index(name) for name in ("tests-network", "bench-train-paper", "same", "train", "train-eval")]
        self.assertEqual(first, sorted(first))
        self.assertEqual(self.outcomes(), dict.fromkeys(names, "skipped"))
        self.assertIn("nothing failed; figures", done.stdout)
        self.assertIn(f"{limits[1]:6} s  tests-device", done.stdout)

    def test_the_tests_that_it_names_are_there(self):
        tests = build / "tests" / "test_host_cuda_gpu"
        if not tests.exists():
            self.skipTest("no device code was built")
        listed = subprocess.run([tests, "--gtest_list_tests"], capture_output=True, text=True)
        suites = re.findall(r"^(\w+)\.$", listed.stdout, re.MULTILINE)
        for name in ":".join(gpu_check.SUITES.values()).split(":"):
            self.assertIn(name.removesuffix(".*"), suites)
        for name in [gpu_check.LONG_TEST, *gpu_check.SANITIZED.split(":")]:
            self.assertRegex(listed.stdout, r"(?m)^{}\.\n(  \w+\n)*?  {}\n".format(*name.replace("*", r"\w+").split(".")))

    def test_less_time_leaves_out_the_last_and_says_so(self):
        for seconds in (1, 60, 150, 300, 450):
            with self.subTest(seconds=seconds):
                done = self.run_script("--seconds", str(seconds))
                self.assertEqual(done.returncode, 0)
                plan = self.report()["plan"]
                self.assertLessEqual(sum(step["limit"] or 0 for step in plan), seconds)
                for step in plan:
                    if step["limit"] is None:
                        self.assertIn(f"left out  {step['name']}\n", done.stdout)

    def test_only_names_some_steps(self):
        done = self.run_script("--only", "bench-train,train", "--seconds", "200")
        self.assertEqual(done.returncode, 0)
        chosen = ["clocks", "bench-train-paper", "bench-train-throughput", "bench-train-throughput-wgmma",
                  "bench-train-paper-wgmma", "train", "train-eval", "train-eval-float32"]
        self.assertEqual([step["name"] for step in self.report()["plan"]], chosen)
        self.assertEqual([name for name, outcome in self.outcomes().items() if outcome == "skipped"], chosen)
        self.assertIn("tests-network: not named by --only", done.stdout)
        self.assertIn("nothing failed, 18 left out", done.stdout)
        self.assertEqual(self.run_script("--only", "bench-tr").returncode, 2)


class OnPtx(Scratch):
    """Where compiled kernels run on a processor, the steps do as well."""

    def setUp(self):
        super().setUp()
        if not (build / "ptx" / "boxwarp").exists():
            self.skipTest("no PTX was built")

    def run_script(self, *options):
        command = [sys.executable, SCRIPT, "--build", build / "ptx", "--out", self.out, "--only", "train,same", *options]
        done = subprocess.run(command, capture_output=True, text=True)
        print(done.stdout, done.stderr)
        return done

    def test_the_agent_is_trained_kept_and_played_on_the_sets_that_are_named(self):
        levels = "generated:size=5x5,boxes=1,count={},seed={}"
        small = ("num_envs=4", "minibatch_envs=2", "unroll=2", "network.layers=1", "network.ticks=1", "network.channels=16",
                 "network.hidden=16")
        run = self.folder / "run"
        options = ("--agent", levels.format(20, 1), levels.format(2, 2), "--run", run, "--train",
                   " ".join(f"--set {one}" for one in small) + " --frames 16")
        done = self.run_script(*options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        steps = {step["name"]: step for step in self.report()["steps"]}
        self.assertEqual(steps["train"]["result"]["frames"], 16)
        self.assertRegex(steps["same"]["result"], r"^[0-9a-f]{64} .*first/checkpoint.safetensors$")
        for name, thinking in (("train-eval", [0, 1, 2, 4, 6, 8, 10, 12, 16]), ("train-eval-float32", [0])):
            result = steps[name]["result"]
            self.assertEqual((result["levels"], [one["steps"] for one in result["thinking"]]), (2, thinking))
        self.assertRegex((run / "config.json").read_text(), '"num_envs": *4')
        for name in ("model", "light", "checkpoint"):
            self.assertTrue((run / f"{name}.safetensors").exists(), name)
        self.assertEqual(self.run_script(*options).returncode, 2, "the run is there already")


class Steps(Scratch):
    def run_steps(self, seconds, *steps):
        begin = time.monotonic()
        now = gpu_steps.Runner(self.out, begin + seconds, {})
        now.plan(steps)
        now.run_all(steps)
        self.seconds = time.monotonic() - begin
        return self.report()["steps"]

    def test_no_step_takes_what_those_behind_it_need(self):
        steps = [gpu_steps.Step(str(i), least, most, []) for i, (least, most) in enumerate([(10, 50), (30, 40), (5, 1e9)])]
        self.assertEqual(gpu_steps.allotted(steps, 200), [50, 40, 110])
        self.assertEqual(gpu_steps.allotted(steps, 60), [25, 30, 5])
        self.assertEqual(gpu_steps.allotted(steps, 45), [10, 30, 5])
        self.assertEqual(gpu_steps.allotted(steps, 20), [15, None, 5])
        self.assertEqual(gpu_steps.allotted(steps, 3), [None, None, None])

    def test_a_step_that_is_late_is_ended_with_all_it_started(self):
        late = gpu_steps.Step("late", 1, 1, ["sh", "-c", "echo begun; sleep 60 & echo $! >" + str(self.folder / "child") +
                                             "; wait"])
        told = self.run_steps(20, late, gpu_steps.Step("next", 1, 5, ["true"]))
        self.assertEqual([step["outcome"] for step in told], ["failed", "passed"])
        self.assertEqual(told[0]["why"], "not done after 1 s")
        self.assertIn("begun", told[0]["output"])
        self.assertLess(self.seconds, 10)
        child = pathlib.Path("/proc") / (self.folder / "child").read_text().strip() / "stat"
        self.assertTrue(not child.exists() or child.read_text().split()[2] == "Z", "the child is still there")

    def test_what_earlier_steps_take_is_not_left_for_the_next(self):
        told = self.run_steps(3, gpu_steps.Step("long", 1, 2, ["sleep", "1.5"]), gpu_steps.Step("much", 2, 2, ["true"]),
                              gpu_steps.Step("little", 0.5, 2, ["true"]))
        self.assertEqual([step["outcome"] for step in told], ["passed", "left out", "passed"])
        self.assertEqual(told[1]["why"], "1 s are left, it needs 2")
        self.assertFalse(self.report()["failed"])

    def test_a_run_that_stops_when_it_is_asked_to_has_passed(self):
        run = "trap 'echo {\\\"saved\\\": 1}; exit 130' TERM; while :; do sleep 0.1; done"
        told = self.run_steps(60, gpu_steps.Step("run", gpu_steps.GRACE + 1, gpu_steps.GRACE + 1, ["sh", "-c", run], json.loads,
                                                 stops=True))
        self.assertEqual((told[0]["outcome"], told[0]["result"]), ("passed", {"saved": 1}))

    def test_a_status_and_an_output_that_cannot_be_read_are_failures(self):
        told = self.run_steps(20, gpu_steps.Step("status", 1, 5, ["sh", "-c", "echo why >&2; exit 3"]),
                              gpu_steps.Step("no json", 1, 5, ["echo", "{"], json.loads),
                              gpu_steps.Step("none", 1, 5, ["false"], missing=lambda: "no tool"))
        self.assertEqual([step["outcome"] for step in told], ["failed", "failed", "skipped"])
        self.assertEqual((told[0]["why"], told[0]["output"], told[2]["why"]), ("status 3", "why\n", "no tool"))
        self.assertTrue(self.report()["failed"])

    def test_all_that_steps_print_is_in_the_log_even_of_a_step_that_is_killed(self):
        self.run_steps(20, gpu_steps.Step("one", 1, 5, ["sh", "-c", "echo out; echo err >&2; printf '\\377'"]),
                       gpu_steps.Step("late", 1, 1, ["sh", "-c", "echo begun; echo also >&2; sleep 60"]))
        log = self.out.with_suffix(".log").read_bytes()
        for line in (b"==== one: ", b"out\n", b"err\n", b"\377", b"==== late: ", b"begun\n", b"also\n"):
            self.assertIn(line, log)

    def test_what_a_failure_makes_worthless_is_skipped(self):
        def follower(name, **conditions):
            return gpu_steps.Step(name, 1, 5, ["true"], **conditions)

        def after(command):
            steps = self.run_steps(60, gpu_steps.Step("tests", 1, 1, command), follower("needs", needs=("tests", "others")),
                                   follower("unless", unless_broken=("tests",)), follower("free", needs=("others",)))
            return [step["outcome"] for step in steps], steps[1].get("why"), steps[2].get("why")

        self.assertEqual(after(["true"]), (["passed"] * 4, None, None))
        self.assertEqual(after(["false"]), (["failed", "skipped", "passed", "passed"], "tests failed", None))
        for command in (["sh", "-c", "kill -SEGV $$"], ["sleep", "60"]):
            self.assertEqual(after(command), (["failed", "skipped", "skipped", "passed"], "tests failed",
                                              "tests crashed or did not end"))

    def test_a_check_that_is_terminated_takes_its_step_along(self):
        script = self.folder / "terminated.py"
        script.write_text(f"""
import pathlib, signal, sys, time
sys.path.insert(0, {str(SCRIPT.parent)!r})
from gpu_steps import Runner, Step
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
now = Runner(pathlib.Path({str(self.out)!r}), time.monotonic() + 60, {{}})
now.run_all([Step("long", 1, 50, ["sh", "-c", "echo $$ > {self.folder}/child; exec sleep 50"])])
""")
        running = subprocess.Popen([sys.executable, script])
        child = self.folder / "child"
        while not child.exists() or not child.read_text():
            time.sleep(0.05)
        running.terminate()
        self.assertEqual(running.wait(20), 143)
        state = pathlib.Path("/proc") / child.read_text().strip() / "stat"
        self.assertTrue(not state.exists() or state.read_text().split()[2] == "Z", "the child is still there")


class Packed(Scratch):
    def test_what_travels_is_laid_out_as_it_was(self):
        for name in ("bin", "lib"):
            (self.folder / name).mkdir()
        program = self.folder / "program"
        program.write_bytes(b"#!/bin/sh\necho here\n")
        gpu_check.put(program, self.folder / "bin" / "boxwarp")
        for script in ("gpu_check", "gpu_steps.py"):
            shutil.copy(SCRIPT.parent / script, self.folder)
        (self.folder / "commit").write_text("some\n")
        # The program tells nothing of a GPU, so that the check ends there; by then everything has been laid out.
        done = subprocess.run([sys.executable, self.folder / "gpu_check", "--out", self.out], capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0)
        laid = self.folder / "bin" / "boxwarp"
        self.assertEqual(laid.read_bytes(), program.read_bytes())
        self.assertEqual(subprocess.run([laid], capture_output=True, text=True).stdout, "here\n")


if __name__ == "__main__":
    build = pathlib.Path(sys.argv.pop())
    unittest.main()
