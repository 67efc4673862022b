#!/usr/bin/env bash
# Installs the Debian packages that building and testing need, if any is missing, and
# Schemathesis (PyPI), which asks the server what its OpenAPI document allows.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
have() { command -v "$1" >/dev/null 2>&1; }
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
[ -x /usr/sbin/mosquitto ] || have mosquitto || missing+=(mosquitto)
have chromium || missing+=(chromium)
have chromedriver || missing+=(chromium-driver)
# Half of the pages' pictures are in Chinese.
fc-list :lang=zh 2>/dev/null | grep -q . || missing+=(fonts-noto-cjk)
have node || missing+=(nodejs)
have npm || missing+=(npm)
have cc || missing+=(gcc libc6-dev)
# Shows that a sync comes before each acknowledgement.
have strace || missing+=(strace)
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)

# Schemathesis in a folder of its own, of the pinned version. Who has no package
# registry goes on without it: its test says so.
schemathesis() {
    local folder=target/schemathesis
    cmp -s tests/schemathesis.txt "$folder/installed.txt" && return
    python3 -m venv "$folder" && "$folder/bin/pip" install --quiet --disable-pip-version-check -r tests/schemathesis.txt &&
        cp tests/schemathesis.txt "$folder/installed.txt" ||
        echo "Schemathesis could not be installed; its test will be LEFT OUT."
}
if [ ${#missing[@]} -eq 0 ]; then
    schemathesis
    exit 0
fi

install="apt-get install -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" = 0 ]; then
    sudo=""
elif have sudo && sudo -n true 2>/dev/null; then
    sudo="sudo"
else
    echo "These packages are missing: ${missing[*]}"
    echo "Install them and come back:  sudo $install"
    exit 1
fi
echo "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q
$sudo $install
schemathesis
