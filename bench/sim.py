"""What `boxwarp bench sim` measures, for the programs of this folder that compare it with something."""

import json
import subprocess


def sim_steps(program, levels, envs, observations, threads, together=8):
    """({(num_envs, observation): steps a second}, all else that the command told of the run)."""
    command = [program, "bench", "sim", "--levels", levels, "--envs", ",".join(map(str, envs)), "--threads", str(threads),
               "--observation", ",".join(observations), "--together", str(together), "--seconds", "0.05", "--json", "--quiet"]
    result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return {(point["num_envs"], point["observation"]): point["steps_per_second"] for point in result.pop("points")}, result
