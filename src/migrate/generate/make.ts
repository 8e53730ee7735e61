/**
 * The experiment: the files run on a scratch database, the declaration beside them, and what turns the one into the other
 * is found, run and compared. Nothing is believed that was not executed.
 */
import { basename } from "node:path";
import type { Catalog, CatalogObject } from "../../core/catalog.ts";
import { failure } from "../../core/errors.ts";
import { type Finding, finding } from "../../core/finding.ts";
import type { Context } from "../../core/operation.ts";
import { type Change, statementsBetween } from "../diff/statements.ts";
import { sqlOf } from "../diff/dump.ts";
import { readSchema } from "../diff/read.ts";
import { type Key, keyOf, type Schema, type SchemaObject } from "../diff/schema.ts";
import { migrateErrors } from "../errors.ts";
import { type MigrationFile, sqlMigration } from "../file.ts";
import type { Layout } from "../layouts/layout.ts";
import { type Bench, extensionsOf, onScratch } from "../replay.ts";
import { list } from "../words.ts";
import { type Declared, declare, missingRoles } from "./declare.ts";
import { type Down, downOf } from "./down.ts";
import { type Decisions, decideRenames, keyNamed, keysNamed, type Renamed } from "./decisions.ts";
import { applyNoting, type Handmade, handmadeKeys } from "./origin.ts";
import { lookAt, provedChanges, type Sight } from "./proof.ts";
import type { Declaration } from "./source.ts";
import { rootOf, type Target, targetOf } from "./target.ts";

export interface Files {
  readonly files: readonly MigrationFile[];
  readonly layout: Layout;
}

export interface Made {
  /** Undefined where files and declaration make the same. */
  readonly up: string | undefined;
  readonly changes: readonly Change[];
  readonly renamed: readonly Renamed[];
  readonly down: Down;
  readonly findings: readonly Finding[];
  readonly where: string;
}

/** Errors: MIGRATE_DECLARED_SQL_FAILED, MIGRATE_RENAME_UNDECIDED, MIGRATE_GENERATE_BLOCKED, MIGRATE_GENERATE_NOT_PROVED. */
export function makeMigration(ctx: Context, { files, layout }: Files, declaration: Declaration, decisions: Decisions): Promise<Made> {
  const [path = declaration.source] = declaration.files;
  const declared = sqlMigration({ name: basename(path), version: "", path, text: declaration.sql, whole: true });
  return onScratch(ctx, extensionsOf([...files, declared]), async (bench) => {
    const { missing, where } = bench;
    if (missing.length > 0) throw failure(migrateErrors, "MIGRATE_EXTENSION_UNAVAILABLE", { names: missing.join(", "), where });
    const alone = declaration.whole ? await declare(bench, declared) : undefined;
    const handmade = await applyNoting(bench, files, layout.name);
    const start = await read(bench);
    const world = { declared: alone ?? (await declare(bench, declared, start)), start, ...declaration };
    return new Making(bench, world, declaration.whole ? new Set() : handmade).make(decisions);
  });
}

const read = ({ session, ignoreSchemas }: Bench): Promise<Schema> => readSchema(session, { ignoreSchemas });

interface World {
  /** What the files make. */
  readonly start: Schema;
  readonly declared: Declared;
  readonly whole: boolean;
  readonly sql: string;
}

class Making {
  readonly #bench: Bench;
  readonly #world: World;
  readonly #handmade: Handmade;

  constructor(bench: Bench, world: World, handmade: Handmade) {
    this.#bench = bench;
    this.#world = world;
    this.#handmade = handmade;
  }

