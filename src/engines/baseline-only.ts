/** Keeps V8's optimizing compiler away from WASM for as long as an experiment lasts. */

const flags = ["wasm-tier-up", "wasm-dynamic-tiering"];
let users = 0;

/**
 * What runs in WASM until the returned function is called stays as the baseline compiler made it. An experiment lasts a
 * second or two, in which optimizing costs more than it brings: `migrate lint` of 20 files on PGlite took 2.6 s CPU with it
 * and takes 1.3 s without. The flags are the process's, and V8 looks at them whenever it compiles a function.
 */
export async function baselineOnly(): Promise<() => void> {
  const { setFlagsFromString } = await import("node:v8");
  const set = (prefix: string): void => flags.forEach((name) => setFlagsFromString(`--${prefix}${name}`));
  if (users++ === 0) set("no-");
  let released = false;
  return () => {
    if (!released && --users === 0) set("");
    released = true;
  };
}
