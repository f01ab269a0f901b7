"""Runs a command and prints what it cost, from a process so small that its own memory is not taken for the command's.

    python -I -S launch.py CORE COMMAND...

CORE is a number, or `any`. Linux counts the memory of whoever calls exec into the peak of what is executed, so a
benchmark that holds the records of its peers cannot start them itself. One JSON object goes to standard output:
seconds of CPU (user and system, children included) and of the clock, KiB of memory at the peak, the exit status.
"""

import json
import os
import resource
import sys
import time


def main(core: str, *command: str) -> None:
    if core != "any":
        os.sched_setaffinity(0, {int(core)})
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    started = time.perf_counter()
    # Standard output is for the one line: what the command prints goes where its errors go.
    process = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
    _, status, usage = os.wait4(process, 0)
    elapsed_s = time.perf_counter() - started
    cost = {
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "elapsed_s": elapsed_s,
        "peak_kib": usage.ru_maxrss,
        "status": os.waitstatus_to_exitcode(status),
    }
    sys.stdout.write(json.dumps(cost))


if __name__ == "__main__":
    main(*sys.argv[1:])
