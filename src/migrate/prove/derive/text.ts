/** The text of a derived down section. */
import type { Undo } from "./undo.ts";

/** Without what goes anyway: parts of a relation that is dropped behind them, and what is made only to be dropped. */
export function withoutNeedless(undos: readonly Undo[]): Undo[] {
  const pairs = new Set(
    undos.flatMap((undo, i) => (undo.makes ? undos.slice(i + 1).filter(({ drops, object }) => drops && object === undo.object) : [])),
  );
  return undos.filter(({ within = [], object, drops }, i) => {
    const behind = undos.slice(i + 1).filter((later) => later.drops);
    const goes = behind.some((later) => within.includes(later.object) || (later.object === object && !drops));
    return !goes && !pairs.has(undos[i] as Undo);
  });
}

/** Statements with what they lose in a comment above. `more` are losses that an experiment found, by the object they are of. */
export function textOf(undos: readonly Undo[], more: ReadonlyMap<string, string> = new Map()): string {
  const told = new Set(undos.map(({ object }) => object));
  const header = [...more].filter(([object]) => !told.has(object)).map(([, loss]) => `-- lossy: ${loss}`);
  const blocks = undos.map((undo) => {
    const loss = undo.lossy ?? more.get(undo.object);
    return `${loss === undefined ? "" : `-- lossy: ${loss}\n`}${undo.sql};`;
  });
  return [...(header.length > 0 ? [`${header.join("\n")}\n`] : []), ...blocks].join("\n");
}
