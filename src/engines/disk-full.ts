/** A full disk, told from Node's failure to write. */
import { failure, type StewardError } from "../core/errors.ts";
import { engineErrors } from "./errors.ts";

/** ENGINE_DISK_FULL when that is what the error means; else undefined. */
export function diskFull(error: unknown, location: string): StewardError | undefined {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" ? failure(engineErrors, "ENGINE_DISK_FULL", { location }, { cause: error }) : undefined;
}
