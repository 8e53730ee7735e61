import { defineSeeder } from "pgsteward/seed";

const categories = [
  {
    slug: "getting-started",
    name: "Начало работы",
    icon: "rocket",
    articles: [
      { slug: "first-agent", title: "Первый агент", content: "Откройте раздел «Агенты», нажмите «Создать» и выберите модель.", tags: ["agents"] },
      { slug: "invite-team", title: "Пригласить команду", content: "Владелец и администраторы приглашают участников по e-mail.", tags: ["team"] },
    ],
  },
  {
    slug: "integrations",
    name: "Интеграции",
    icon: "plug",
    articles: [{ slug: "connect-crm", title: "Подключить CRM", content: "Поддерживаются amoCRM, Битрикс24, HubSpot, Pipedrive и Salesforce.", tags: ["crm"] }],
  },
];

/** The documentation of the product: it belongs to no organization. */
export default defineSeeder({
  category: "knowledge",
  productionSafe: true,
  async run(seed) {
    const rows = categories.map(({ slug, name, icon }, sort_order) => ({ organization_id: null, slug, name, icon, sort_order }));
    const made = await seed.upsert("knowledge_categories", rows, { key: ["organization_id", "slug"] });
    const articles = categories.flatMap((category, i) =>
      category.articles.map((article) => ({
        organization_id: null,
        category_id: made[i]?.id,
        status: "published",
        published_at: new Date("2026-01-01T00:00:00Z"),
        ...article,
        locale: "ru",
      })),
    );
    await seed.upsert("knowledge_articles", articles, { key: ["organization_id", "slug", "locale"] });
  },
  async validate({ session }) {
    const { rows } = await session.query("SELECT slug FROM knowledge_categories c WHERE organization_id IS NULL AND NOT EXISTS (SELECT FROM knowledge_articles a WHERE a.category_id = c.id)");
    return rows.map(({ slug }) => `the category ${slug} has no article`);
  },
});
