/** Some of the hand-written pairs on the PostgreSQL of the system, which is an older one. */
import { systemUrl } from "../support/migrate-server.ts";
import { describePairs } from "./pairs.ts";

describePairs(0, 4, systemUrl);
