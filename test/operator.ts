/** The operator of a launched install: sets limits of its organizations, for suites that need other ones. */
import { z } from "zod";
import { PLATFORM_ORG_ID } from "../workers/platform/tasks/rules.ts";
import type { Launch } from "./launcher.ts";

const Link = z.object({ url: z.url() });
const Session = z.object({ access_token: z.string() });
const Org = z.object({ id: z.uuid() });

export interface Operator {
  /** A token of the organization that runs the installation. */
  readonly token: string;
  /** Overrides limits of an organization; null is unlimited. */
  setLimits(orgId: string, limits: Readonly<Record<string, number | null>>): Promise<void>;
}

type Product = Pick<Launch, "api" | "launcherToken" | "token">;

/** Signs in as the operator of the installation, who is its first owner; the setup must be done. */
export async function operatorOf(product: Product): Promise<Operator> {
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(product.api + path, {
      method: "POST",
      headers: { "content-type": "application/json", origin: product.api, ...headers },
      body: JSON.stringify(body),
    });
  const launcher = { authorization: `Bearer ${product.launcherToken}` };
  const link = Link.parse(await jsonOf(await post("/internal/v1/local/login-link", {}, launcher)));
  const token = new URL(link.url).hash.replace(/^#t=/, "");
  const signedIn = await post("/api/v1/auth/link", { token });
  await jsonOf(signedIn);
  const cookie = signedIn.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");
  const switched = await post(
    "/api/v1/auth/refresh",
    { org_id: PLATFORM_ORG_ID },
    { cookie: cookie.join("; ") },
  );
  const { access_token: own } = Session.parse(await jsonOf(switched));
  return {
    token: own,
    setLimits: async (orgId, limits) => {
      for (const [name, value] of Object.entries(limits)) {
        const answer = await fetch(`${product.api}/api/v1/admin/orgs/${orgId}/limits/${name}`, {
          method: "PUT",
          headers: { "content-type": "application/json", authorization: `Bearer ${own}` },
          body: JSON.stringify({ value }),
        });
        if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
      }
    },
  };
}

/** The organization of the owner's session. */
export async function orgOf(product: Product): Promise<string> {
  const headers = { authorization: `Bearer ${await product.token()}` };
  return Org.parse(await jsonOf(await fetch(`${product.api}/api/v1/org`, { headers }))).id;
}

async function jsonOf(answer: Response): Promise<unknown> {
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
