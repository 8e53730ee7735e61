/** Executes migrations statement by statement and writes down what each one did. */
import type { Row, Rows } from "../../core/engine.ts";
import { asStewardError, sqlstate } from "../../core/errors.ts";
import { lineOf, type Statement } from "../../core/sql-text.ts";
import type { MigrationFile } from "../file.ts";
import { boundsLeftBy, inTransaction } from "../replay.ts";
import { loadScript } from "../script.ts";
import { replaySettings, type Segment, segmentsOf } from "../segments.ts";
import type { BareKind } from "../statements.ts";
import { type Effects, noEffects, Sightings } from "./effects.ts";
import { outsideTransaction, withoutRebuild } from "./facts.ts";
import { beyond, guarded } from "./guarded.ts";
import type { Parse } from "./parse.ts";
import { isShared } from "./shared.ts";
import { everything, locked, type Sighting } from "./snapshot.ts";
import { begin, commit, forgetSettings, type Stage } from "./stage.ts";
import { noChanges, type SchemaChanges, watch, type Watch } from "./watch.ts";

/** What one statement of a migration did. Relations that the same transaction made are nobody's yet and are left out. */
export interface Trace extends Effects, SchemaChanges {
  /** The migration's name. */
  readonly file: string;
  readonly path: string;
  /** Of its first word in the file, from 1. */
  readonly line: number;
  /** Where it begins and ends in the text of the up section. */
  readonly start: number;
  readonly end: number;
  readonly statement: string;
  /** Statements of one transaction have the same number. */
  readonly transaction: number;
  /** Why it runs outside a transaction; null where it runs in one. */
  readonly bare: BareKind | null;
  /** The file asks for a transaction of its own for each statement. */
  readonly alone: boolean;
  /** Locks of every kind that the transaction held after it. */
  readonly lockCount: number;
  /** Why it was not executed; null where it was. */
  readonly unseen: string | null;
  /** What the server said where it failed. */
  readonly error: { readonly sqlstate: string; readonly message: string } | null;
}

const lockCount = "select count(*)::int4 as locks from pg_catalog.pg_locks l where l.pid = pg_catalog.pg_backend_pid()";

const outside = "it makes or drops what lies outside the database";
const afterFailure = "a statement before it failed";

/** Traces files in order, each committed as in earnest. After a failure the rest is named as unseen. */
export class Tracer {
  readonly traces: Trace[] = [];
  readonly #stage: Stage;
  readonly #parse: Parse;
  readonly #watch: Watch;
  /** Relations as the last transaction left them. */
  #known: readonly Sighting[] | undefined;
  #transaction = 0;
  #failed = false;

  private constructor(stage: Stage, parse: Parse, watching: Watch) {
    this.#stage = stage;
    this.#parse = parse;
    this.#watch = watching;
  }

  static async open(stage: Stage, parse: Parse): Promise<Tracer> {
    return new Tracer(stage, parse, await watch(stage.session, stage.ignoreSchemas));
  }

  /** A statement has failed: nothing is executed any more. */
  get failed(): boolean {
    return this.#failed;
  }

