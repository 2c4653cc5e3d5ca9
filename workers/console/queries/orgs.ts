/** Who is signed in, what the organization looks like today, and how one signs in. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import { API_PREFIX, send } from "../client.ts";
import { POLL_MS } from "./runs.ts";
import { ApiError } from "../errors.ts";
import { switchOrg } from "../session.ts";
import type { AnyMe, Me, Org, Overview, Providers, Session } from "../wire.ts";

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => readMe(signal),
  staleTime: 60_000,
});

/** Who is signed in, in an organization: a session without one moves to the user's first. */
async function readMe(signal: AbortSignal): Promise<Me> {
  const me = await readAnyMe(signal);
  if (me.org !== null) return { ...me, org: me.org };
  const first = me.orgs[0];
  if (first === undefined) throw noOrganization();
  await switchOrg(first.id);
  return { ...(await readAnyMe(signal)), org: first };
}

/** Who is signed in, in an organization or in none: for the pages outside of one. */
export const anyMeQuery = queryOptions({
  queryKey: ["me", "any"],
  queryFn: ({ signal }) => readAnyMe(signal),
});

const readAnyMe = (signal?: AbortSignal): Promise<AnyMe> =>
  api.call<AnyMe>("GET", "/me", { signal });

const noOrganization = () =>
  new ApiError({
    status: 403,
    code: "no_organization",
    title: "You belong to no organization",
    remedy: "Ask an administrator of an organization to invite you.",
  });

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  queryFn: ({ signal }) => api.call<Overview>("GET", "/overview", { signal }),
  refetchInterval: (query) => {
    const day = query.state.data;
    const open = (day?.analyses.day.pending ?? 0) + (day?.runs.day.running ?? 0);
    return open > 0 ? POLL_MS : false;
  },
});

export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: ({ signal }) => send<Providers>("GET", "/auth/providers", { signal }),
});

/** Where the browser goes to sign in at a provider, or to link an identity there to the session's user [ID7]. */
export const startUrl = (provider: string, returnTo: string, intent?: "link"): string => {
  const search = new URLSearchParams({ return_to: returnTo, ...(intent && { intent }) });
  return `${API_PREFIX}/auth/${encodeURIComponent(provider)}/start?${search.toString()}`;
};

export const orgKey = ["org"] as const;

export const orgQuery = queryOptions({
  queryKey: orgKey,
  queryFn: ({ signal }) => api.call<Org>("GET", "/org", { signal }),
});

export const createOrg = (name: string, idempotencyKey: string) =>
  api.call<Org>("POST", "/orgs", { body: { name }, idempotencyKey });

/** @throws ApiError `version_mismatch` when somebody changed it since `version` was read */
export const renameOrg = ({ name, version }: { readonly name: string; readonly version: number }) =>
  api.call<Org>("PATCH", "/org", { body: { name }, ifMatch: version });

export const deleteOrg = (version: number) =>
  api.call<undefined>("DELETE", "/org", { ifMatch: version });

export interface SetupInput {
  readonly token: string;
  readonly name: string;
  readonly email?: string | undefined;
  readonly org_name: string;
}

export const setUp = (input: SetupInput): Promise<Session> =>
  send("POST", "/auth/setup", { body: input });

export const redeemLink = (token: string): Promise<Session> =>
  send("POST", "/auth/link", { body: { token } });
