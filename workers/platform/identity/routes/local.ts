/** Routes of the launcher: links for the first setup and for signing in again. */
import { createApp, type AppContext } from "../../http/plumbing.ts";
import { launcherOnly } from "../../http/local.ts";
import { refused } from "../../http/problem.ts";
import { makeLink } from "../service/links.ts";
import { portsOf } from "./session.ts";

async function linkFor(c: AppContext, purpose: "setup" | "login"): Promise<Response> {
  const link = await makeLink(portsOf(c), purpose);
  return link.ok ? c.json(link.value, 201) : refused(c, link.refusal);
}

export const localIdentityRoutes = createApp();
localIdentityRoutes.use("/setup-link", launcherOnly());
localIdentityRoutes.use("/login-link", launcherOnly());
localIdentityRoutes.post("/setup-link", (c) => linkFor(c, "setup"));
localIdentityRoutes.post("/login-link", (c) => linkFor(c, "login"));
