/** Every rule, in the order in which a person should read what they say of one statement. */
import type { Rule } from "./rule.ts";
import { allowReason, allowUnused } from "./allowed.ts";
import { deadlockOrder } from "./rules/deadlock-order.ts";
import { definerSearchPath } from "./rules/definer-search-path.ts";
import { dropColumn } from "./rules/drop-column.ts";
import { dropObject } from "./rules/drop-object.ts";
import { dropTable } from "./rules/drop-table.ts";
import { enumValueUsed } from "./rules/enum-value-used.ts";
import { extensionMissing } from "./rules/extension-missing.ts";
import { fails } from "./rules/fails.ts";
import { foreignKey } from "./rules/foreign-key.ts";
import { foreignKeyIndex } from "./rules/foreign-key-index.ts";
import { grantPublic } from "./rules/grant-public.ts";
import { indexBuild } from "./rules/index-build.ts";
import { intKey } from "./rules/int-key.ts";
import { ivfflatEmpty } from "./rules/ivfflat-empty.ts";
import { json } from "./rules/json.ts";
import { lastPolicy } from "./rules/last-policy.ts";
import { lockHeld } from "./rules/lock-held.ts";
import { lockTable } from "./rules/lock-table.ts";
import { noTransaction } from "./rules/no-transaction.ts";
import { notNullWithoutDefault } from "./rules/not-null-without-default.ts";
import { policyCheck } from "./rules/policy-check.ts";
import { rename } from "./rules/rename.ts";
import { rewrite } from "./rules/rewrite.ts";
import { rlsDisabled } from "./rules/rls-disabled.ts";
import { scanUnderLock } from "./rules/scan-under-lock.ts";
import { serverVersion } from "./rules/server-version.ts";
import { tenantRls } from "./rules/tenant-rls.ts";
import { timestamp } from "./rules/timestamp.ts";
import { truncate } from "./rules/truncate.ts";
import { unbatchedRows } from "./rules/unbatched-rows.ts";
import { unseen } from "./rules/unseen.ts";
import { vectorDimensions } from "./rules/vector-dimensions.ts";
import { viewInvoker } from "./rules/view-invoker.ts";

export const rules: readonly Rule[] = [
  fails,
  serverVersion,
  rewrite,
  indexBuild,
  foreignKey,
  scanUnderLock,
  lockHeld,
  lockTable,
  deadlockOrder,
  noTransaction,
  notNullWithoutDefault,
  unbatchedRows,
  truncate,
  dropTable,
  dropColumn,
  dropObject,
  rename,
  enumValueUsed,
  tenantRls,
  rlsDisabled,
  lastPolicy,
  policyCheck,
  viewInvoker,
  definerSearchPath,
  grantPublic,
  vectorDimensions,
  ivfflatEmpty,
  foreignKeyIndex,
  intKey,
  timestamp,
  json,
  extensionMissing,
  unseen,
  allowReason,
  allowUnused,
];
