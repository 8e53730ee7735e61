/** Configuration: durations, precedence (flag, environment variable, alias, file, default), paths, and that the result is frozen. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Config, type ConfigInput, parseDuration, resolveConfig } from "../../src/core/config.ts";
import { StewardError } from "../../src/core/errors.ts";
import { flagOf, type Setting, settings, variableOf } from "../../src/core/settings.ts";

const unitMs = { "": 1, ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 } as const;
const unit = fc.constantFrom(...(Object.keys(unitMs) as (keyof typeof unitMs)[]));
const blank = fc.constantFrom("", " ", "  ", "\t");

test("a duration is a number and a unit", () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.nat(999), unit, blank, blank, (whole, thousandths, unit, around, between) => {
      const fraction = String(thousandths).padStart(3, "0");
      const expected = Math.round((whole * 1000 + thousandths) * (unitMs[unit] / 1000));
      // Half a millisecond may fall to either side.
      const actual = parseDuration(`${around}${whole}.${fraction}${between}${unit}${around}`) ?? Number.NaN;
      assert.ok(Math.abs(actual - expected) <= 1, `${actual}, not ${expected}`);
      assert.equal(parseDuration(`${around}${whole}${between}${unit}${around}`), whole * unitMs[unit]);
      assert.equal(parseDuration(whole), whole);
    }),
  );
});

const wholeDuration = /^\s*\d+(\.\d+)?\s*(ms|s|m|min|h)?\s*$/;

test("anything else is no duration", () => {
  const letters = fc.string({ unit: fc.constantFrom(...Array.from("smhindw")), minLength: 1, maxLength: 4 });
  const wrong = fc.oneof(
    fc.string(),
    fc.tuple(fc.nat(), letters).map((parts) => parts.join("")),
    fc.tuple(fc.nat(), fc.constantFrom("S", "MS", "Min", "µs", "days", ",5s", "s s", "-", "e3", "s2m")).map((parts) => parts.join("")),
    fc.integer({ max: -1 }),
    fc.constantFrom(Number.NaN, Infinity, null, undefined, true, {}, []),
  );
  fc.assert(
    fc.property(wrong, (raw) => {
      fc.pre(typeof raw !== "string" || !wholeDuration.test(raw));
      assert.equal(parseDuration(raw), undefined);
    }),
    { numRuns: 500 },
  );
});

test("a unit is none of the names that every object has", {}, () => {
  for (const name of Object.getOwnPropertyNames(Object.prototype)) assert.equal(parseDuration(`5${name}`), undefined, name);
});

const root = "/project";
const cwd = "/elsewhere/below";
const file = `${root}/pgsteward.config.ts`;

/** A value as it is written down and as it is meant. */
interface Written {
  readonly raw: unknown;
  readonly means: unknown;
}
type Source = "flag" | "variable" | "file" | `alias ${number}`;

function valueOf(setting: Setting, source: Source, n: number): Written {
  const { type, key } = setting;
  const number = source === "file" ? n : String(n);
  if (typeof type !== "string") return { raw: type[n % type.length], means: type[n % type.length] };
  switch (type) {
    case "integer":
      return { raw: number, means: n };
    case "duration":
      return n % 2 === 0 ? { raw: number, means: n } : { raw: `${n}s`, means: n * 1000 };
    case "list":
      return { raw: source === "file" ? ["a", `b${n}`] : `a, b${n},`, means: ["a", `b${n}`] };
    case "url":
      return { raw: `postgres://h${n}/db`, means: `postgres://h${n}/db` };
    case "path":
      if (n % 3 === 0) return { raw: `/absolute/${n}`, means: `/absolute/${n}` };
      return { raw: `./p${n}`, means: `${source === "file" ? root : cwd}/p${n}` };
    case "string": {
      const text = key === "environment" ? ["development", "testing", "staging", "demo", "production"][n % 5] : `t${n}`;
      return { raw: text, means: text };
    }
  }
}

