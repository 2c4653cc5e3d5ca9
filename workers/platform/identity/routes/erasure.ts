/** Routes that erase a person: the operator's for anybody, and everybody's for themselves. */
import { createRoute, z } from "@hono/zod-openapi";
import { problems } from "../../http/answers.ts";
import { actorOf } from "../../http/audit.ts";
import { needs, signedIn } from "../../http/authorize.ts";
import { idempotent } from "../../http/idempotency.ts";
import { createApp } from "../../http/plumbing.ts";
import { refused } from "../../http/problem.ts";
import { noStore, smallBody } from "../../http/security.ts";
import { eraseMyself, erasePerson } from "../service/erasure.ts";
import { dropRefreshCookie, portsOf } from "./cookies.ts";

const ERASES =
  "Memberships, keys, invitations, identities and sessions end; name, addresses and user agents go, also beside the audit chains, which still verify.";

const erase = createRoute({
  method: "post",
  path: "/admin/users/{id}/erase",
  tags: ["installation"],
  summary: "Erase a person",
  description: `For owners of the reserved organization \`platform\`. ${ERASES} Who is the last owner of an organization stays.`,
  middleware: [
    noStore(),
    needs("install.admin", "users/{id}", { fresh: true }),
    smallBody(),
    idempotent("POST /admin/users/{id}/erase"),
  ] as const,
  request: { params: z.object({ id: z.uuid() }) },
  responses: {
    204: { description: "The person is erased" },
    ...problems(
      "key_cannot",
      "last_owner",
      "payload_too_large",
      "idempotency_mismatch",
      "idempotency_in_flight",
    ),
  },
});

const eraseMe = createRoute({
  method: "delete",
  path: "/me",
  tags: ["identity"],
  summary: "Delete your account",
  description: `Your sign-in must be at most ten minutes old. ${ERASES} The last owner of an organization stays.`,
  middleware: [noStore(), signedIn({ fresh: true })] as const,
  responses: {
    204: { description: "Your account is erased, your sessions have ended" },
    ...problems("key_cannot", "last_owner", "reauth_required"),
  },
});

export const erasureRoutes = createApp()
  .openapi(erase, async (c) => {
    if (c.var.principal.kind !== "user") return refused(c, { code: "key_cannot" });
    const erased = await erasePerson(c.var.sql, actorOf(c), c.req.valid("param").id);
    return erased.ok ? c.body(null, 204) : refused(c, erased.refusal);
  })
  .openapi(eraseMe, async (c) => {
    const erased = await eraseMyself(portsOf(c), actorOf(c), c.var.principal.sid);
    if (!erased.ok) return refused(c, erased.refusal);
    dropRefreshCookie(c);
    return c.body(null, 204);
  });
