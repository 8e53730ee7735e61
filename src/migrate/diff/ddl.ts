/** What the writers of statements share: one writer for each kind of object, and the words that they are made of. */
import { literal } from "../../core/sql.ts";
import type { Key, Schema, SchemaObject } from "./schema.ts";

/** What a person should know before running a statement. */
export interface Note {
  /** `destroys`: rows or values are lost; `converts`: values change; `rows`: fails where rows do not fit; `left out`: not written at all. */
  readonly kind: "destroys" | "converts" | "rows" | "left out";
  /** What of it: `column public.users.name and its values`. */
  readonly text: string;
}

export interface Statement {
  /** Without a semicolon; empty where there is nothing but the note. */
  readonly sql: string;
  readonly note?: Note;
}

export type Statements = readonly (string | Statement)[];

/** How an object is made. */
export interface Made {
  /** Within its host: a column's line, a constraint's. Undefined where the host makes it by itself. */
  readonly inline?: string | undefined;
  /** Where it is made alone. */
  readonly alone: Statements;
  /** What follows in both cases. */
  readonly after?: Statements;
}

/** An object that is made within another one. */
export interface Inside {
  readonly object: SchemaObject;
  readonly made: Made;
}

/** What else happens, for writers that must know. */
export interface Around {
  readonly from: Schema;
  readonly to: Schema;
  /** It is created, or dropped and created again. */
  isMade(key: Key | undefined): boolean;
  /** It is dropped, or dropped and created again. */
  isDropped(key: Key | undefined): boolean;
  /** A column whose type is made anew under the same name. */
  isRetyped(key: Key): boolean;
  /** Something is done about it that is not dropping it. */
  isChanged(key: Key | undefined): boolean;
}

export interface Writer {
  create(object: SchemaObject, around: Around, insides: readonly Inside[]): Made;
  drop(object: SchemaObject, around: Around): Statements;
  /** Undefined where PostgreSQL cannot change it in place: then it is dropped and made again. */
  alter?(from: SchemaObject, to: SchemaObject, around: Around): Statements | undefined;
}

export const destroys = (sql: string, text: string): Statement => ({ sql, note: { kind: "destroys", text } });
export const converts = (sql: string, text: string): Statement => ({ sql, note: { kind: "converts", text } });
export const needsRows = (sql: string, text: string): Statement => ({ sql, note: { kind: "rows", text } });
export const leftOut = (text: string): Statement => ({ sql: "", note: { kind: "left out", text } });

export type Option = readonly [name: string, value: string];

/** `fillfactor = '70', autovacuum_enabled = 'false'`, as WITH takes them. */
export function withOptions(options: readonly Option[], prefix = ""): string {
  return options.map(([name, value]) => `${prefix}${name} = ${text(value)}`).join(", ");
}

/** `host 'x', port '1'`, as foreign servers and tables take them. */
export function foreignOptions(options: readonly Option[]): string {
  return options.map(([name, value]) => `${word(name)} ${text(value)}`).join(", ");
}

/** A secret that was masked cannot be written down again. */
export function secretsIn(options: readonly Option[], where: string): Statements {
  const secrets = options.filter(([, value]) => value === "***").map(([name]) => name);
  return secrets.length === 0 ? [] : [leftOut(`the secret ${secrets.join(", ")} of ${where}: the statement has *** in its place`)];
}

/** SET and RESET from one list of options to another. */
export function setAndReset(lead: string, from: readonly Option[], to: readonly Option[], prefix = ""): string[] {
  const before = new Map(from);
  const set = to.filter(([name, value]) => before.get(name) !== value);
  const gone = from.filter(([name]) => !to.some(([kept]) => kept === name)).map(([name]) => prefix + name);
  return [
    ...(gone.length > 0 ? [`${lead} RESET (${gone.join(", ")})`] : []),
    ...(set.length > 0 ? [`${lead} SET (${withOptions(set, prefix)})`] : []),
  ];
}

/** ADD, SET and DROP from one list of foreign options to another. */
export function changeForeign(lead: string, from: readonly Option[], to: readonly Option[]): string[] {
  const before = new Map(from);
  const changes = [
    ...from.filter(([name]) => !to.some(([kept]) => kept === name)).map(([name]) => `DROP ${word(name)}`),
    ...to
      .filter(([name, value]) => before.get(name) !== value)
      .map(([name, value]) => `${before.has(name) ? "SET" : "ADD"} ${word(name)} ${text(value)}`),
  ];
  return changes.length > 0 ? [`${lead} OPTIONS (${changes.join(", ")})`] : [];
}

export function text(value: string): string {
  return literal(value).trim();
}

/** A name as an option's label takes it: quoted only where it must be. */
export function word(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Non-empty words in a row. */
export function words(...parts: readonly (string | false | null | undefined)[]): string {
  return parts.filter(Boolean).join(" ");
}

/** `NAME = value` of the facts that are there; true stands for the name alone. */
export function settings(facts: Readonly<Record<string, unknown>>, names: readonly string[] = Object.keys(facts)): string {
  return names
    .filter((name) => facts[name] != null)
    .map((name) => (facts[name] === true ? name : `${name} = ${String(facts[name])}`))
    .join(", ");
}

/** A writer for what is never changed in place. */
export function whole(create: (object: SchemaObject) => Statements, noun: string): Writer {
  return { create: (object) => ({ alone: create(object) }), drop: ({ name }) => [`DROP ${noun} ${name}`] };
}
