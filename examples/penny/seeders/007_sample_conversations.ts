import type { SeedContext } from "pgsteward/seed";
import { idOf } from "./_ids.ts";

export const environments = ["development", "testing", "demo"];
export const category = "samples";
export const after = ["003_sample_users"];

const conversations = [
  { title: "Quarterly report", by: "ada@penny.local", lines: ["Summarise the third quarter.", "Revenue grew by 12 %, mostly in Europe.", "Which country most?", "Germany, with 31 % of the growth."] },
  { title: "Slow query", by: "grace@penny.local", lines: ["Why is this query slow?", "It scans the whole table: an index on created_at would help."] },
];

export async function seedSampleConversations(seed: SeedContext): Promise<void> {
  const { rows: people } = await seed.session.query("SELECT u.id, u.email, u.tenant_id FROM users u JOIN tenants t ON t.id = u.tenant_id WHERE t.slug = 'default'");
  for (const [n, { title, by, lines }] of conversations.entries()) {
    const author = people.find(({ email }) => email === by) as { id: string; tenant_id: string };
    const [conversation] = await seed.upsert(
      "conversations",
      [{ id: idOf("conversation", n), tenant_id: author.tenant_id, user_id: author.id, title, model: "sample-1", visibility: "workspace" }],
      { key: ["id"] },
    );
    const started = Date.UTC(2026, 0, 5, 9, n);
    await seed.upsert(
      "messages",
      lines.map((content, i) => ({
        id: idOf(`message of ${n}`, i),
        tenant_id: author.tenant_id,
        conversation_id: conversation?.id,
        parent_id: i === 0 ? null : idOf(`message of ${n}`, i - 1),
        user_id: i % 2 === 0 ? author.id : null,
        role: i % 2 === 0 ? "user" : "assistant",
        content,
        created_at: new Date(started + i * 20_000),
      })),
      { key: ["id"] },
    );
  }
}
