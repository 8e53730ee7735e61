/** kill-child.ts <url> <json options> <n>: fills, and kills itself at the n-th event of the run; prints how many there were. */
import { createSteward } from "../../../src/steward.ts";
import { fill } from "../../../src/seed/index.ts";
import type { FillOptions } from "../../../src/seed/fill/want.ts";

const [url = "", options = "{}", n = "0"] = process.argv.slice(2);
let events = 0;
const steward = await createSteward({
  env: {},
  config: { url },
  onEvent: ({ type }) => {
    if (type !== "step" && type !== "progress") return;
    if (++events === Number(n)) process.kill(process.pid, "SIGKILL");
  },
});
await steward.run(fill, JSON.parse(options) as FillOptions);
await steward.close();
console.log(events);