  /** On a bench on which the files have run. */
  async make(decisions: Decisions): Promise<Made> {
    const bench = this.#bench;
    const { up, ...made } = await bench.undoing(() => this.#up(decisions));
    const down = up === undefined ? noDown : await downOf(bench, up, (after) => sqlOf(statementsBetween(after, this.#world.start)));
    return { up, ...made, down, where: bench.where };
  }

  async #up(decisions: Decisions): Promise<Omit<Made, "down" | "where">> {
    const { start, declared } = this.#world;
    const { session } = this.#bench;
    const roles = await missingRoles(this.#bench, this.#world.sql);
    if (roles.length > 0) await session.script(roles.join(";\n"));
    const { sql, renamed } = await decideRenames(this.#bench, start, declared.schema, decisions);
    const from = await lookAt(this.#bench);
    const { schema, kept } = this.#target(from.schema, await handmadeKeys(session, this.#handmade), decisions);
    const goal = { from: from.schema, target: schema, expected: (after: Catalog) => this.#expected(from, schema, after) };
    const { changes, sql: changing } = await provedChanges(this.#bench, goal);
    const up = [[...roles, ...sql].map((statement) => `${statement};`).join("\n"), changing].filter(Boolean).join("\n\n");
    return { up: up === "" ? undefined : up, changes, renamed, findings: [...notesOf(changes), ...this.#tell(kept, from.schema)] };
  }

  /** What the files and the declaration shall make together. */
  #target(files: Schema, handmade: ReadonlySet<Key>, { drop, keep, kept }: Decisions): Target {
    const { declared, whole } = this.#world;
    if (whole && keep.length === 0 && kept.length === 0) return { schema: declared.schema, kept: [], blocked: [] };
    const drops = keysNamed("--drop", drop, files);
    const keeps = new Set([...keysNamed("--keep", keep, files), ...kept.flatMap((name) => keyNamed(name, files) ?? [])]);
    const stays = (object: SchemaObject): boolean => {
      const [root, key] = [rootOf(object, files), keyOf(object.kind, object.name)];
      // Of a table that is not declared everything stays, or goes, together.
      if (root !== object && !declared.schema.objects.has(keyOf(root.kind, root.name))) return stays(root);
      return (keeps.has(key) || handmade.has(key)) && !drops.has(key);
    };
    const target = targetOf(files, declared.schema, stays);
    if (target.blocked.length === 0) return target;
    const lines = target.blocked.map(({ object, needs }) => `${object.kind} ${object.name} needs ${needs.kind} ${needs.name}`);
    throw failure(migrateErrors, "MIGRATE_GENERATE_BLOCKED", { what: lines[0] }, { detail: lines.join("\n") });
  }

  /** The catalog that the target would have: each object as the side has it that the target took it from. */
  #expected({ schema, catalog }: Sight, target: Schema, after: Catalog): readonly CatalogObject[] {
    const { declared, whole } = this.#world;
    if (whole && target === declared.schema) return declared.catalog.objects;
    const sides = { files: byKey(catalog), declared: byKey(declared.catalog), both: byKey(after) };
    const keys = new Set([...sides.files.keys(), ...sides.declared.keys()]);
    return [...keys].flatMap((key) =>
      target.objects.has(key) ? (sides[sideOf(key, target, schema, declared.schema)].get(key) ?? []) : [],
    );
  }

  /** One line for all that is not declared and stays: nobody reads more. */
  #tell(kept: readonly SchemaObject[], files: Schema): Finding[] {
    const there = new Set(kept);
    const own = kept.filter((object) => told.has(object.kind) && (rootOf(object, files) === object || !there.has(rootOf(object, files))));
    if (own.length === 0) return [];
    const names = own.map(({ kind, name }) => `${kind} ${name}`);
    const shown = names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : list(names);
    const text = `${names.length === 1 ? "is" : "are"} not declared and ${names.length === 1 ? "stays" : "stay"}: no generated migration made ${names.length === 1 ? "it" : "them"}`;
    return [finding("info", "MIGRATE_GENERATED_KEPT", shown, text, "drop what should go with --drop <name>", { objects: names })];
  }
}

const told = new Set<string>(["table", "column", "type", "index", "constraint"]);
const noDown: Down = { verdict: "none", sql: undefined, losses: [], problems: [] };

const byKey = ({ objects }: Catalog): ReadonlyMap<Key, CatalogObject> =>
  new Map(objects.map((object) => [keyOf(object.kind, object.name), object]));

/** Where an object of the target comes from, with what a catalog folds into it. */
function sideOf(key: Key, target: Schema, files: Schema, declared: Schema): "files" | "declared" | "both" {
  const sides = [key, key.replace(/^column /, "default ")].map((one) => {
    const object = target.objects.get(one);
    if (object === files.objects.get(one)) return "files";
    return object === declared.objects.get(one) ? "declared" : "both";
  });
  return sides[0] === sides[1] ? (sides[0] ?? "both") : "both";
}

function notesOf(changes: readonly Change[]): Finding[] {
  return changes.flatMap(({ key, note }) => (note ? [noteOf(key, note)] : []));
}

function noteOf(key: string, { kind, text }: NonNullable<Change["note"]>): Finding {
  switch (kind) {
    case "destroys":
      return finding("warning", "MIGRATE_GENERATED_LOSS", key, `destroys ${text}`);
    case "converts":
      return finding("warning", "MIGRATE_GENERATED_CONVERSION", key, `converts ${text}`);
    case "rows":
      return finding("info", "MIGRATE_GENERATED_ROWS", key, `may refuse rows: ${text}`);
    case "left out":
      return finding("warning", "MIGRATE_GENERATED_PART", key, `leaves out ${text}`);
  }
}
