#!/usr/bin/env bash
# Package:   class-transformer 0.5.1 (npm, with reflect-metadata 0.2.2)
# Behaviour: `plainToInstance` of an object that holds a plain object with the key `constructor` throws a TypeError, when
#            that key's value is a text. The same object with any other key is copied.
# Why:       the library looks for the class of a nested object by `value.constructor`, and finds the member of the data.
# Expected:  the member is copied like any other: `constructor` is a valid key of JSON, a valid name of an HTTP header and
#            of a form field.
# Seen:      other key: {"headers":{"x-gateway":"a"}}
#            constructor: TypeError: Cannot read properties of undefined (reading 'constructor')
# Needs:     npm and Node 20 or newer.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund class-transformer@0.5.1 reflect-metadata@0.2.2
cat > copy.cjs <<'JS'
require('reflect-metadata');
const { plainToInstance } = require('class-transformer');

class Endpoint {}
const copy = (key) => {
  try {
    return JSON.stringify(plainToInstance(Endpoint, { headers: { [key]: 'a' } }));
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};
const other = copy('x-gateway');
const named = copy('constructor');
console.log(`other key: ${other}`);
console.log(`constructor: ${named}`);
process.exit(other.startsWith('{') && named.startsWith('TypeError') ? 0 : 1);
JS
node copy.cjs
