/** Views of the seed room. */
import type { ListResult, RunResult, SnapshotResult, StatusResult } from "../seed/index.ts";
import type { Paint } from "./printer.ts";

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
const plural = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;

/** Cells in aligned columns; `paint` may colour a cell after it was measured. */
function table(rows: readonly (readonly string[])[], paint: (cell: string, row: number, column: number) => string): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  const line = (row: readonly string[], at: number): string => row.map((cell, i) => paint(cell.padEnd(widths[i] ?? 0), at, i)).join("  ");
  return rows.map((row, at) => line(row, at).trimEnd()).join("\n");
}

export function seedRunLine({ profile, seeders, skipped }: RunResult): string {
  const [inserted, updated, unchanged] = [
    sum(seeders.map((one) => one.inserted)),
    sum(seeders.map((one) => one.updated)),
    sum(seeders.map((one) => one.unchanged)),
  ];
  const left = skipped.length === 0 ? "" : `, ${plural(skipped.length, "seeder")} already applied`;
  return `ran ${plural(seeders.length, "seeder")} (${profile}): ${plural(inserted, "row")} inserted, ${updated} updated, ${unchanged} unchanged${left}`;
}

const states: Readonly<Record<string, readonly [Parameters<Paint>[0], string]>> = {
  applied: ["green", "✓"],
  pending: ["yellow", "·"],
  changed: ["yellow", "~"],
  drifted: ["red", "✗"],
  missing: ["dim", "?"],
};

export function seedStatusTable({ seeders, environment, dir }: StatusResult, paint: Paint): string {
  const rows = seeders.map(({ name, state, here, category, appliedAt, inserted, updated }) => {
    const rows = inserted + updated === 0 ? "" : `${plural(inserted, "row")}${updated === 0 ? "" : `, ${updated} updated`}`;
    return [name, here || state !== "pending" ? state : "elsewhere", category, (appliedAt ?? "").slice(0, 16).replace("T", " "), rows];
  });
  const body = table(rows, (cell, row, column) => {
    const seeder = seeders[row];
    const colour = seeder === undefined || (!seeder.here && seeder.state === "pending") ? "dim" : (states[seeder.state]?.[0] ?? "dim");
    const mark = column === 0 ? `${paint(colour, states[seeder?.state ?? ""]?.[1] ?? "?")} ` : "";
    return `${mark}${column === 1 ? paint(colour, cell) : column > 1 ? paint("dim", cell) : cell}`;
  });
  const here = seeders.filter((seeder) => seeder.here);
  const applied = here.filter(({ state }) => state === "applied").length;
  return [body, `${applied} of ${plural(here.length, "seeder")} for ${environment} applied (${dir})`].filter(Boolean).join("\n");
}

export function seedListTable({ seeders, dir }: ListResult, paint: Paint): string {
  if (seeders.length === 0) return `no seeders in ${dir}`;
  const rows = seeders.map(({ name, category, environments, productionSafe, essential, after }) => [
    name,
    category,
    [productionSafe ? "production-safe" : "", essential ? "essential" : ""].filter(Boolean).join(", "),
    environments.length === 5
      ? "everywhere"
      : environments.length === 4 && !environments.includes("production")
        ? "all but production"
        : environments.join(", "),
    after.length === 0 ? "" : `after ${after.join(", ")}`,
  ]);
  const head = ["seeder", "category", "", "environments", ""];
  return table([head, ...rows], (cell, row, column) => (row === 0 || column > 1 ? paint("dim", cell) : cell));
}

export function seedSnapshotTable({ tables, rows, files, dir, load }: SnapshotResult, paint: Paint): string {
  const number = (n: number): string => n.toLocaleString("en-US");
  const right = (texts: readonly string[]): readonly string[] =>
    texts.map((text) => text.padStart(Math.max(...texts.map(({ length }) => length))));
  const counts = right(["rows", ...tables.map((one) => number(one.rows))]);
  const totals = right(["of", ...tables.map(({ of, estimated }) => `${estimated ? "~" : ""}${number(of)}`)]);
  const names = ["table", ...tables.map((one) => one.table)];
  const replaced = ["replaced", ...tables.map((one) => one.replaced.join(", "))];
  const body = table(
    names.map((name, i) => [name, counts[i] ?? "", totals[i] ?? "", replaced[i] ?? ""]),
    (cell, row, column) => (row === 0 || column > 1 ? paint("dim", cell) : cell),
  );
  const written = files.filter((name) => !name.endsWith(".json")).length;
  return `${body}\nwrote ${plural(rows, "row")} in ${plural(written, "seeder")} into ${dir}; an empty database loads them with: ${load}`;
}
