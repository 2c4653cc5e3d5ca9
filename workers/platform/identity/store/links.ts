/** Single-use links, stored as hashes; only SECURITY DEFINER functions reach them [TN4]. */
import { textOrNull } from "../../adapters/rows.ts";
import type { Tx } from "../../adapters/sql.ts";
import type { Instant } from "../../model.ts";

export type LinkPurpose = "setup" | "login";

const iso = (at: Instant): string => new Date(at).toISOString();

/** False when such a link makes no sense now: setup is done, or there is nobody to sign in. */
export async function putLink(
  tx: Tx,
  hash: Uint8Array,
  purpose: LinkPurpose,
  expiresAt: Instant,
): Promise<boolean> {
  const [row] = await tx.query("select platform.put_link($1, $2, $3) as put", [
    hash,
    purpose,
    iso(expiresAt),
  ]);
  return row?.["put"] === true;
}

/** A sign-in link for the one active user with this address or name; false when there is none, or more than one. */
export async function putLinkFor(
  tx: Tx,
  hash: Uint8Array,
  who: string,
  expiresAt: Instant,
): Promise<boolean> {
  const [row] = await tx.query("select platform.put_link_for($1, $2, $3) as put", [
    hash,
    who,
    iso(expiresAt),
  ]);
  return row?.["put"] === true;
}

/** The user a link signs in; undefined if it is unknown, used or old. Works once. */
export async function takeLogin(
  tx: Tx,
  hash: Uint8Array,
  now: Instant,
): Promise<string | undefined> {
  const [row] = await tx.query("select platform.take_link($1, 'login', $2) as user_id", [
    hash,
    iso(now),
  ]);
  return row === undefined ? undefined : (textOrNull(row, "user_id") ?? undefined);
}

export interface Claim {
  readonly hash: Uint8Array;
  readonly userId: string;
  readonly name: string;
  readonly email: string | null;
  readonly orgId: string;
  readonly orgSlug: string;
  readonly orgName: string;
}

export type ClaimAnswer = "claimed" | "setup_done" | "setup_token_invalid";

/** Makes the first user and organization; of two claims at once one wins [ID12]. */
export async function claimSetup(tx: Tx, claim: Claim, now: Instant): Promise<ClaimAnswer> {
  const [row] = await tx.query(
    "select platform.claim_setup($1, $2, $3, $4, $5, $6, $7, $8) as answer",
    [
      claim.hash,
      iso(now),
      claim.userId,
      claim.name,
      claim.email,
      claim.orgId,
      claim.orgSlug,
      claim.orgName,
    ],
  );
  const answer = row?.["answer"];
  return answer === "claimed" || answer === "setup_done" ? answer : "setup_token_invalid";
}
