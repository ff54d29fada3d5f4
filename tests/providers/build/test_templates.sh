#!/usr/bin/env bash
# The Dockerfile of each template, as text, beside the files that it was made from
# (cases/templates, one file a language; see templates.py).
set -u
cd "$(dirname "$0")" || exit 1
exec python3 templates.py cases/templates/*
