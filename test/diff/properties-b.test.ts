/** The other half. */
import { describeLaws } from "./properties.ts";

describeLaws(25, [7, 5000, 5100, 8007]);
