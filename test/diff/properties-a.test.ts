/** Half of the seeds that every run of CI has. */
import { describeLaws } from "./properties.ts";

describeLaws(25, [20261120, 3016, 5205, 7029]);
