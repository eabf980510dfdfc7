"""What the programs of this folder tell of the machine that they ran on."""

import platform


def processor() -> str:
    """Its model, as the kernel tells it."""
    with open("/proc/cpuinfo") as lines:
        named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()
