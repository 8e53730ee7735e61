import type { SeedContext } from "pgsteward/seed";
import { idOf, sha256 } from "./_ids.ts";

export const environments = ["development", "testing", "demo"];
export const category = "samples";
export const after = ["007_sample_conversations"];

const artifacts = [
  { kind: "document", title: "Third quarter", tags: ["report"], versions: ["# Third quarter\n\nRevenue grew.", "# Third quarter\n\nRevenue grew by 12 %."] },
  { kind: "code", title: "Index on created_at", tags: ["sql"], versions: ["CREATE INDEX CONCURRENTLY ON messages (created_at);"] },
];

export async function seedSampleArtifacts(seed: SeedContext): Promise<void> {
  const { rows } = await seed.session.query("SELECT u.id, u.tenant_id FROM users u JOIN tenants t ON t.id = u.tenant_id WHERE t.slug = 'default' AND u.email = 'ada@penny.local'");
  const { id: created_by, tenant_id } = rows[0] as { id: string; tenant_id: string };
  const [collection] = await seed.upsert("artifact_collections", [{ id: idOf("collection", 0), tenant_id, created_by, name: "Samples" }], { key: ["id"] });
  for (const [n, { kind, title, tags, versions }] of artifacts.entries()) {
    const [artifact] = await seed.upsert(
      "artifacts",
      [{ id: idOf("artifact", n), tenant_id, created_by, conversation_id: idOf("conversation", n), kind, title, tags, latest_version: versions.length, visibility: "tenant" }],
      { key: ["id"] },
    );
    await seed.upsert(
      "artifact_versions",
      versions.map((content, i) => ({ tenant_id, artifact_id: artifact?.id, version_number: i + 1, content, checksum: sha256(content), size_bytes: Buffer.byteLength(content), created_by })),
      { key: ["tenant_id", "artifact_id", "version_number"] },
    );
    await seed.upsert("artifact_collection_items", [{ tenant_id, collection_id: collection?.id, artifact_id: artifact?.id, position: n }], { key: ["tenant_id", "collection_id", "artifact_id"] });
  }
}
