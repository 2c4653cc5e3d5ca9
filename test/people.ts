/** More people for tests of the control plane: users beside the first one, members of organizations, their sessions. */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { ORIGIN, post, signedIn, type SignedIn, type TestPlatform } from "./platform.ts";

export interface Person extends SignedIn {
  readonly userId: string;
}

/** A user that exists, with a verified address if one is given. */
export async function addUser(
  platform: TestPlatform,
  name: string,
  email: string | null = null,
): Promise<string> {
  const id = randomUUID();
  await platform.db.as("superuser")`insert into platform.users (id, name, email, email_verified)
    values (${id}, ${name}, ${email}, ${email !== null})`;
  return id;
}

export async function addMember(
  platform: TestPlatform,
  orgId: string,
  userId: string,
  role: string,
): Promise<void> {
  await platform.db.as(
    "superuser",
  )`insert into platform.memberships (org_id, user_id, role, created_at)
    values (${orgId}, ${userId}, ${role}, ${new Date(platform.clock.now).toISOString()})`;
}

/** An organization that is simply there. */
export async function addOrg(platform: TestPlatform, slug: string): Promise<string> {
  const id = randomUUID();
  await platform.db.as("superuser")`insert into platform.orgs (id, slug, name)
    values (${id}, ${slug}, ${slug})`;
  return id;
}

/** Signs a user in by a link made for them, in `orgId` if one is named. */
export async function signIn(
  platform: TestPlatform,
  userId: string,
  orgId?: string,
): Promise<Person> {
  const token = randomBytes(32);
  await platform.db.as(
    "superuser",
  )`insert into platform.link_tokens (hash, purpose, user_id, expires_at)
    values (${createHash("sha256").update(token).digest()}, 'login', ${userId}, ${new Date(platform.clock.now + 60_000).toISOString()})`;
  const opened = await signedIn(
    platform,
    await platform.send("/api/v1/auth/link", post({ token: token.toString("base64url") })),
  );
  if (orgId === undefined || opened.orgId === orgId) return { ...opened, userId };
  const refreshed = await platform.send(
    "/api/v1/auth/refresh",
    post({ org_id: orgId }, { cookie: opened.cookie, origin: ORIGIN }),
  );
  return { ...(await signedIn(platform, refreshed)), userId };
}

/** A new user with a role in the organization, signed in there. */
export async function newMember(
  platform: TestPlatform,
  orgId: string,
  role: string,
): Promise<Person> {
  const userId = await addUser(platform, role);
  await addMember(platform, orgId, userId, role);
  return signIn(platform, userId, orgId);
}