  async file(file: MigrationFile): Promise<void> {
    if (file.kind === "ts") return this.#script(file);
    for (const segment of segmentsOf(file.up, file.transaction)) await this.#segment(file, segment);
    await forgetSettings(this.#stage, file);
  }

  /** A script is one statement: what it did as a whole. */
  async #script(file: MigrationFile): Promise<void> {
    const where = { start: 0, end: file.up.text.length, text: file.up.text };
    await this.#inTransaction(async (sightings) => {
      await this.#one(file, undefined, where, sightings, async () => {
        await (await loadScript(file, "up")).run(this.#stage.session);
        return this.#stage.session.script(this.#look);
      });
    });
    await forgetSettings(this.#stage, file);
  }

  async #segment(file: MigrationFile, segment: Segment): Promise<void> {
    await this.#inTransaction(async (sightings) => {
      const settings = replaySettings(segment);
      if (settings !== "" && !this.#failed) await this.#stage.session.script(settings);
      for (const statement of segment.statements) await this.#statement(file, segment, statement, sightings);
    });
  }

  async #inTransaction(body: (sightings: Sightings) => Promise<void>): Promise<void> {
    this.#transaction++;
    if (this.#failed) return body(new Sightings([]));
    const { session } = this.#stage;
    const known = this.#known;
    this.#known = undefined;
    const results = await session.script(`${begin(this.#stage)} ${this.#watch.query}; ${known ? "" : everything}`);
    const sightings = new Sightings(known ?? sightingsOf(results.at(-1)));
    const from = this.traces.length;
    await body(sightings);
    await session
      .script(this.#failed ? "rollback" : `${this.#putAway} ${commit(this.#stage)}`)
      .catch((error: unknown) => this.#fail(error));
    if (this.#putAway !== "" && this.traces.slice(from).every(keepsTrack)) this.#known = sightings.carriedOver();
  }

  /** With the counters at zero nobody has to look at all relations again, which takes 15 ms for 600 tables. Before 15 they cannot be. */
  get #putAway(): string {
    return this.#stage.version >= 150_000 ? "select pg_catalog.pg_stat_force_next_flush();" : "";
  }

  /** Something else was done to the database. */
  lookAgain(): void {
    this.#known = undefined;
  }

  async #statement(file: MigrationFile, segment: Segment, statement: Statement, sightings: Sightings): Promise<void> {
    const { bare } = segment;
    const one = { ...segment, statements: [statement], text: statement.text, offset: statement.start };
    if (!this.#stage.alone && isShared(statement)) return this.#write(file, bare, statement, { unseen: beyond });
    if (bare === "create object" || bare === "drop object") return this.#write(file, bare, statement, { unseen: outside });
    const text = inTransaction(one, this.#stage.roles) + (this.#failed ? "" : await boundsLeftBy(this.#stage.session, one));
    const run = (): Promise<readonly Rows<Row>[] | string> => guarded(this.#stage, `${text}\n;\n${this.#look}`);
    await this.#one(file, bare, statement, sightings, run);
  }

  /** Locks and counters of the statement, then what event triggers told of it. */
  get #look(): string {
    return `${locked}; ${lockCount}; ${this.#watch.query}`;
  }

  async #one(
    file: MigrationFile,
    bare: BareKind | undefined,
    statement: Pick<Statement, "text" | "start" | "end">,
    sightings: Sightings,
    run: () => Promise<readonly Rows<Row>[] | string>,
  ): Promise<void> {
    if (this.#failed) return this.#write(file, bare, statement, { unseen: afterFailure });
    try {
      const results = await run();
      if (typeof results === "string") return this.#write(file, bare, statement, { unseen: results });
      const measured = sightings.step(sightingsOf(results.at(-3)));
      const lockCount = results.at(-2)?.rows[0]?.["locks"] as number;
      const changes = await this.#watch.read(results.slice(-1));
      const effects = this.#weighed(bare, statement.text, measured, sightings);
      this.#write(file, bare, statement, { ...effects, ...changes, lockCount });
    } catch (error) {
      this.#write(file, bare, statement, await this.#failure(bare, error, sightings));
    }
  }

  #weighed(bare: BareKind | undefined, text: string, measured: Effects, sightings: Sightings): Effects {
    const node = this.#parse(text);
    return bare === undefined
      ? withoutRebuild(node, measured)
      : outsideTransaction(bare, node, measured, [...sightings.relations.values()]);
  }

  /** What fails for want of an extension is unseen, not wrong. */
  async #failure(bare: BareKind | undefined, error: unknown, sightings: Sightings): Promise<Partial<Trace>> {
    const { message } = asStewardError(error);
    if (bare === "unknown" && sqlstate(error) === "2D000") return this.#takenBack("it commits by itself", sightings);
    if (this.#stage.missing.length > 0) return this.#takenBack(message, sightings);
    this.#failed = true;
    return { error: { sqlstate: sqlstate(error) ?? "", message } };
  }

  async #takenBack(unseen: string, sightings: Sightings): Promise<Partial<Trace>> {
    const { session, tolerant } = this.#stage;
    const results = await session.script(tolerant ? everything : `rollback; begin; ${everything}`);
    sightings.forget(sightingsOf(results.at(-1)));
    return { unseen };
  }

  /** A deferred constraint fails at the end of the transaction: that is the last statement's. */
  #fail(error: unknown): void {
    this.#failed = true;
    const last = this.traces.pop();
    if (last) this.traces.push({ ...last, error: { sqlstate: sqlstate(error) ?? "", message: asStewardError(error).message } });
  }

  #write(
    file: MigrationFile,
    bare: BareKind | undefined,
    { text, start, end }: Pick<Statement, "text" | "start" | "end">,
    did: Partial<Trace>,
  ): void {
    const where = {
      file: file.name,
      path: file.path,
      line: file.up.line + lineOf(file.up.text, start).line - 1,
      start,
      end,
      statement: text,
    };
    const how = { transaction: this.#transaction, bare: bare ?? null, alone: !file.transaction };
    this.traces.push({ ...where, ...how, ...noEffects, ...noChanges, lockCount: 0, unseen: null, error: null, ...did });
  }
}

/** A schema's new name changes relations that nobody locked; what was taken back left its counts behind. */
function keepsTrack({ unseen, error, altered }: Trace): boolean {
  return unseen === null && error === null && !altered.some(({ type }) => type === "schema");
}

function sightingsOf(result: Rows<Row> | undefined): Sighting[] {
  return (result?.rows ?? []) as Sighting[];
}
