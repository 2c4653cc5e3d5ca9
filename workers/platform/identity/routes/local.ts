/** Routes of the launcher: links for the first setup and for signing in again. */
import { z } from "zod";
import { createApp, type AppContext } from "../../http/plumbing.ts";
import { launcherOnly } from "../../http/local.ts";
import { refused } from "../../http/problem.ts";
import { makeLink } from "../service/links.ts";
import { portsOf } from "./cookies.ts";

/** Address or name of whom a sign-in link is for. */
const Wish = z.object({ who: z.string().max(320).optional() });

async function linkFor(c: AppContext, purpose: "setup" | "login"): Promise<Response> {
  const wish = Wish.safeParse(await c.req.json().catch(() => ({})));
  const who = wish.success && purpose === "login" ? wish.data.who : undefined;
  const link = await makeLink(portsOf(c), purpose, who);
  return link.ok ? c.json(link.value, 201) : refused(c, link.refusal);
}

export const localIdentityRoutes = createApp();
localIdentityRoutes.use("/setup-link", launcherOnly());
localIdentityRoutes.use("/login-link", launcherOnly());
localIdentityRoutes.post("/setup-link", (c) => linkFor(c, "setup"));
localIdentityRoutes.post("/login-link", (c) => linkFor(c, "login"));
