/** Limits of a measured install: a load generator asks more in a minute than a user may. */
import { z } from "zod";
import { PLATFORM_ORG_ID } from "../workers/platform/tasks/rules.ts";
import { jsonOf, type Product } from "./product.ts";

const Link = z.object({ url: z.url() });
const Session = z.object({ access_token: z.string() });
const Org = z.object({ id: z.uuid() });

export interface Operator {
  /** A token of the organization that runs the installation. */
  readonly token: string;
  /** Overrides limits of an organization; null is unlimited. */
  setLimits(orgId: string, limits: Readonly<Record<string, number | null>>): Promise<void>;
}

/** Signs in as the operator of the installation, who is its first owner. */
export async function operatorOf(product: Product): Promise<Operator> {
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const sent = { "content-type": "application/json", origin: product.api, ...headers };
    return fetch(product.api + path, {
      method: "POST",
      headers: sent,
      body: JSON.stringify(body),
    });
  };
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
  const session = Session.parse(await jsonOf(switched));
  return {
    token: session.access_token,
    setLimits: async (orgId, limits) => {
      for (const [name, value] of Object.entries(limits)) {
        const answer = await fetch(`${product.api}/api/v1/admin/orgs/${orgId}/limits/${name}`, {
          method: "PUT",
          headers: {
            "content-type": "application/json",
            authorization: `Bearer ${session.access_token}`,
          },
          body: JSON.stringify({ value }),
        });
        if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
      }
    },
  };
}

export const orgOf = async (product: Product): Promise<string> =>
  Org.parse(await jsonOf(await product.call("/org"))).id;

/** A limit far above what is asked, so that the window is kept as it is for everybody. */
export const PLENTY = 100_000_000;

/** Lets the organization of the product's session ask as much as it can. */
export async function liftLimits(product: Product): Promise<void> {
  const operator = await operatorOf(product);
  await operator.setLimits(await orgOf(product), {
    user_requests_per_minute: PLENTY,
    requests_per_minute: PLENTY,
  });
}
