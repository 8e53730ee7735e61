// Opens the embedded engine of the project, asks it one question, closes it: what every first command pays.
import { createSteward } from "pgsteward";

await using steward = await createSteward({ config: { engine: process.argv[2], idleTimeout: "10m" } });
const session = await steward.session();
await session.query("select 1");
await session.close();
