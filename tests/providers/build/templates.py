"""The Dockerfiles of templates beside what they are made from.

usage: templates.py FILE… [--update]

Cases as in cases.py; `@@ options` are lines for tool_image ("set=port=8080"), and what is expected
is the Dockerfile, then warnings; or "error: …" alone.
"""
import os
import subprocess
import sys
import tempfile

import cases


def run(case):
    with tempfile.TemporaryDirectory() as folder:
        options = cases.write_files(case, folder)
        done = subprocess.run([os.environ["CMX_TOOLS"] + "/tool_image", folder, "disk=1", "print=1",
                               *options], capture_output=True, text=True)
        if done.returncode:
            return "error: " + done.stderr.strip().replace(folder, "")
        return (done.stdout + done.stderr).strip("\n")


def main():
    update = "--update" in sys.argv
    count = failed = 0
    for path in [name for name in sys.argv[1:] if name != "--update"]:
        all_cases, results = cases.read_cases(path), []
        for case in all_cases:
            got = run(case)
            results.append(got.splitlines())
            count += 1
            if got != case["expect"] and not update:
                failed += 1
                print(f"{path}: ## {case['name']}\n  wanted:")
                print("\n".join("  | " + line for line in case["expect"].splitlines()))
                print("  got:\n" + "\n".join("  | " + line for line in got.splitlines()))
        if update:
            cases.update(path, all_cases, results)
    print(f"{count} cases, {failed} failed")
    sys.exit(1 if failed or not count else 0)


main()
