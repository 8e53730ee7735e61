/** Times: rows happen one after the other over a fixed year, and what a row's columns tell happens in the order of their names. */
import type { Bounds } from "./bounds.ts";
import { unit } from "./hash.ts";
import { dayMicros, type Maker } from "./value.ts";
import type { Wish } from "./wish.ts";

/** 2025-01-01 and a year: now would make every run another one. */
const start = 9132 * dayMicros;
const year = 365 * dayMicros;

/** How many days after its row's beginning: from, to. */
const ranks: readonly (readonly [RegExp, number, number])[] = [
  [/creat|insert|start|begin|from|grant|invit|open|occur|order|since|joined/, 0, 0.01],
  [/birth|born/, -20_000, -7_000],
  [/end|until|expir|due|cancel|clos|archiv|delet|revok|lock|detach|valid_to/, 9, 60],
  [/publish|deliver|complet|finish|process|paid|sent|accept|verif|resolv|success/, 1, 8],
  [/updat|modif|seen|last|activ|check|sync/, 0.1, 8],
];

function delayOf(column: string): readonly [number, number] {
  const [, from, to] = ranks.find(([pattern]) => pattern.test(column.toLowerCase())) ?? [undefined, 0, 8];
  return [from, to];
}

/** Another attempt moves a time by up to half a year. */
function maker(wish: Wish, toMicros: number): (row: number, attempt: number) => number {
  const { key, rows, column, unique, bounds } = wish;
  const [from, to] = delayOf(column);
  const step = year / Math.max(1, rows);
  if (unique) return (row) => (bounds.least ?? start) + unique.ordinal(row) * Math.max(toMicros, 1000);
  return (row, attempt) => {
    const delay = attempt === 0 ? from + unit(key, row, 0) * (to - from) : unit(key, row, attempt * 16) * 180;
    return inside(Math.round((start + row * step + delay * dayMicros) / 1000) * 1000, bounds, key, row, attempt);
  };
}

/** A time out of its bounds is put anywhere between them. */
function inside(micros: number, { least, most, openMost }: Bounds, key: Wish["key"], row: number, attempt: number): number {
  if ((least === undefined || micros >= least) && (most === undefined || (openMost ? micros < most : micros <= most))) return micros;
  const low = least ?? (most as number) - year;
  const high = most ?? low + year;
  return Math.floor((low + 1000 + unit(key, row, attempt * 16 + 3) * (high - low - 2000)) / 1000) * 1000;
}

export const moments: { readonly start: number; micros(wish: Wish): Maker[]; days(wish: Wish): Maker[] } = {
  start,
  micros: (wish: Wish): Maker[] => [maker(wish, 1)],
  days: (wish: Wish): Maker[] => {
    const make = maker(wish, dayMicros);
    return [(row, attempt) => Math.floor(make(row, attempt) / dayMicros)];
  },
};
