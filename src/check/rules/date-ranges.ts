/** Ranges that end before they begin, by the names that pairs of columns have. */
import type { RowRule } from "../rule.ts";
import { type Column, nameOf, ownTables, type Schema, type Table } from "../schema.ts";
import { nameFor, qualified, quoteColumns, quoteTable, text } from "../words.ts";

/** A begin's name → the names that its end can have, as parts of a whole name: `promo_start_date` goes with `promo_end_date`. */
const pairs: readonly (readonly [begin: RegExp, ends: readonly string[]])[] = [
  [/start(?=$|_|s_|ed_)/, ["end"]],
  [/started(?=_)/, ["ended", "finished", "completed"]],
  [/starts(?=_)/, ["ends"]],
  [/from(?=$|_)/, ["to", "until", "thru"]],
  [/begin(?=$|_)/, ["end"]],
  [/begins(?=_)/, ["ends"]],
  [/opened(?=_)/, ["closed"]],
  [/check_in/, ["check_out"]],
];
const times = ["date", "timestamp", "timestamptz"];

export function dateRanges(schema: Schema): readonly RowRule[] {
  return ownTables(schema).flatMap((table) =>
    rangesOf(table).map(([from, to]) => ({ ...rangeRule(table, from, to), severity: "warning" })),
  );
}

function rangesOf({ columns }: Table): readonly (readonly [Column, Column])[] {
  const dated = columns.filter(({ base }) => times.includes(base));
  const endOf = (from: Column): Column | undefined =>
    pairs
      .filter(([begin]) => begin.test(from.name))
      .flatMap(([begin, ends]) => ends.map((end) => from.name.replace(begin, end)))
      .flatMap((name) => dated.find((to) => to.name === name && to.base === from.base && to !== from) ?? [])[0];
  return dated.flatMap((from) => {
    const to = endOf(from);
    return to ? [[from, to] as const] : [];
  });
}

export function rangeRule(table: Table, from: Column, to: Column): RowRule {
  const constraint = nameFor(table.table, [from, to], "check");
  const name = quoteTable(table);
  return {
    kind: "rows",
    name: `date-range ${nameOf(table)}.${from.name}+${to.name}`,
    category: "rules",
    family: "date-range",
    severity: "error",
    level: "default",
    table,
    where: text(`${qualified("t", to)} < ${qualified("t", from)}`),
    message: `${to.name} is before ${from.name}`,
    permanent: {
      title: "add a CHECK constraint",
      up: `alter table ${name} add constraint ${constraint} check (${quoteColumns([to])} >= ${quoteColumns([from])}) not valid;\nalter table ${name} validate constraint ${constraint};`,
      down: `alter table ${name} drop constraint ${constraint};`,
    },
  };
}
