#!/usr/bin/env node
// This file must load on every Node that knows ES modules, so that an old one gets a sentence instead of a syntax error.
import process from "node:process";

const [major, minor] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`pgsteward needs Node 22.18 or newer; this is Node ${process.versions.node}.\n`);
  process.exitCode = 2;
} else {
  import("../dist/cli/main.js").then(({ main }) => main(process.argv.slice(2)));
}
