/** Half of the runs; raise the number for a longer search. */
import { describeLaws } from "./properties.ts";

describeLaws(25, 7);