/** For a setting: which sources name it, and with which number. */
const given = (setting: Setting): fc.Arbitrary<ReadonlyMap<Source, number>> => {
  const aliases = (setting.aliases ?? []).map((_, i): Source => `alias ${i}`);
  const sources: readonly Source[] = ["flag", "variable", ...aliases, ...(setting.environmentOnly ? [] : ["file" as const])];
  return fc
    .tuple(...sources.map((source) => fc.tuple(fc.constant(source), fc.option(fc.nat(1000), { freq: 2 }))))
    .map((list) => new Map(list.filter((entry): entry is [Source, number] => entry[1] !== null)));
};
const world = fc.tuple(...settings.map(given)).map((list) => new Map(settings.map((setting, i) => [setting, list[i] ?? new Map()])));

interface Sources {
  readonly flags: Record<string, unknown>;
  readonly env: Record<string, string>;
  readonly input: Record<string, unknown> & { migrate: Record<string, unknown> };
}

function write(all: ReadonlyMap<Setting, ReadonlyMap<Source, number>>): Sources {
  const sources: Sources = { flags: {}, env: { PATH: "/bin" }, input: { migrate: {} } };
  for (const [setting, places] of all) {
    for (const [source, n] of places) {
      const { raw } = valueOf(setting, source, n);
      if (source === "flag") sources.flags[setting.key] = raw;
      else if (source === "variable") sources.env[variableOf(setting.key)] = String(raw);
      else if (source !== "file") sources.env[setting.aliases?.[Number(source.split(" ")[1])] ?? ""] = String(raw);
      else {
        const [section, inner] = setting.key.split(".") as [string, string?];
        if (inner === undefined) sources.input[section] = raw;
        else sources.input[section] = { ...(sources.input[section] as object | undefined), [inner]: raw };
      }
    }
  }
  return sources;
}

const resolve = ({ flags, env, input }: Sources): Config => resolveConfig(input, file, { cwd, env, flags });

function read(config: Config, { key, type }: Setting): unknown {
  const name = type === "duration" ? `${key}Ms` : key;
  const [section, inner] = name.split(".") as [keyof Config, string?];
  return inner === undefined ? config[section] : (config[section] as unknown as Record<string, unknown>)[inner];
}

/** The winner among the sources that name a setting. */
function winner(places: ReadonlyMap<Source, number>): [Source, number] | undefined {
  const order: readonly Source[] = ["flag", "variable", "alias 0", "alias 1", "file"];
  const source = order.find((one) => places.has(one));
  return source === undefined ? undefined : [source, places.get(source) ?? 0];
}

test("the first of flag, variable, alias and file wins; else the default", () => {
  fc.assert(
    fc.property(world, (all) => {
      const config = resolve(write(all));
      for (const [setting, places] of all) {
        const first = winner(places);
        const expected = first
          ? valueOf(setting, ...first).means
          : setting.type === "path" && typeof setting.default === "string"
            ? `${root}/${setting.default}`
            : setting.default;
        assert.deepEqual(read(config, setting), expected, setting.key);
      }
      assert.equal(config.root, root);
      assert.equal(config.file, file);
    }),
    { numRuns: 200 },
  );
});

test("the environment says where it comes from", () => {
  const setting = settings.find(({ key }) => key === "environment") as Setting;
  const names: Readonly<Record<string, string>> = {
    flag: "--environment",
    variable: "PGSTEWARD_ENVIRONMENT",
    "alias 0": "PGSTEWARD_ENV",
    "alias 1": "NODE_ENV",
    file,
  };
  fc.assert(
    fc.property(given(setting), (places) => {
      const config = resolve(write(new Map([[setting, places]])));
      const first = winner(places);
      assert.equal(config.environmentFrom, first ? names[first[0]] : "url");
    }),
  );
});

test("an empty variable says nothing, nor does a NODE_ENV that names no environment of ours", () => {
  const noise = fc.constantFrom("", "ci", "preview", "e2e", "local");
  fc.assert(
    fc.property(world, noise, (all, nodeEnv) => {
      const quiet = new Map(
        [...all].map(([setting, places]) => [setting, new Map([...places].filter(([source]) => source !== "alias 1"))]),
      );
      const sources = write(quiet);
      const empty = Object.fromEntries(
        settings.flatMap(({ key, aliases = [] }) => [variableOf(key), ...aliases].map((name) => [name, ""])),
      );
      const noisy = { ...sources, env: { ...empty, NODE_ENV: nodeEnv, ...sources.env } };
      assert.deepEqual(resolve(noisy), resolve(sources));
    }),
    { numRuns: 50 },
  );
});

