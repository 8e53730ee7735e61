// drizzle-orm's migrator, as its documentation shows it.
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import { Client } from "pg";

const [migrationsFolder, connectionString] = process.argv.slice(2);
const client = new Client({ connectionString });
await client.connect();
await migrate(drizzle(client), { migrationsFolder });
await client.end();
