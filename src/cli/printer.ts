/**
 * What people and programs see. Results go to stdout, everything else to stderr; with `--json` stdout holds exactly one
 * document. No colour and no animation where the stream is no terminal.
 */
import type { styleText as StyleText } from "node:util";
import type { StewardError } from "../core/errors.ts";
import type { StewardEvent } from "../core/events.ts";
import { type Finding, hasErrors, type Report } from "../core/finding.ts";
import type { Target } from "../core/guard.ts";
import type { AnyOperation, Outcome } from "../core/operation.ts";
import type { GlobalFlags } from "./arguments.ts";

export interface Printer {
  /** Names the operation that everything after belongs to. */
  begin(operation: string): void;
  out(text: string): void;
  event(event: StewardEvent): void;
  error(error: StewardError): void;
  /** Prints an operation's answer; resolves to the exit code. */
  answer(operation: AnyOperation, answer: unknown, flags: GlobalFlags, target: Target): Promise<number>;
}

// Taken this way because an import reads every export of it: 3 ms CPU of each start.
const { styleText } = process.getBuiltinModule("node:util");

type Style = Parameters<typeof StyleText>[0];
export type Paint = (style: Style, text: string) => string;

export function createPrinter(json: boolean, env: Readonly<Record<string, string | undefined>>): Printer {
  const { stdout, stderr } = process;
  const quiet = process.argv.includes("--quiet") || process.argv.includes("-q");
  const painter = (stream: NodeJS.WriteStream): Paint => {
    const plain = !stream.isTTY || env["NO_COLOR"] !== undefined || env["TERM"] === "dumb";
    return (style, text) => (plain ? text : styleText(style, text, { validateStream: false }));
  };
  const paint = painter(stderr);
  const live = stderr.isTTY && !json;
  const line = (text: string): void => void stderr.write(`${live ? "\r\x1b[2K" : ""}${text}\n`);

  let operation: string | undefined;
  let target: Target | undefined;

  const event = (event: StewardEvent): void => {
    if (event.type === "target") target = event.target;
    if (quiet && event.type !== "note") return;
    switch (event.type) {
      case "target":
        return line(paint("dim", `target  ${describeTarget(event.target)}`));
      case "note":
        return line(event.level === "warning" ? `${paint("yellow", "!")} ${event.message}` : paint("dim", event.message));
      case "wait":
        return line(`${paint("yellow", "…")} ${event.message}`);
      case "step":
        if (event.phase === "done") line(`${paint("green", "✓")} ${event.title}`);
        else if (live) stderr.write(`\r\x1b[2K${bar(event.index, event.total)} ${event.title}`);
        return;
      case "progress":
        if (live) stderr.write(`\r\x1b[2K${bar(event.done, event.total)} ${event.title} ${event.done}/${event.total} ${event.unit}`);
        return;
    }
  };

  return {
    begin(name) {
      operation = name;
    },
    out: (text) => {
      if (json) stdout.write(`${JSON.stringify({ ok: true, result: text }, null, 2)}\n`);
      else stdout.write(text.endsWith("\n") ? text : `${text}\n`);
    },
    event,
    error(error) {
      if (json) stdout.write(`${JSON.stringify({ ok: false, operation, target, error: error.toJSON() }, jsonValue, 2)}\n`);
      else line(describeError(error, paint));
    },
    async answer(operation, answer, flags, target) {
      const code = exitCode(operation, answer);
      if (json) stdout.write(`${JSON.stringify(envelope(operation, answer, target, flags, code), jsonValue, 2)}\n`);
      else if (operation.kind === "change" && !flags.dryRun && !(answer as Outcome<unknown>).applied) {
        for (const found of findingsOf(answer)) line(describeFinding(found, paint));
        stdout.write(`${(await import("./nothing.ts")).nothing[operation.name] ?? "nothing to do"}\n`);
      } else {
        const { render, showFindings } = await import("./render.ts");
        if (!showFindings.has(operation.name)) for (const found of findingsOf(answer)) line(describeFinding(found, paint));
        const text = render(operation, answer, flags, painter(stdout));
        if (text !== "") stdout.write(`${text}\n`);
      }
      return code;
    },
  };
}

export function describeTarget({ engine, location, database, environment }: Target): string {
  return `${engine}, ${location}/${database}, ${environment}`;
}

function exitCode({ kind }: AnyOperation, answer: unknown): number {
  if (kind === "judge") return (answer as Report<unknown>).ok ? 0 : 1;
  return kind === "change" && failedToVerify(answer as Outcome<unknown>) ? 1 : 0;
}

/** What was found after the last step; the plan's own findings were known before and did not stop it. */
function failedToVerify({ findings, plan }: Outcome<unknown>): boolean {
  return hasErrors(findings.filter((found) => !plan.findings.includes(found)));
}

function findingsOf(answer: unknown): readonly Finding[] {
  return (answer as { findings?: readonly Finding[] } | null | undefined)?.findings ?? [];
}

/** The one envelope of every command. */
function envelope(operation: AnyOperation, answer: unknown, target: Target, flags: GlobalFlags, code: number): Record<string, unknown> {
  const head = { ok: code === 0, operation: operation.name, target };
  if (operation.kind === "act") return { ...head, findings: findingsOf(answer), result: answer };
  if (operation.kind === "judge")
    return { ...head, findings: (answer as Report<unknown>).findings, result: (answer as Report<unknown>).data };
  const { plan, applied, result, findings, durationMs } = answer as Outcome<unknown>;
  const steps = plan.steps.map(({ title, transaction, sql }) => ({ title, transaction, ...(flags.dryRun ? { sql } : {}) }));
  return { ...head, dryRun: flags.dryRun, applied, plan: { title: plan.title, hash: plan.hash, steps }, findings, result, durationMs };
}

function jsonValue(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

const symbols = { error: ["red", "✗"], warning: ["yellow", "!"], info: ["cyan", "i"] } as const;

function describeFinding({ severity, object, message, hint }: Finding, paint: Paint): string {
  const [colour, symbol] = symbols[severity];
  return `${paint(colour, symbol)} ${object === undefined ? "" : `${object} `}${message}${hint === undefined ? "" : paint("dim", `\n  ${hint}`)}`;
}

function describeError({ message, detail, hint, database, code }: StewardError, paint: Paint): string {
  const lines = [`${paint("red", "error")} ${message}`];
  if (detail) lines.push(...detail.split("\n").map((text) => `  ${text}`));
  if (hint) lines.push(`  ${paint("cyan", "→")} ${hint}`);
  lines.push(paint("dim", `  ${code} · database ${database}`));
  return lines.join("\n");
}

function bar(done: number, total: number): string {
  const width = 20;
  const full = total === 0 ? width : Math.round((done / total) * width);
  return `${"█".repeat(full)}${"░".repeat(width - full)} ${String(done).padStart(String(total).length)}/${total}`;
}
