#!/bin/sh
# Makes an environment of its own with HealthChain, whose sandbox has a CDS Hooks client: build.sh FOLDER
set -eu
rm -rf "$1/venv"
python3 -m venv "$1/venv"
"$1/venv/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt
