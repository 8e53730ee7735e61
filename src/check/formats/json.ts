/** The run as JSON, for programs of one's own. */
import type { Document } from "./formats.ts";

export function json({ ok, findings, data, target }: Document): string {
  return JSON.stringify({ ok, target, findings, ...data }, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value), 2);
}
