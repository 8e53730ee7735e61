import { changed } from "./corpus.ts";
import { testCases } from "./derive-cases.ts";

testCases("what is changed, renamed or taken away comes back", changed);
