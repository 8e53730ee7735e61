// PGlite as its documentation shows it: initdb in WASM when the directory is new.
import { PGlite } from "@electric-sql/pglite";

const db = await PGlite.create(process.argv[2]);
await db.query("select 1");
await db.close();
