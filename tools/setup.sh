#!/usr/bin/env bash
# Installs the Debian packages that building and testing need, if any is missing.
set -euo pipefail

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
[ ${#missing[@]} -eq 0 ] && exit 0

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
