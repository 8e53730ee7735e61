/** Every room, by its name. A room is loaded when one of its operations is asked for. */
import type { AnyOperation } from "./core/operation.ts";

export interface Room {
  /** One line for help and docs. */
  readonly summary: string;
  /** The verb that runs when none is given. */
  readonly default?: string;
  load(): Promise<Readonly<Record<string, unknown>>>;
  /** Operations that run on every deploy are loaded without their siblings: each module costs 0.4 ms CPU. */
  readonly shortcuts?: Readonly<Record<string, () => Promise<AnyOperation>>>;
}

export const rooms: Readonly<Record<string, Room>> = {
  migrate: {
    summary: "schema migrations: plain SQL files, up and down, checked and recorded",
    default: "up",
    load: () => import("./migrate/index.ts"),
    shortcuts: { up: async () => (await import("./migrate/up.ts")).up, status: async () => (await import("./migrate/status.ts")).status },
  },
  seed: {
    summary: "data to start with: seeders by environment, generated data in bulk, anonymised copies",
    default: "run",
    load: () => import("./seed/index.ts"),
  },
  check: {
    summary: "the data's integrity: orphans, rules, aggregates, security and performance, with fixes that can be undone",
    default: "run",
    load: () => import("./check/index.ts"),
  },
  db: {
    summary: "the embedded PostgreSQL of this project: start, stop, status, psql, url",
    default: "status",
    load: () => import("./db/index.ts"),
  },
  project: { summary: "set a project up and examine its surroundings", load: () => import("./project/index.ts") },
};

/** One operation, undefined where the room has none of that verb. */
export async function operationOf(room: string, verb: string): Promise<AnyOperation | undefined> {
  const shortcuts = rooms[room]?.shortcuts ?? {};
  const shortcut = Object.hasOwn(shortcuts, verb) ? shortcuts[verb] : undefined;
  return shortcut ? shortcut() : (await operationsOf(room)).get(verb);
}

/** The operations of a room by verb (`derive-down`), in the order of use. */
export async function operationsOf(room: string): Promise<ReadonlyMap<string, AnyOperation>> {
  const operations = Object.values((await rooms[room]?.load()) ?? {}).filter(isOperation);
  return new Map(operations.sort((a, b) => order(a) - order(b)).map((operation) => [verbOf(operation), operation]));
}

function verbOf({ name }: AnyOperation): string {
  return name.split(" ").at(-1) ?? name;
}

function isOperation(value: unknown): value is AnyOperation {
  return typeof value === "object" && value !== null && "kind" in value && "risk" in value && "name" in value;
}

/** A module's exports come sorted by name; people read verbs in the order of use. */
const verbs = [
  "new",
  "run",
  "report",
  "trend",
  "fix",
  "undo",
  "list",
  "fill",
  "generate",
  "up",
  "down",
  "to",
  "redo",
  "rollback",
  "status",
  "history",
  "plan",
  "validate",
  "diff",
  "prove",
  "derive-down",
  "lint",
  "check-merge",
  "squash",
  "repair",
  "baseline",
  "adopt",
  "start",
  "stop",
  "psql",
  "url",
  "undo",
  "reset",
  "snapshot",
  "mark",
  "init",
  "doctor",
];

function order(operation: AnyOperation): number {
  const at = verbs.indexOf(verbOf(operation));
  return at < 0 ? verbs.length : at;
}
