import { after } from "node:test";
import { servers } from "./catalog-databases.ts";
import { describeMutations } from "./catalog-mutations.ts";

const databases = await servers();
after(() => Promise.all(databases.map((database) => database.close())));
for (const database of databases) describeMutations(database);
