import { made } from "./corpus.ts";
import { testCases } from "./derive-cases.ts";

testCases("what is new goes", made);
