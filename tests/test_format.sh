#!/usr/bin/env bash
# Every source file stands in the project's format (`make format`).
set -euo pipefail
cd "${CMX_SOURCE:?}"
find src tests -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run --Werror
