/** bare-csv.ts <url> <directory>: the bare lane of `seed fill`, fed from ready CSV files. */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { createSteward } from "../../src/index.ts";
import { onBareTables } from "../../src/seed/load/bare.ts";

const [url = "", dir = ""] = process.argv.slice(2);
const tables = ["users", "orders", "items"];
const steward = await createSteward({ config: { url, environment: "testing" }, env: {} });
const session = await steward.session();
const before = process.cpuUsage();
const started = performance.now();
await session.transaction(async () => {
  await onBareTables(
    session,
    tables.map((table) => `"public"."${table}"`),
    async () => {
      for (const table of tables)
        await session.copyIn(`copy "public"."${table}" from stdin (format csv, freeze)`, createReadStream(join(dir, `${table}.csv`)));
    },
  );
  await session.script(`analyze ${tables.join(", ")}`);
});
const ms = performance.now() - started;
const { user, system } = process.cpuUsage(before);
await session.close();
await steward.close();
console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000, rssMb: process.resourceUsage().maxRSS / 1024 }));
