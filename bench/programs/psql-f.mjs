// What `psql -f` does, for machines without psql: one simple message a statement, autocommit, stop at the first error.
import { readFile } from "node:fs/promises";
import { Client } from "pg";
import { splitStatements } from "../../src/core/sql-text.ts";

const [file, connectionString] = process.argv.slice(2);
const client = new Client({ connectionString });
await client.connect();
for (const { text } of splitStatements(await readFile(file, "utf8"))) await client.query(text);
await client.end();
