/** A third of the single changes. */
import { describeMutations } from "./mutations.ts";

describeMutations(0, 3);
