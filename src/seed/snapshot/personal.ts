/** Which columns look personal: by name and type, and what would stand in for them. */
import { type Family, familyOf, type SnapshotKind, kindsOf } from "./kinds.ts";
import type { SnapshotRule } from "./spec.ts";
import type { SnapshotColumn, SnapshotTable } from "./shape.ts";

interface Sign {
  readonly name: RegExp;
  /** In tables of such names only. */
  readonly table?: RegExp;
  /** Of which families. Default: text and what may hold text. */
  readonly families?: readonly Family[];
  /** `place`: nothing that is made up would lie where it should. */
  readonly kind: SnapshotKind | "place";
}

const people =
  /user|person|people|customer|client|contact|member|employee|staff|patient|student|author|lead|profile|guest|subscriber|recipient|tenant_?admin|candidate|applicant|driver|passenger|participant|attendee/;
const textual: readonly Family[] = ["text", "json"];
const numeric: readonly Family[] = ["text", "number"];
const secret: readonly Family[] = ["text", "uuid", "bytea", "json"];

/** The first sign that fits decides. */
const signs: readonly Sign[] = [
  { name: /e_?mail|^mail$/, kind: "email" },
  {
    name: /password|passwd|passphrase|^pwd|secret|token|api_?key|access_?key|private_?key|secret_?key|encryption_?key/,
    families: secret,
    kind: "hash",
  },
  {
    name: /hash|credential|cookie|session_?(id|key)|^otp|_otp$|recovery_?code|backup_?code|(^|_)salt($|_)|signature|fingerprint/,
    families: secret,
    kind: "hash",
  },
  { name: /^(first|given|fore|middle|nick)_?names?$|^firstname|^initials$/, kind: "firstName" },
  { name: /^(last|sur|family|maiden|birth)_?name$|surname/, kind: "lastName" },
  { name: /user_?name|^login$|^handle$|screen_?name|^nick(name)?$/, kind: "username" },
  {
    name: /(full|display|contact|customer|person|real|legal|billing|shipping|recipient|sender|author|owner|holder|guardian|assignee|patient|guest|reviewer)_?name$/,
    kind: "name",
  },
  { name: /^name$|^(author|assignee|recipient|sender|reviewer|contact_?person|next_?of_?kin)$/, table: people, kind: "name" },
  { name: /^(author|assignee|contact_?person|next_?of_?kin)$/, kind: "name" },
  { name: /(^|_)ip($|_)|ip_?addr|remote_?addr|client_?ip/, families: ["text", "inet"], kind: "ip" },
  { name: /./, families: ["inet"], kind: "ip" },
  { name: /phone|mobile|^tel$|^cell$|(^|_)fax|whatsapp|msisdn|(^|_)sms(_number)?$/, families: numeric, kind: "phone" },
  { name: /mac_?addr|imei|device_?id|advertising_?id|serial_?number/, kind: "code" },
  { name: /user_?agent/, kind: "text" },
  { name: /birth|^dob$|deceased|death_?date|date_?of_?death/, families: ["text", "date"], kind: "date" },
  {
    name: /ssn|social_?sec|national_?(id|insurance)|passport|tax_?(id|number|no$|code)|(^|_)vat($|_)|iban|(^|_)bic$|swift|account_?(number|no$)|card_?(number|no$)|^pan$|(^|_)cv[vc]|licen[cs]e_?(number|no$|plate)|number_?plate|sort_?code|routing_?number|bank_?account|insurance_?(number|no$)|id_?card|personal_?(id|code|number)/,
    families: numeric,
    kind: "code",
  },
  { name: /street|address|addr_?line|^addr($|_)|house_?(number|no$)|apartment/, families: textual, kind: "address" },
  { name: /zip|post_?(al_?)?code/, families: numeric, kind: "code" },
  { name: /^(city|town|suburb)$|_(city|town)$/, kind: "city" },
  {
    name: /latitude|longitude|^l(at|ng|on|ong)$|_l(at|ng|on)$|^geo|coordinates|(^|_)location$|(^|_)position$|(^|_)point$/,
    families: ["number", "other"],
    kind: "place",
  },
  {
    name: /avatar|photo|picture|selfie|portrait|profile_?(image|pic|url)|linked_?in|twitter|facebook|instagram|github|homepage|personal_?(url|site)|website/,
    families: ["text", "bytea"],
    kind: "url",
  },
  {
    name: /gender|^sex$|religio|ethnic|nationality|marital|disabilit|diagnos|medical|health|allerg|blood_?(type|group)|sexual|politic|salary|income/,
    families: ["text", "number", "json"],
    kind: "text",
  },
  {
    name: /message|^bio$|biograph|about(_?me)?$|(^|_)notes?$|comment|remark|feedback|transcript|(^|_)memo$|^body$|_body$|prompt|(^|_)content$|(^|_)chat|question|answer|complaint|^cover_?letter/,
    kind: "text",
  },
  {
    name: /profile|metadata|(^|_)meta$|user_?data|identit|contact|personal|preference|attributes|payload|^raw|_raw$|extra|custom|headers|properties|claims|context|details|^data$|^info$/,
    families: ["json"],
    kind: "json",
  },
];

/** What would stand in for the column, where it looks personal. */
export function proposedRule(table: Pick<SnapshotTable, "name">, column: SnapshotColumn): SnapshotRule | undefined {
  if (column.generated || column.enumerated) return undefined;
  if (always.has(column.base)) return nothing(column);
  const family = textLike.has(column.base) ? "json" : familyOf(column);
  if (family === "other" && !(column.base in nowhere)) return undefined;
  const [name, of] = [snake(column.name), snake(table.name)];
  const sign = signs.find(
    (one) => (one.families ?? textual).includes(family) && one.name.test(name) && (one.table?.test(of) ?? true) && !counts(name, family),
  );
  return sign && ruleFor(sign.kind, column);
}

/** The words of a text, or a device: whatever the column is called. */
const always = new Set(["tsvector", "macaddr", "macaddr8"]);
/** Hold texts as json does. */
const textLike = new Set(["hstore", "xml"]);

/** Values that say nothing, of types that have no fakes. */
const nowhere: Readonly<Record<string, string>> = {
  point: "(0,0)",
  box: "(0,0),(0,0)",
  circle: "<(0,0),0>",
  path: "((0,0))",
  polygon: "((0,0))",
  lseg: "[(0,0),(0,0)]",
  line: "{1,0,0}",
  geometry: "POINT(0 0)",
  geography: "POINT(0 0)",
  macaddr: "02:00:00:00:00:00",
  macaddr8: "02:00:00:00:00:00:00:00",
};

function nothing(column: SnapshotColumn): SnapshotRule {
  if (!column.notNull) return "null";
  return { fixed: familyOf(column) === "number" ? 0 : (nowhere[column.base] ?? "") };
}

/** A number that counts or refers: `phone_id`, `message_count`. */
const counts = (name: string, family: Family): boolean =>
  family === "number" && /_(count|total|size|length|limit|version)$|(?<!tax|national|personal|device)_id$/.test(name);

const snake = (name: string): string => name.replace(/([a-z\d])([A-Z])/g, "$1_$2").toLowerCase();

function ruleFor(kind: SnapshotKind | "place", column: SnapshotColumn): SnapshotRule {
  if (kind === "place") return nothing(column);
  const fits = kindsOf[familyOf(column)];
  return fits.includes(kind) ? kind : (fits[0] ?? nothing(column));
}
