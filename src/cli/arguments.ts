/** From argv to one operation and its input. Flags of an operation come from its declaration. */
import { flagOf, settings } from "../core/settings.ts";
import { failure } from "../core/errors.ts";
import type { AnyOperation } from "../core/operation.ts";
import { closest } from "../core/spelling.ts";
import { operationOf, operationsOf, rooms } from "../registry.ts";
import { cliErrors } from "./errors.ts";

/** Flags of every command. */
export interface GlobalFlags {
  readonly cwd: string;
  readonly config: string | undefined;
  readonly json: boolean;
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly confirm: string | undefined;
  readonly plan: string | undefined;
  readonly quiet: boolean;
}

export type Command =
  | { readonly kind: "version" }
  | { readonly kind: "help"; readonly room?: string; readonly operation?: AnyOperation }
  | { readonly kind: "completion"; readonly shell: string }
  | {
      readonly kind: "run";
      readonly operation: AnyOperation;
      readonly input: Readonly<Record<string, unknown>>;
      readonly settings: Readonly<Record<string, unknown>>;
      readonly flags: GlobalFlags;
    };

export interface FlagSpec {
  readonly name: string;
  readonly value: boolean;
  readonly doc: string;
}

export const globalFlags: readonly FlagSpec[] = [
  { name: "--dry-run", value: false, doc: "print the plan and change nothing" },
  { name: "--yes", value: false, doc: "do not ask" },
  { name: "--confirm", value: true, doc: "the database's name, for what destroys data in production" },
  { name: "--plan", value: true, doc: "run only if the plan has this hash" },
  { name: "--json", value: false, doc: "one JSON document on stdout" },
  { name: "--quiet", value: false, doc: "print results and errors only" },
  { name: "--config", value: true, doc: "the configuration file" },
  { name: "--cwd", value: true, doc: "run as if started in this directory" },
  { name: "--help", value: false, doc: "explain a command" },
  { name: "--version", value: false, doc: "print the version" },
];

const short: Readonly<Record<string, string>> = {
  "-h": "--help",
  "-v": "--version",
  "-V": "--version",
  "-y": "--yes",
  "-n": "--dry-run",
  "-q": "--quiet",
  "-e": "--environment",
};

/** Operations that are called without their room. */
const withoutRoom: Readonly<Record<string, string>> = { init: "project", doctor: "project" };

const settingFlags: ReadonlyMap<string, string> = new Map(
  settings.filter(({ environmentOnly }) => !environmentOnly).map(({ key }) => [flagOf(key), key]),
);

export async function parseCommand(line: readonly string[]): Promise<Command> {
  const argv = commandFirst(line);
  const [first = "--help"] = argv;
  if (["--version", "-v", "-V", "version"].includes(first)) return { kind: "version" };
  if (first === "completion") return { kind: "completion", shell: argv[1]?.startsWith("-") === false ? argv[1] : "bash" };
  // `help migrate up` and `migrate help`; further back it is a word like any other.
  const words = argv.filter((word, i) => word !== "help" || i > 1);
  const wantsHelp = words.length < argv.length || words.some((word) => word === "--help" || word === "-h");
  const [noun = "-", verb = "-"] = words;
  if (noun.startsWith("-")) return { kind: "help" };
  if (wantsHelp && Object.hasOwn(rooms, noun) && verb.startsWith("-")) return { kind: "help", room: noun };
  const [operation, used] = await findOperation(words);
  return wantsHelp ? { kind: "help", operation } : parseRun(operation, words.slice(used));
}

/** Flags that stand before the command go behind it. */
function commandFirst(argv: readonly string[]): readonly string[] {
  let at = 0;
  while (argv[at]?.startsWith("-")) {
    const [name, written] = splitFlag(short[argv[at] as string] ?? (argv[at] as string));
    const spec = globalFlags.find((flag) => flag.name === name);
    if (!spec && !settingFlags.has(name)) throw failure(cliErrors, "CLI_UNKNOWN_FLAG", { flag: name, command: "pgsteward" });
    at += written === undefined && (spec?.value ?? true) ? 2 : 1;
  }
  return [...argv.slice(at), ...argv.slice(0, at)];
}

/** The operation that the first words name, and how many words that took. */
async function findOperation(words: readonly string[]): Promise<[AnyOperation, number]> {
  const [noun = "", verb = ""] = words;
  const alone = Object.hasOwn(withoutRoom, noun) ? withoutRoom[noun] : undefined;
  if (alone !== undefined) return [(await operationOf(alone, noun)) as AnyOperation, 1];
  const room = Object.hasOwn(rooms, noun) ? rooms[noun] : undefined;
  if (!room) {
    const known = [...Object.keys(rooms), ...Object.keys(withoutRoom), "completion", "help"].filter((name) => name !== "project");
    throw failure(cliErrors, "CLI_UNKNOWN_COMMAND", { command: noun }, { hint: suggestion(noun, known, "the commands are") });
  }
  const operation = await operationOf(noun, verb);
  if (operation) return [operation, 2];
  const fallback = verb === "" || verb.startsWith("-") ? await operationOf(noun, room.default ?? "") : undefined;
  if (fallback) return [fallback, 1];
  throw failure(
    cliErrors,
    "CLI_UNKNOWN_COMMAND",
    { command: `${noun} ${verb}` },
    { hint: suggestion(verb, [...(await operationsOf(noun)).keys()], `${noun} knows`) },
  );
}

