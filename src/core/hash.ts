/** sha256, in hexadecimal. */

// `import … from "node:crypto"` reads every export of it, the lazy ones included: 5 ms CPU of each start.
const { createHash } = process.getBuiltinModule("node:crypto");

export function sha256(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}
