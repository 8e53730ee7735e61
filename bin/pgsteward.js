#!/usr/bin/env node
// This file must load on every Node that knows ES modules, so that an old one gets a sentence instead of a syntax error.
import module from "node:module";
import process from "node:process";

const [major, minor] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`pgsteward needs Node 22.18 or newer; this is Node ${process.versions.node}.\n`);
  process.exitCode = 2;
} else {
  // Modules are compiled once, and a .ts configuration is stripped once: 20 of 70 ms CPU of a start.
  module.enableCompileCache?.();
  import("../dist/cli/main.js").then(({ main }) => main(process.argv.slice(2)));
}
