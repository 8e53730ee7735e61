import type { SeedContext } from "pgsteward/seed";

export const productionSafe = true;
export const category = "flags";

/** Flags with what they mean. Whether one is on is the operators' to say once it exists. */
export async function seedFeatureFlags(seed: SeedContext): Promise<void> {
  await seed.upsert(
    "feature_flags",
    [
      { key: "artifacts", description: "Artifacts beside the conversation", is_enabled: true },
      { key: "memory", description: "Long-term memory with embeddings", is_enabled: true, rollout_percentage: 100 },
      { key: "code-execution", description: "The tool code.run", is_enabled: false },
      { key: "new-editor", description: "The collaborative editor", is_enabled: true, rollout_percentage: 10, rules: [{ plan: "team" }] },
    ],
    { key: ["key"], update: false },
  );
}
