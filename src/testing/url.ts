/** The same server, another database. */

/** Also for URLs without a host, and for those that name the database in the query. */
export function urlOfDatabase(url: string, database: string): string {
  const [before = "", query] = url.split("?", 2);
  const [, server = before] = /^(\w+:\/\/[^/]*)/.exec(before) ?? [];
  const kept = (query ?? "").split("&").filter((part) => part !== "" && !part.startsWith("dbname="));
  return `${server}/${encodeURIComponent(database)}${kept.length === 0 ? "" : `?${kept.join("&")}`}`;
}
