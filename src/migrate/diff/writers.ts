/** Which writer writes what, and in which order things are made where nothing else decides. */
import { comment, defaultPrivilege, grant } from "./ddl-access.ts";
import { column, columnDefault, ownership, sequence } from "./ddl-columns.ts";
import {
  accessMethod,
  eventTrigger,
  extension,
  foreignDataWrapper,
  foreignServer,
  language,
  publication,
  publicationMember,
  schema,
  subscription,
} from "./ddl-database.ts";
import { constraint, index, policy, rule, statistics, trigger } from "./ddl-parts.ts";
import {
  clustering,
  indexAttachment,
  inheritance,
  materializedView,
  partition,
  replicaIdentity,
  table,
  toastOptions,
  typing,
  view,
} from "./ddl-relations.ts";
import { aggregate, cast, operator, operatorClass, operatorFamily, routine, transform } from "./ddl-routines.ts";
import {
  collation,
  conversion,
  domain,
  searchConfiguration,
  searchDictionary,
  searchParser,
  searchTemplate,
  shellType,
  type,
} from "./ddl-types.ts";
import type { Writer } from "./ddl.ts";
import type { ObjectKind } from "./schema.ts";

/** In the order of making. */
export const writers: Readonly<Record<ObjectKind, Writer>> = {
  schema,
  extension,
  language,
  "access method": accessMethod,
  "foreign data wrapper": foreignDataWrapper,
  "foreign server": foreignServer,
  collation,
  conversion,
  "text search parser": searchParser,
  "text search template": searchTemplate,
  "text search dictionary": searchDictionary,
  "text search configuration": searchConfiguration,
  "shell type": shellType,
  type,
  domain,
  sequence,
  table,
  "foreign table": table,
  column,
  default: columnDefault,
  ownership,
  constraint,
  index,
  inheritance,
  typing,
  "toast options": toastOptions,
  partition,
  "index attachment": indexAttachment,
  "replica identity": replicaIdentity,
  clustering,
  statistics,
  function: routine,
  aggregate,
  operator,
  "operator family": operatorFamily,
  "operator class": operatorClass,
  cast,
  transform,
  view,
  "materialized view": materializedView,
  rule,
  trigger,
  policy,
  publication,
  "publication member": publicationMember,
  subscription,
  grant,
  comment,
  "event trigger": eventTrigger,
  "default privilege": defaultPrivilege,
};

const ranks: ReadonlyMap<string, number> = new Map(Object.keys(writers).map((kind, i) => [kind, i]));

export function rankOf(kind: ObjectKind): number {
  return ranks.get(kind) ?? 0;
}
