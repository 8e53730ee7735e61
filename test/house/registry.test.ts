/** A room's operations are called alike everywhere: in the library, on the command line, in the registry. */
import assert from "node:assert/strict";
import test from "node:test";
import { readFiles } from "../../scripts/source.ts";
import { operationOf, operationsOf, rooms } from "../../src/registry.ts";

interface Named {
  readonly name: string;
  readonly summary: string;
}

const isOperation = (value: unknown): value is Named =>
  typeof value === "object" && value !== null && "risk" in value && "summary" in value;
const camelCase = (verb: string): string => verb.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Rooms whose operations have no room in their name (decision 0010). */
const nameless: readonly string[] = ["project"];

function misnamed(room: string, exported: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(exported).flatMap(([key, value]) => {
    if (!isOperation(value)) return [];
    const { name, summary } = value;
    const verb = name.split(" ").at(-1) ?? "";
    return [
      name === (nameless.includes(room) ? verb : `${room} ${verb}`) ? "" : `${room}: the operation "${name}" is not called after its room`,
      key === camelCase(verb) ? "" : `${room}: "${name}" is exported as ${key}`,
      /^[a-z].*[^.]$/.test(summary) ? "" : `${name}: its summary is no phrase that begins with a verb`,
    ].filter(Boolean);
  });
}

test("operations are called alike everywhere", async () => {
  for (const [name, room] of Object.entries(rooms)) assert.deepEqual(misnamed(name, await room.load()), []);
  const planted = {
    up: { name: "seed up", summary: "Apply.", risk: "changes" },
    deriveDown: { name: "migrate derive-down", summary: "derive", risk: "reads" },
  };
  assert.deepEqual(misnamed("migrate", { ...planted, run: { name: "migrate up", summary: "apply", risk: "reads" }, other: 1 }), [
    'migrate: the operation "seed up" is not called after its room',
    "seed up: its summary is no phrase that begins with a verb",
    'migrate: "migrate up" is exported as run',
  ]);
});

test("a shortcut loads the very operation of its room", async () => {
  for (const [room, { shortcuts = {} }] of Object.entries(rooms)) {
    const operations = await operationsOf(room);
    for (const verb of Object.keys(shortcuts)) assert.equal(await operationOf(room, verb), operations.get(verb), `${room} ${verb}`);
  }
});

test("every room has its functions on the steward, a head on its page, and a default that exists", async () => {
  const steward = readFiles("src/steward.ts")[0]?.text ?? "";
  for (const [room, { default: verb, summary }] of Object.entries(rooms)) {
    assert.ok(steward.includes(`readonly ${room}: RoomOf<typeof ${room}>`), `Steward has no ${room}`);
    assert.equal(readFiles(`docs/reference/heads/${room}.md`).length, 1, `docs/reference/heads/${room}.md is missing`);
    assert.ok(verb === undefined || (await operationsOf(room)).has(verb), `${room} has no ${verb}`);
    assert.match(summary, /^[a-z].*[^.]$/, room);
  }
});
