import { lossy, refused } from "./corpus.ts";
import { testCases } from "./derive-cases.ts";

testCases("what comes back without its data says so", lossy);
testCases("what has no inverse is refused, with the reason", refused);
