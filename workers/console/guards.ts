/** What a route asks before it loads anything: who is signed in, and whether the page exists for them. */
import type { QueryClient } from "@tanstack/react-query";
import { notFound, redirect } from "@tanstack/react-router";
import { permits } from "./can.ts";
import { ApiError } from "./errors.ts";
import { paths } from "./paths.ts";
import { meQuery } from "./queries/orgs.ts";

/** Who is signed in; without a session the way leads to /login and back, without an organization to a new one. */
export async function signedIn(queryClient: QueryClient, href: string) {
  try {
    return await queryClient.ensureQueryData(meQuery);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401)
      throw redirect(paths.login({ return_to: href }));
    if (error instanceof ApiError && error.code === "no_organization")
      throw redirect(paths.orgNew());
    throw error;
  }
}

/** An area whose `.read` is missing does not exist for this user [CN6]. */
export async function needs(queryClient: QueryClient, action: string): Promise<void> {
  const me = await queryClient.ensureQueryData(meQuery);
  const area = action.slice(0, action.indexOf("."));
  if (!permits(me.grants, action, area)) throw notFound();
}
