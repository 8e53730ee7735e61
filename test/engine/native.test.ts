/** The conformance suite on a native server of its own. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openNative, stopNative } from "../../src/engines/native.ts";
import { projectConfig } from "../support/project.ts";
import { conformance } from "./conformance.ts";

const root = mkdtempSync(join(tmpdir(), "pgsteward-project-"));
chmodSync(root, 0o755);
const config = projectConfig(root);

conformance(
  "native server",
  () => openNative({ config }),
  async (engine) => {
    await engine.close();
    await stopNative(config);
    rmSync(root, { recursive: true });
  },
);
