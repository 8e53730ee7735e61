import type { Dataset } from "./dataset.ts";
import { demo } from "./demo.ts";
import { development } from "./development.ts";
import { staging } from "./staging.ts";
import { testing } from "./testing.ts";

/** Production starts with nobody. */
const production: Dataset = { users: [], groups: [] };

const datasets = { development, testing, staging, demo, production };

export const datasetOf = (environment: keyof typeof datasets): Dataset => datasets[environment];
