/** A fourth of the single changes. */
import { describeMutations } from "./mutations.ts";

describeMutations(0, 4);
