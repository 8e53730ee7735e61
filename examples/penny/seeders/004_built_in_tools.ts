import type { SeedContext } from "pgsteward/seed";

export const productionSafe = true;
export const category = "tools";

const object = (properties: Record<string, { type: string; description: string }>, required: string[]) => ({ type: "object", properties, required, additionalProperties: false });

export async function seedBuiltInTools(seed: SeedContext): Promise<void> {
  const tools = [
    {
      name: "web_search",
      display_name: "Web search",
      description: "Searches the web and answers with titles, addresses and excerpts",
      category: "search",
      input_schema: object({ query: { type: "string", description: "What to look for" }, limit: { type: "integer", description: "Most results" } }, ["query"]),
    },
    {
      name: "memory.search",
      display_name: "Memory search",
      description: "Finds what was said before, by meaning",
      category: "search",
      input_schema: object({ query: { type: "string", description: "What to remember" } }, ["query"]),
    },
    {
      name: "code.run",
      display_name: "Run code",
      description: "Runs a script in a sandbox and answers with its output",
      category: "code",
      input_schema: object({ language: { type: "string", description: "python or javascript" }, source: { type: "string", description: "The script" } }, ["language", "source"]),
      timeout_ms: 120_000,
      requires_confirmation: true,
    },
    {
      name: "artifact.create",
      display_name: "Create an artifact",
      description: "Stores a document, a chart or code as an artifact of the conversation",
      category: "artifacts",
      input_schema: object({ kind: { type: "string", description: "What it is" }, title: { type: "string", description: "Its title" }, content: { type: "string", description: "Its content" } }, ["kind", "title", "content"]),
    },
  ];
  await seed.upsert("tools", tools.map((tool) => ({ tenant_id: null, version: "1.0.0", ...tool })), { key: ["tenant_id", "name", "version"] });
}
