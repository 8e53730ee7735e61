/** What `check fix` and `check undo` did, table by table, and how to take it back. */
import type { FixResult, UndoResult } from "../check/index.ts";
import type { Paint } from "./printer.ts";

export function fixView({ run, rows, migration }: FixResult, paint: Paint): string {
  const table = aligned(
    rows.map(({ rule, table, action, rows, reference }) => [
      action === "removed" ? paint("red", "-") : paint("yellow", "~"),
      `${rows} ${action}`,
      table,
      paint("dim", reference === null ? rule : `by ${reference}`),
    ]),
  );
  const back = run === null ? [] : [`take it back with \`pgsteward check undo ${run}\``];
  const file = migration === null ? [] : [`wrote ${migration}`];
  return [...table, [...back, ...file, "done"].join("; ")].join("\n");
}

export function undoView({ run, restored }: UndoResult, paint: Paint): string {
  const table = aligned(
    restored.map(({ table, removed, changed }) => [
      paint("green", "+"),
      [removed > 0 ? `${removed} back` : "", changed > 0 ? `${changed} as before` : ""].filter(Boolean).join(", "),
      table,
    ]),
  );
  return [...table, `undid run ${run}`].join("\n");
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
