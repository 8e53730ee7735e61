import { penny, testDerive } from "./examples.ts";

testDerive(penny);
