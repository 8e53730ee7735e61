// Preloaded to see what a program loads: writes the URL of every module that is not Node's own.
import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";

const loaded = new Set();
registerHooks({
  load(url, context, next) {
    if (!url.startsWith("node:")) loaded.add(url);
    return next(url, context);
  },
});
process.on("exit", () => writeFileSync(process.env.BENCH_MODULES_FILE, JSON.stringify([...loaded])));
