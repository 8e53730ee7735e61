/**
 * One exchange with the server over pg's connection: what is sent, what comes back. It replaces pg's own Query because
 * that one settles at the error, before ReadyForQuery, and loses the command tags of the statements before the error.
 */
import type { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import type { Row, Rows } from "../core/engine.ts";
import { parserOf } from "../core/types.ts";

/** The part of pg's Connection that exchanges use; not in @types/pg. */
export interface Wire extends EventEmitter {
  readonly stream: Duplex;
  query(text: string): void;
  parse(message: { text: string }): void;
  bind(message: { values: readonly (string | null)[] }): void;
  describe(message: { type: "P" }): void;
  execute(message: Record<string, never>): void;
  sync(): void;
  sendCopyFromChunk(chunk: Uint8Array): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

/** What a COPY does with the wire; the other exchanges have none. */
export interface CopyPart {
  /** The server waits for data. */
  feed?(wire: Wire): void;
  /** The server sends data; the bytes are only valid during the call. */
  take?(chunk: Uint8Array, wire: Wire): void;
  /** The server has refused: what is still fed would end up in the next COPY. */
  stop?(): void;
}

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

/** One statement with parameters, over the extended protocol: exactly one statement, never two. */
export function statement(text: string, values: readonly (string | null)[]): Exchange {
  return new Exchange((wire) => {
    wire.stream.cork();
    wire.parse({ text });
    wire.bind({ values });
    wire.describe({ type: "P" });
    wire.execute({});
    wire.sync();
    wire.stream.uncork();
  }, refusingCopy);
}

/** The server, waiting for data, has swallowed the Sync: it needs another one to go on after the refusal. */
const refusingCopy: CopyPart = {
  feed: (wire) => {
    wire.sendCopyFail(refusal);
    wire.sync();
  },
};
const refusal = "COPY FROM STDIN goes through copyIn()";

/** Any number of statements in one message, over the simple protocol. */
export function message(text: string, copy?: CopyPart): Exchange {
  return new Exchange((wire) => wire.query(text), copy);
}

/** pg calls the `handle…` methods while the exchange is its active query. */
export class Exchange {
  readonly results: Rows<Row>[] = [];
  /** Command tags of the statements that completed. */
  readonly completed: string[] = [];
  /** The first thing that went wrong. */
  error: unknown;
  readonly #send: (wire: Wire) => void;
  readonly #copy: CopyPart;
  #names: string[] = [];
  #parsers: ((text: string) => unknown)[] = [];
  #rows: Row[] = [];

  constructor(send: (wire: Wire) => void, copy: CopyPart = {}) {
    this.#send = send;
    this.#copy = copy;
  }

  submit(wire: Wire): null {
    this.#send(wire);
    return null;
  }

  handleRowDescription({ fields }: { fields: readonly Field[] }): void {
    this.#names = fields.map(({ name }) => name);
    this.#parsers = fields.map(({ dataTypeID }) => parserOf(dataTypeID));
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    const row: Row = {};
    try {
      for (let i = 0; i < fields.length; i++) {
        const text = fields[i] as string | null;
        row[this.#names[i] as string] = text === null ? null : (this.#parsers[i] as (text: string) => unknown)(text);
      }
    } catch (error) {
      // Thrown inside pg's parser it would take the whole connection down.
      this.error ??= error;
    }
    this.#rows.push(row);
  }

  handleCommandComplete({ text }: { text: string }): void {
    const [command = ""] = text.split(" ", 1);
    const count = Number(/ (\d+)$/.exec(text)?.[1] ?? 0);
    this.completed.push(text.replace(/( \d+)+$/, ""));
    this.results.push({ rows: this.#rows, count, command });
    this.#rows = [];
  }

  handleError(error: unknown): void {
    this.#copy.stop?.();
    this.error ??= error;
  }

  handleCopyInResponse(wire: Wire): void {
    if (this.#copy.feed) this.#copy.feed(wire);
    else wire.sendCopyFail(refusal);
  }

  handleCopyData({ chunk }: { chunk: Uint8Array }, wire: Wire): void {
    this.#copy.take?.(chunk, wire);
  }

  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleReadyForQuery(): void {}
}
