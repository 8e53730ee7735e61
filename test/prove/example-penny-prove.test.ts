import { penny, testProve } from "./examples.ts";

testProve(penny);
