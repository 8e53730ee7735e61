/** What users have, without the cost of reading TypeScript: fill.ts <url> <users>: fills users, orders and items (1 : 3 : 6); prints what it took. */
import { createSteward } from "../../dist/index.js";
import { ensureLedger } from "../../dist/core/ledger.js";
import { fill } from "../../dist/seed/index.js";

const [url = "", users = "100000"] = process.argv.slice(2);
const count = Number(users);
const steward = await createSteward({ config: { url, environment: "testing" }, env: {} });
const rows = [`users=${count}`, `orders=${count * 3}`, `items=${count * 6}`];
// A database that pgsteward knows already.
const session = await steward.session();
await ensureLedger(session);
await session.close();
const before = process.cpuUsage();
const started = performance.now();
await steward.run(fill, { rows });
const ms = performance.now() - started;
const { user, system } = process.cpuUsage(before);
await steward.close();
console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000, rssMb: process.resourceUsage().maxRSS / 1024 }));
