/** SQL as a value: text and parameters kept apart. Identifiers go through `id`, literals (only where a message takes no parameters) through `literal`. */

export interface Sql {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A piece of SQL text that is inserted as it is: an identifier quoted by `id`, or a file of the user's. */
export class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Values become `$1`, `$2`, …; `Raw` and nested `Sql` are spliced in. `undefined` is refused: null is a value, undefined is a mistake. */
export function sql(parts: TemplateStringsArray, ...inputs: readonly unknown[]): Sql {
  let text = parts[0] as string;
  const values: unknown[] = [];
  inputs.forEach((input, i) => {
    if (input instanceof Raw) text += input.text;
    else if (isSql(input)) {
      text += input.text.replace(/\$(\d+)/g, (_, n: string) => `$${Number(n) + values.length}`);
      values.push(...input.values);
    } else {
      if (input === undefined) throw new TypeError(`undefined as parameter ${i + 1} of: ${text}`);
      values.push(input);
      text += `$${values.length}`;
    }
    text += parts[i + 1] as string;
  });
  return { text, values };
}

/** A quoted, possibly qualified identifier: `id("public", "user")` → `"public"."user"`. */
export function id(...names: readonly string[]): Raw {
  return new Raw(names.map(quoteIdentifier).join("."));
}

export function quoteIdentifier(name: string): string {
  if (name.includes("\0")) throw new TypeError("an identifier cannot contain a NUL character");
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * A string literal that means the same under every `standard_conforming_strings`. Only for what cannot take a
 * parameter: utility statements, and the one-message scripts (decision 0004).
 */
export function literal(value: string | number | boolean | null): string {
  if (value === null) return "null";
  if (typeof value !== "string") return String(value);
  if (value.includes("\0")) throw new TypeError("a text literal cannot contain a NUL character");
  const quoted = `'${value.replaceAll("'", "''")}'`;
  return value.includes("\\") ? ` E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}

function isSql(value: unknown): value is Sql {
  return typeof value === "object" && value !== null && "text" in value && "values" in value;
}
