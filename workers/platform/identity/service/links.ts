/** Single-use links of a local install: the first setup, and signing in again. */
import { fromBase64url, sha256, toBase64url } from "../../adapters/bytes.ts";
import { configurationOf } from "../../adapters/configuration.ts";
import { appendAudit } from "../../audit/service.ts";
import { done, refuse, uuidv7, UUID_RANDOM_BYTES, type Result } from "../../model.ts";
import { slugOf } from "../../orgs/rules.ts";
import { LOGIN_LINK_MS, SETUP_LINK_MS, type Setup, type Visitor } from "../model.ts";
import { claimSetup, putLink, putLinkFor, takeLogin, type LinkPurpose } from "../store/links.ts";
import { openSession, originOf, type Opened, type SessionPorts } from "./sessions.ts";

const TOKEN_BYTES = 32;

export interface MadeLink {
  readonly url: string;
  readonly expires_at: string;
}

/** The console page that redeems each kind of link. */
const LINK_PAGES = { setup: "/setup", login: "/link" } as const satisfies Record<
  LinkPurpose,
  string
>;

/**
 * A new link; the token stands in the fragment, which no server and no log ever sees.
 * Refusals: `setup_done` for a setup link once a user exists; for a sign-in link `not_found` before, or when `who` is
 * the address or name of nobody or of several, and `forbidden` on an https issuer [ID13].
 *
 * @param who whom a sign-in link is for; the first owner when left out
 */
export async function makeLink(
  ports: SessionPorts,
  purpose: LinkPurpose,
  who?: string,
): Promise<Result<MadeLink>> {
  if (purpose === "login" && configurationOf(ports.env).issuer.startsWith("https:"))
    return refuse("forbidden", { detail: "On https users sign in at a provider." });
  const token = new Uint8Array(ports.random(TOKEN_BYTES));
  const expiresAt = ports.now() + (purpose === "setup" ? SETUP_LINK_MS : LOGIN_LINK_MS);
  const hash = await sha256(token);
  const put = await ports.sql.transaction({ none: true }, (tx) =>
    who === undefined
      ? putLink(tx, hash, purpose, expiresAt)
      : putLinkFor(tx, hash, who, expiresAt),
  );
  if (!put) return refuse(purpose === "setup" ? "setup_done" : "not_found");
  return done({
    url: `${configurationOf(ports.env).issuer}${LINK_PAGES[purpose]}#t=${toBase64url(token)}`,
    expires_at: new Date(expiresAt).toISOString(),
  });
}

/** The first user and organization, and their first session. Refusals: `setup_done`, `setup_token_invalid`. */
export async function setUp(
  ports: SessionPorts,
  setup: Setup,
  visitor: Visitor,
): Promise<Result<Opened>> {
  const token = fromBase64url(setup.token);
  if (token?.length !== TOKEN_BYTES) return refuse("setup_token_invalid");
  const now = ports.now();
  const userId = uuidv7(now, ports.random(UUID_RANDOM_BYTES));
  const claim = {
    hash: await sha256(token),
    userId,
    name: setup.name,
    email: setup.email ?? null,
    orgId: uuidv7(now, ports.random(UUID_RANDOM_BYTES)),
    orgSlug: slugOf(setup.org_name),
    orgName: setup.org_name,
  };
  const { orgId: org, name } = claim;
  const answer = await ports.sql.transaction({ org, user: userId }, async (tx) => {
    const claimed = await claimSetup(tx, claim, now);
    if (claimed !== "claimed") return claimed;
    await appendAudit(tx, {
      ...originOf(ports, { org, userId, name }, visitor),
      action: "org.create",
      resource: "org",
      changes: { tier: { before: null, after: SETUP_TIER } },
    });
    return claimed;
  });
  return answer === "claimed" ? openSession(ports, userId, visitor, "setup") : refuse(answer);
}

/** As `claim_setup` gives it to the organization of the first setup [C44]. */
const SETUP_TIER = "self_hosted";

/** A session for a sign-in link. Refusal: `link_invalid` if it is unknown, used or old. */
export async function logInByLink(
  ports: SessionPorts,
  text: string,
  visitor: Visitor,
): Promise<Result<Opened>> {
  const token = fromBase64url(text);
  if (token?.length !== TOKEN_BYTES) return refuse("link_invalid");
  const hash = await sha256(token);
  const userId = await ports.sql.transaction({ none: true }, (tx) =>
    takeLogin(tx, hash, ports.now()),
  );
  return userId === undefined
    ? refuse("link_invalid")
    : openSession(ports, userId, visitor, "link");
}
