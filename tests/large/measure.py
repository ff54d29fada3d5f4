"""measure: runs a command; prints its exit code, processor seconds and peak memory in KiB.

measure.py FILE COMMAND…   its output goes to FILE
"""
import os
import resource
import subprocess
import sys

with open(sys.argv[1], "wb") as output:
    code = subprocess.run(sys.argv[2:], stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                          check=False).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, f"{usage.ru_utime:.2f}", usage.ru_maxrss)
