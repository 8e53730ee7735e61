/** A fourth of the single changes. */
import { describeMutations } from "./mutations.ts";

describeMutations(2, 4);
