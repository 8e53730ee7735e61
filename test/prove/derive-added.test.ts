import { added } from "./corpus.ts";
import { testCases } from "./derive-cases.ts";

testCases("what is added to something goes, and that stays as it was", added);