function suggestion(word: string, known: readonly string[], lead: string): string {
  const near = closest(word, known);
  return near === undefined ? `${lead}: ${known.join(", ")}` : `did you mean ${near}?`;
}

/** Where a flag's value goes. */
interface Flag {
  readonly takesValue: boolean;
  set(value: string | undefined): void;
}

async function parseRun(operation: AnyOperation, rest: readonly string[]): Promise<Command> {
  const globals = new Map<string, string | undefined>();
  const settings: Record<string, unknown> = {};
  const input: Record<string, unknown> = {};
  const words: string[] = [];
  for (let i = 0; i < rest.length; i++) {
    const raw = rest[i] as string;
    const word = short[raw] ?? raw;
    if (!/^-./.test(word)) words.push(word);
    if (!/^-./.test(word) || word === "--") continue;
    const [name, written] = splitFlag(word);
    const flag = globalFlag(name, globals) ?? (await operationFlag(name, operation, input)) ?? settingFlag(name, settings);
    if (!flag) throw await unknownFlag(name, operation);
    if (!flag.takesValue && written !== undefined) throw failure(cliErrors, "CLI_VALUE_UNEXPECTED", { flag: name });
    const value = flag.takesValue ? (written ?? rest[++i]) : undefined;
    if (flag.takesValue && value === undefined) throw failure(cliErrors, "CLI_VALUE_MISSING", { flag: name });
    flag.set(value);
  }
  assignWords(operation, words, input);
  return { kind: "run", operation, input, settings, flags: toGlobals(globals) };
}

function splitFlag(word: string): [string, string | undefined] {
  const at = word.indexOf("=");
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function globalFlag(name: string, globals: Map<string, string | undefined>): Flag | undefined {
  const spec = globalFlags.find((flag) => flag.name === name);
  return spec && { takesValue: spec.value, set: (value) => void globals.set(name, value) };
}

function settingFlag(name: string, settings: Record<string, unknown>): Flag | undefined {
  const key = settingFlags.get(name);
  if (key === undefined) return undefined;
  return {
    takesValue: true,
    set: (value) => {
      settings[key] = value;
    },
  };
}

async function operationFlag(name: string, operation: AnyOperation, input: Record<string, unknown>): Promise<Flag | undefined> {
  // A setting's flag needs no schema, unless the operation takes it too: zod is loaded for what only the operation knows.
  if (settingFlags.has(name) && !operation.shadows?.some((key) => flagOf(key) === name)) return undefined;
  const own = await flagsOf(operation);
  const denied = own.get(name.replace(/^--no-/, "--"));
  const flag = own.get(name) ?? (denied?.type === "boolean" ? denied : undefined);
  if (!flag) return undefined;
  const takesValue = flag.type !== "boolean";
  return {
    takesValue,
    set: (value) => {
      if (flag.type === "array") input[flag.key] = [...((input[flag.key] as unknown[] | undefined) ?? []), value];
      else input[flag.key] = takesValue ? value : !name.startsWith("--no-");
    },
  };
}

function toGlobals(given: ReadonlyMap<string, string | undefined>): GlobalFlags {
  return {
    cwd: given.get("--cwd") ?? process.cwd(),
    config: given.get("--config"),
    confirm: given.get("--confirm"),
    plan: given.get("--plan"),
    json: given.has("--json"),
    yes: given.has("--yes"),
    dryRun: given.has("--dry-run"),
    quiet: given.has("--quiet"),
  };
}

function assignWords(operation: AnyOperation, words: readonly string[], input: Record<string, unknown>): void {
  const names = operation.positional ?? [];
  const extra = words[names.length];
  if (extra !== undefined && operation.rest !== undefined)
    input[operation.rest] = [...((input[operation.rest] as unknown[] | undefined) ?? []), ...words.slice(names.length)];
  else if (extra !== undefined) throw failure(cliErrors, "CLI_TOO_MANY_WORDS", { command: operation.name, word: extra });
  words.slice(0, names.length).forEach((word, i) => {
    input[names[i] as string] = word;
  });
}

export interface OperationFlag {
  readonly key: string;
  readonly type: string;
  readonly values: readonly string[] | undefined;
  readonly doc: string;
  readonly required: boolean;
}

/** An operation's flags, from its zod schema. */
export async function flagsOf(operation: AnyOperation): Promise<ReadonlyMap<string, OperationFlag>> {
  if (!operation.input) return new Map();
  const { z } = await import("zod");
  const schema = z.toJSONSchema(await operation.input(), { io: "input", unrepresentable: "any" }) as JsonSchema;
  return new Map(
    Object.entries(schema.properties ?? {}).map(([key, { type = "string", enum: values, description = "" }]) => [
      flagOf(key),
      { key, type, values, doc: description, required: schema.required?.includes(key) ?? false },
    ]),
  );
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, { type?: string; enum?: string[]; description?: string }>>;
  readonly required?: readonly string[];
}

async function unknownFlag(name: string, operation: AnyOperation): Promise<Error> {
  const known = [...(await flagsOf(operation)).keys(), ...globalFlags.map((flag) => flag.name), ...settingFlags.keys()];
  const near = closest(name, known);
  return failure(
    cliErrors,
    "CLI_UNKNOWN_FLAG",
    { flag: name, command: operation.name },
    { hint: near ? `did you mean ${near}?` : `see \`pgsteward ${operation.name} --help\`` },
  );
}
