/** Finding: one judgement. Nothing is judged except as findings: status, validate, lint, check, doctor all return them. */

export type Severity = "error" | "warning" | "info";

export interface Finding {
  readonly severity: Severity;
  /** Stable, for programs: `MIGRATE_CHANGED`. */
  readonly code: string;
  /** What it is about: a migration's name, `table public.users`, a setting. */
  readonly object?: string;
  /** One sentence. */
  readonly message: string;
  /** The way out: one imperative sentence or the exact command. */
  readonly hint?: string;
  /** Facts for machines. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

export function finding(
  severity: Severity,
  code: string,
  object: string,
  message: string,
  hint?: string,
  facts?: Finding["facts"],
): Finding {
  return { severity, code, object, message, ...(hint === undefined ? {} : { hint }), ...(facts === undefined ? {} : { facts }) };
}

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === "error");
}

/** What an operation that judges returns; `ok` decides the exit code (0 or 1). */
export interface Report<D> {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  readonly data: D;
}
