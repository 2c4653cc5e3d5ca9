/** What other capabilities need of organizations. */
import type { Sql } from "../adapters/sql.ts";
import type { OrgMembership } from "./model.ts";
import { listMemberships } from "./store.ts";

/** The organizations of a user, with the role in each. */
export const membershipsOf = (sql: Sql, userId: string): Promise<readonly OrgMembership[]> =>
  sql.transaction({ user: userId }, (tx) => listMemberships(tx, userId));
