/** What happens while an operation runs, told to whoever listens: the CLI prints it, the HTTP app streams it, a library user may ignore it. */
import type { Target } from "./guard.ts";

export type StewardEvent =
  | { readonly type: "target"; readonly target: Target }
  | { readonly type: "note"; readonly level: "info" | "warning"; readonly message: string }
  | { readonly type: "wait"; readonly message: string }
  | { readonly type: "step"; readonly phase: "start" | "done"; readonly index: number; readonly total: number; readonly title: string }
  | { readonly type: "progress"; readonly title: string; readonly done: number; readonly total: number; readonly unit: string };

export type Listener = (event: StewardEvent) => void;

/** Reports how far a long step is. */
export type Progress = (done: number, total: number, unit: string) => void;