test("the result is frozen, and what it was made of may change", () => {
  fc.assert(
    fc.property(world, (all) => {
      const sources = write(all);
      const config = resolve(sources);
      const before = JSON.stringify(config);
      assert.ok(Object.isFrozen(config) && Object.isFrozen(config.migrate));
      assert.throws(() => Object.assign(config, { url: "postgres://other/db" }), TypeError);
      assert.throws(() => Object.assign(config.migrate, { batchBytes: 1 }), TypeError);
      for (const part of [sources.flags, sources.env, sources.input.migrate, sources.input]) {
        for (const key of Object.keys(part)) Reflect.deleteProperty(part, key);
      }
      assert.equal(JSON.stringify(config), before);
    }),
    { numRuns: 50 },
  );
});

test("lists are frozen too", () => {
  const list = ["a"];
  const chosen = resolveConfig({ migrate: { ignoreSchemas: list } }, file, { cwd, env: {} });
  list.push("b");
  assert.deepEqual(chosen.migrate.ignoreSchemas, ["a"]);
  for (const { migrate } of [chosen, resolveConfig({}, file, { cwd, env: {} })]) assert.ok(Object.isFrozen(migrate.ignoreSchemas));
});

/** Values that a type does not take, from the file. */
const wrong: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  integer: fc.oneof(fc.constantFrom(-1, 1.5, "1.5", "-1", "1e3", "", " 1", true, {}, Number.NaN), fc.integer({ max: -1 })),
  duration: fc.constantFrom(-1, "-1s", "soon", "1 day", {}, true),
  list: fc.constantFrom(1, {}, [1], true),
  url: fc.oneof(fc.constantFrom("mysql://h/db", "h/db", 1, "", " postgres://h/db"), fc.webUrl()),
  path: fc.constantFrom(1, "", {}, true),
  string: fc.constantFrom(1, "", {}, true),
  choice: fc.oneof(
    fc.string().map((text) => `${text}?`),
    fc.constantFrom(1, true, {}),
  ),
};

test("a value that a setting does not take is refused by its key, and a secret is not repeated", () => {
  const secret = "hunter2";
  for (const setting of settings.filter(({ environmentOnly }) => !environmentOnly)) {
    const arbitrary = wrong[typeof setting.type === "string" ? setting.type : "choice"] as fc.Arbitrary<unknown>;
    fc.assert(
      fc.property(arbitrary, (bad) => {
        const raw = setting.secret && typeof bad === "string" && bad !== "" ? `${bad}${secret}` : bad;
        const [outer, inner] = setting.key.split(".");
        const input = (inner === undefined ? { [outer as string]: raw } : { [outer as string]: { [inner]: raw } }) as ConfigInput;
        assert.throws(
          () => resolveConfig(input, file, { cwd, env: {} }),
          (error) => {
            assert.ok(StewardError.is(error) && error.code === "CONFIG_INVALID" && error.exit === 2, String(error));
            assert.ok(error.message.startsWith(`${file}: ${setting.key} is `), error.message);
            assert.ok(!JSON.stringify(error).includes(secret));
            return true;
          },
          `${setting.key} = ${JSON.stringify(raw)}`,
        );
      }),
      { numRuns: 20 },
    );
  }
});

test("the three spellings of a setting are derived from each other, and no two settings share one", () => {
  const flags = settings.map(({ key }) => flagOf(key));
  const variables = settings.flatMap(({ key, aliases = [] }) => [variableOf(key), ...aliases]);
  assert.equal(new Set(flags).size, flags.length);
  assert.equal(new Set(variables).size, variables.length);
  for (const { key } of settings) {
    const words = key.replace(".", "_").replace(/[A-Z]/g, "_$&").toLowerCase();
    assert.equal(variableOf(key), `PGSTEWARD_${words.toUpperCase()}`);
    assert.equal(flagOf(key), `--${words.replace(/^migrate_/, "").replaceAll("_", "-")}`);
  }
});
