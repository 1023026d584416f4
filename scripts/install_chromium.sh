#!/usr/bin/env bash
# Gets the browser that the tests of the Streaming page drive, Debian's chromium,
# unless there is one. Needs apt-get and the right to install for that.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

case ${1:-} in
    '') ;;
    -h | --help)
        help_of_head
        exit 0
        ;;
    *) die "there is no option $1; --help shows those that there are" ;;
esac

if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then
    exit 0
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium >/dev/null
