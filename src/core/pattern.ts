/**
 * A text that a regular expression of PostgreSQL matches: what a CHECK with `~` asks of a row. Enough of the language for
 * formats that people check: classes, groups, alternatives, repetitions, anchors. Look-around and back references are not.
 */

/**
 * Makes texts; undefined for what it does not understand. The same `seed` gives the same text, another one mostly another.
 * Its digits decide; when they are used up, `more` does: a number from 0 up to and without its argument. Default 0.
 */
export function matching(pattern: string, seed: number, more: (from: number) => number = () => 0): string | undefined {
  try {
    return new Sampler(pattern, seed, more).whole();
  } catch {
    return undefined;
  }
}

const lower = "abcdefghijklmnopqrstuvwxyz";
const digits = "0123456789";
const letters = lower + lower.toUpperCase();
const word = `${letters}${digits}_`;

const named: Readonly<Record<string, string>> = {
  alpha: letters,
  digit: digits,
  alnum: letters + digits,
  upper: lower.toUpperCase(),
  lower,
  space: " ",
  xdigit: "0123456789abcdef",
  punct: "-.",
  word,
};
const escapes: Readonly<Record<string, string>> = { d: digits, w: word, s: " ", n: "\n", t: "\t" };
/** What `.` and a negated class choose from. */
const usual = `${lower}${digits}-${lower.toUpperCase()} _.`;

class Sampler {
  readonly #pattern: string;
  readonly #more: (from: number) => number;
  #seed: number;
  #at = 0;

  constructor(pattern: string, seed: number, more: (from: number) => number) {
    this.#more = more;
    this.#pattern = pattern.replace(/^\(\?[a-z]+\)|^\*\*\*[:=]/, "");
    this.#seed = seed;
  }

  /** What no anchor holds may have anything before or behind it: something that makes it one of a kind. */
  whole(): string {
    const before = this.#pattern.startsWith("^") ? "" : `row${this.#seed}`;
    const behind = before !== "" || this.#pattern.endsWith("$") ? "" : `row${this.#seed}`;
    const text = this.#alternatives();
    if (this.#at < this.#pattern.length) throw new SyntaxError("more than an expression");
    return `${before}${text}${behind}`;
  }

  /** Reads all of them, and takes one. */
  #alternatives(): string {
    const all = [this.#sequence()];
    while (this.#skip("|")) all.push(this.#sequence());
    return all[this.#choose(all.length)] as string;
  }

  #sequence(): string {
    let text = "";
    while (this.#at < this.#pattern.length && !"|)".includes(this.#next())) text += this.#repeated();
    return text;
  }

  #repeated(): string {
    const start = this.#at;
    const first = this.#atom();
    const behind = this.#at;
    const times = this.#repetition();
    const end = this.#at;
    let text = times === 0 ? "" : first;
    // Every further one is read again, so that it differs where it may.
    for (let i = 1; i < times; i++) {
      this.#at = start;
      text += this.#atom();
    }
    this.#at = Math.max(end, behind);
    return text;
  }

  #repetition(): number {
    const [all = "", from, to] = /^(?:[*+?]|\{(\d+)(?:,(\d*))?\})\??/.exec(this.#pattern.slice(this.#at)) ?? [];
    this.#at += all.length;
    if (all === "" || all.startsWith("+")) return 1;
    if (from === undefined) return 0;
    return to === undefined || to === "" || Number(from) > 0 ? Number(from) : Math.min(Number(to), 3);
  }

  #atom(): string {
    if (this.#skip("(?:")) return this.#closed(this.#alternatives());
    if (this.#pattern.startsWith("(?", this.#at)) throw new SyntaxError("look-around");
    if (this.#skip("(")) return this.#closed(this.#alternatives());
    if (this.#skip("[")) return this.#one(this.#klass());
    if (this.#skip("^") || this.#skip("$")) return "";
    if (this.#skip(".")) return this.#one(usual);
    if (this.#skip("\\")) return this.#escaped();
    return this.#take();
  }

  #escaped(): string {
    const char = this.#take();
    const set = escapes[char];
    if (set !== undefined) return this.#one(set);
    if ("ymMAZ".includes(char)) return "";
    if (/[1-9]/.test(char)) throw new SyntaxError("back reference");
    return char;
  }

  #closed(text: string): string {
    if (!this.#skip(")")) throw new SyntaxError("not closed");
    return text;
  }

  #klass(): string {
    const negated = this.#skip("^");
    let set = this.#skip("]") ? "]" : "";
    while (!this.#skip("]")) set += this.#member();
    return negated ? [...usual].filter((char) => !set.includes(char)).join("") : set;
  }

  #member(): string {
    const [all, name = ""] = /^\[:(\w+):\]/.exec(this.#pattern.slice(this.#at)) ?? [];
    if (all !== undefined) {
      this.#at += all.length;
      return named[name] ?? "";
    }
    const from = this.#single();
    if (from.length > 1 || this.#next() !== "-" || this.#pattern[this.#at + 1] === "]") return from;
    this.#at++;
    return range(from, this.#single());
  }

  #single(): string {
    if (!this.#skip("\\")) return this.#take();
    const char = this.#take();
    return escapes[char] ?? char;
  }

  /** One of a set: the seed is a number in its base, read digit by digit. */
  #one(set: string): string {
    const chars = [...set];
    return chars[this.#choose(chars.length)] ?? "";
  }

  #choose(from: number): number {
    if (from === 0) throw new SyntaxError("nothing to choose from");
    if (this.#seed === 0) return this.#more(from);
    const index = this.#seed % from;
    this.#seed = Math.floor(this.#seed / from);
    return index;
  }

  #next(): string {
    return this.#pattern[this.#at] ?? "";
  }

  #take(): string {
    if (this.#at >= this.#pattern.length) throw new SyntaxError("ends too soon");
    return this.#pattern[this.#at++] as string;
  }

  #skip(text: string): boolean {
    if (!this.#pattern.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}

function range(from: string, to: string): string {
  const [first, last] = [from.codePointAt(0) ?? 0, to.codePointAt(0) ?? 0];
  return String.fromCodePoint(...Array.from({ length: Math.max(0, Math.min(last - first + 1, 200)) }, (_, i) => first + i));
}
