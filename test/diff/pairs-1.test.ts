/** A third of the hand-written pairs, on the native server. */
import { describePairs } from "./pairs.ts";

describePairs(1, 3);
