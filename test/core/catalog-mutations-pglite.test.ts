import { after } from "node:test";
import { pglite } from "./catalog-databases.ts";
import { describeMutations } from "./catalog-mutations.ts";

const database = await pglite();
after(() => database.close());
describeMutations(database);
