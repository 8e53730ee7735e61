/** SIGKILL at every message to the server, when it was sent: between two steps there are several. */
import { test } from "node:test";
import { killAtEveryMessage } from "../support/migrate-kill.ts";

test("every message, sent", { concurrency: 4 }, (t) => killAtEveryMessage(t, "sent"));
