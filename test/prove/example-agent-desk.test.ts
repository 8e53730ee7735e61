import { agentDesk, testDerive, testProve } from "./examples.ts";

testProve(agentDesk);
testDerive(agentDesk);
