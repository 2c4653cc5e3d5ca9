/** Joining a local install by an invitation that names nobody: the link makes the user [ID18]. */
import { refuse, uuidv7, UUID_RANDOM_BYTES, type Result } from "../../model.ts";
import { acceptInvitation, isLocal, previewInvitation } from "../../orgs/service.ts";
import { PLATFORM_ORG_ID } from "../../tasks/rules.ts";
import type { InviteLogin, Visitor } from "../model.ts";
import { disableUser, insertUser } from "../store/identities.ts";
import { openSession, originOf, type Opened, type SessionPorts } from "./sessions.ts";

/**
 * A new user, a member by the invitation, and their first session.
 * Refusals: `not_found` where the installation is not local, `invite_invalid`, `invite_email_mismatch` for an invitation
 * that names somebody, `org_suspended`.
 */
export async function joinByName(
  ports: SessionPorts,
  { token, name }: InviteLogin,
  visitor: Visitor,
): Promise<Result<Opened>> {
  if (!isLocal(ports.env)) return refuse("not_found");
  const preview = await previewInvitation(ports, token);
  if (!preview.ok) return preview;
  if (preview.value.email !== null) return refuse("invite_email_mismatch");
  const userId = uuidv7(ports.now(), ports.random(UUID_RANDOM_BYTES));
  const user = { id: userId, name, email: null, emailVerified: false };
  await ports.sql.transaction({ user: userId }, (tx) => insertUser(tx, user, ports.now()));
  const origin = originOf(ports, { org: PLATFORM_ORG_ID, userId, name }, visitor);
  const joined = await acceptInvitation(ports, token, origin);
  if (!joined.ok) {
    // Somebody else was quicker: the user made for this try has no way in.
    await ports.sql.transaction({ user: userId }, (tx) => disableUser(tx, userId));
    return joined;
  }
  return openSession(ports, userId, visitor, "invitation");
}
