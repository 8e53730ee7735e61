/** Values on their way from a generator to an encoder: plain JavaScript, cheap to make and to compare. */

/**
 * By type: bool → boolean; integers, floats, numeric → number; date → days and timestamp → microseconds since 2000-01-01;
 * time → microseconds; interval → seconds; uuid → 16 characters, one a byte; bytea likewise; inet → the address as a number;
 * json, enums, text → string; arrays and vectors → arrays; ranges → `Range`.
 */
export type Value = null | boolean | number | string | Range | readonly Value[];

/** Lower bound inclusive, upper exclusive; null is infinity. */
export interface Range {
  readonly lower: Value;
  readonly upper: Value;
}

/** The value of a column in a row; another attempt gives another one, where the column is free. */
export type Maker = (row: number, attempt: number) => Value;

export const dayMicros = 86_400_000_000;
/** 2000-01-01 in milliseconds of Unix. */
const postgresEpochMs = 946_684_800_000;

/** Of an ISO date or timestamp; undefined where it is none. Without an offset it is UTC. */
export function microsOf(text: string): number | undefined {
  const [, date = "", time = "", offset = "Z"] =
    /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(Z|[+-]\d\d(?::?\d\d)?)?$/.exec(text.trim()) ?? [];
  const zone = /^[+-]\d\d$/.test(offset) ? `${offset}:00` : offset;
  const ms = Date.parse(time === "" ? date : `${date}T${time}${zone}`);
  return Number.isNaN(ms) ? undefined : (ms - postgresEpochMs) * 1000;
}

/** `2025-03-01 12:30:00.25` in UTC. */
export function timestampText(micros: number): string {
  const iso = new Date(Math.floor(micros / 1000) + postgresEpochMs).toISOString();
  const rest = ((micros % 1000) + 1000) % 1000;
  return `${iso.slice(0, 10)} ${iso.slice(11, 23)}${String(rest).padStart(3, "0")}`;
}

export function uuidText(bytes: string): string {
  const hex = Buffer.from(bytes, "latin1").toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function uuidBytes(text: string): string {
  return Buffer.from(text.replaceAll("-", ""), "hex").toString("latin1");
}
