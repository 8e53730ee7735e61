/** Makers of what a specification says of a column. */
import { matching } from "../../core/pattern.ts";
import { below, hash32, unit } from "./hash.ts";
import type { ColumnSpec, Plain } from "./spec.ts";
import { dayMicros, type Maker, microsOf, uuidBytes, type Value } from "./value.ts";
import type { Wish } from "./wish.ts";

export function makerOfSpec(spec: ColumnSpec, wish: Wish): Maker {
  const make = plainMaker(spec, wish);
  const { key } = wish;
  const nulls = spec.nulls ?? 0;
  return nulls === 0 ? make : (row, attempt) => (unit(key, row, attempt * 16 + 14) < nulls ? null : make(row, attempt));
}

function plainMaker(spec: ColumnSpec, wish: Wish): Maker {
  const { key } = wish;
  if ("oneOf" in spec)
    return chosen(
      spec.oneOf.map((value) => fromPlain(value, wish)),
      spec.weights,
      wish,
    );
  if ("matching" in spec) {
    return (row, attempt) => {
      let next = 0;
      return matching(spec.matching, hash32(key, row, attempt * 16), (from) => below(from, key, row, attempt * 16 + 1 + next++)) ?? null;
    };
  }
  const [from, to] = spec.between.map((bound) => fromPlain(bound, wish) as number) as [number, number];
  const step = /^(?:int|date)/.test(wish.type.name) ? 1 : /^timestamp/.test(wish.type.name) ? 1000 : 0.01;
  const steps = Math.round((to - from) / step) + 1;
  return (row, attempt) => Number((from + Math.floor(unit(key, row, attempt * 16) * steps) * step).toFixed(2));
}

function chosen(values: readonly Value[], weights: readonly number[] | undefined, { key }: Wish): Maker {
  if (!weights) return (row, attempt) => values[below(values.length, key, row, attempt * 16)] as Value;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return (row, attempt) => {
    let left = unit(key, row, attempt * 16) * total;
    const at = weights.findIndex((weight) => (left -= weight) < 0);
    return values[at < 0 ? values.length - 1 : at] as Value;
  };
}

/** A value as people write it, as the generator has it. */
export function fromPlain(value: Plain, { type }: Wish): Value {
  if (value === null) return null;
  if (/^jsonb?$/.test(type.name)) return JSON.stringify(value);
  if (type.name === "bool" || typeof value === "object") return value as Value;
  if (/^(?:int|float|numeric)/.test(type.name)) return Number(value);
  const text = String(value);
  if (/^timestamp/.test(type.name)) return microsOf(text) ?? null;
  if (type.name === "date") return Math.floor((microsOf(text) ?? 0) / dayMicros);
  return type.name === "uuid" ? uuidBytes(text) : text;
}
