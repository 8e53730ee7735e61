/** The conformance suite on PGlite. */
import { openPglite } from "../../src/engines/pglite.ts";
import { testCacheDir } from "../support/testDatabase.ts";
import { conformance } from "./conformance.ts";

conformance("PGlite in memory", () => openPglite({ root: process.cwd(), directory: undefined, cacheDir: testCacheDir }));
