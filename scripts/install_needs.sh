#!/usr/bin/env bash
# Gets those Debian packages that .ci/run needs and the machine lacks: chromium, which the tests of
# the Streaming page drive; what builds the client library of Kafka (libssl-dev, pkg-config, make,
# gcc); and openssl, which makes a certificate for its tests. Needs apt-get and the right to install
# for that, and does nothing if all are there.
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

has() {
    command -v "$1" >/dev/null
}
missing=()
has chromium || has chromium-browser || missing+=(chromium)
has openssl || missing+=(openssl)
has make || missing+=(make)
has cc || missing+=(gcc libc6-dev)
has pkg-config || missing+=(pkg-config)
{ has pkg-config && pkg-config --exists openssl; } || missing+=(libssl-dev)
[ ${#missing[@]} -gt 0 ] || exit 0
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
