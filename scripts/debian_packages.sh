#!/usr/bin/env bash
# Install the Debian package of each missing command, when run as root on a system with apt-get.
# Arguments: command=package command=package …
set -euo pipefail
for entry in "$@"; do
    if ! command -v "${entry%%=*}" >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "${entry%%=*} is missing: installing Debian's ${entry#*=}"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${entry#*=}"
    fi
done
