import { createHash } from "node:crypto";

/** Rows without a natural key get an id that is the same in every run. */
export const idOf = (kind: string, n: number): string => {
  const hex = createHash("sha256").update(`penny ${kind} ${n}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
