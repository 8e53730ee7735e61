/** The command line: reads arguments, runs one operation, prints what it says. The only place that prints and exits. */
import { dirname, join, resolve } from "node:path";
import { asStewardError, coreErrors, failure, type StewardError } from "../core/errors.ts";
import { toolVersion } from "../core/version.ts";
import type { PsqlResult } from "../db/index.ts";
import { type Command, parseCommand } from "./arguments.ts";
import { createPrinter, type Printer } from "./printer.ts";

/** Runs the command line and sets the process's exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const printer = createPrinter(argv.includes("--json"), process.env);
  quietWarnings();
  // A reader that has gone away (`| head`) must not end a migration in its middle.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  try {
    process.exitCode = await run(argv, printer);
  } catch (error) {
    process.exitCode = fail(asStewardError(error), printer);
  }
}

/** What Node says about stripping the types of a configuration is nothing that its reader can act on here. */
function quietWarnings(): void {
  const [report] = process.listeners("warning");
  if (!report) return;
  process.removeListener("warning", report).on("warning", (warning: Error & { readonly code?: string }) => {
    if (warning.name !== "ExperimentalWarning" && warning.code !== "MODULE_TYPELESS_PACKAGE_JSON") report(warning);
  });
}

function fail(error: StewardError, printer: Printer): number {
  printer.error(error);
  if (process.env["PGSTEWARD_DEBUG"]) process.stderr.write(`${error.stack}\n${error.cause instanceof Error ? error.cause.stack : ""}\n`);
  return error.exit;
}

async function run(argv: readonly string[], printer: Printer): Promise<number> {
  const command = await parseCommand(argv);
  switch (command.kind) {
    case "version":
      printer.out(toolVersion);
      return 0;
    case "help":
      printer.out(await (await import("./help.ts")).help(command.room, command.operation));
      return 0;
    case "completion":
      printer.out(await (await import("./completion.ts")).completion(command.shell));
      return 0;
    case "run":
      return perform(command, printer);
  }
}

async function perform(command: Extract<Command, { kind: "run" }>, printer: Printer): Promise<number> {
  const { operation, flags } = command;
  printer.begin(operation.name);
  const { createSteward } = await import("../steward.ts");
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort(failure(coreErrors, "INTERRUPTED"));
  process.once("SIGINT", stop).once("SIGTERM", stop);
  await loadDotEnv(flags.cwd, flags.config);
  const steward = await createSteward({
    cwd: flags.cwd,
    configFile: flags.config,
    overrides: command.settings,
    onEvent: printer.event,
    signal: interrupt.signal,
  });
  try {
    const answer = await steward.run(operation, command.input, {
      dryRun: flags.dryRun,
      yes: flags.yes,
      confirm: flags.confirm,
      plan: flags.plan,
      ask: process.stdin.isTTY ? (await import("./ask.ts")).asker(flags) : undefined,
    });
    if (operation.name === "db psql" && !flags.json) return await (await import("./psql.ts")).runPsql(answer as PsqlResult);
    return await printer.answer(operation, answer, flags, steward.target);
  } finally {
    await steward.close();
    process.removeListener("SIGINT", stop).removeListener("SIGTERM", stop);
  }
}

/** Of the working directory, then of the project around it; what is set already wins. */
async function loadDotEnv(cwd: string, config: string | undefined): Promise<void> {
  const { findConfigFile } = await import("../core/config.ts");
  const file = findConfigFile({ cwd, file: config });
  for (const dir of new Set([resolve(cwd), ...(file === undefined ? [] : [dirname(file)])])) {
    try {
      process.loadEnvFile(join(dir, ".env"));
    } catch {
      // Most projects have none.
    }
  }
}
