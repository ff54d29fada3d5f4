#!/usr/bin/env bash
# The native builder: what COPY, ADD, the other instructions and .dockerignore come to, by tables
# of cases (cases/, see cases.py) that Docker itself gave the answers to (test_docker.sh).
# timeout: 300
set -u
cd "$(dirname "$0")" || exit 1
failed=0
for file in copy config ignore; do
    python3 cases.py native cases/$file || failed=1
done
exit $failed
