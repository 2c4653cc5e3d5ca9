/** Who is signed in, what the organization looks like today, and how one signs in. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import { send } from "../client.ts";
import { POLL_MS } from "./runs.ts";
import { ApiError } from "../errors.ts";
import { switchOrg } from "../session.ts";
import type { AnyMe, Me, Overview, Session } from "../wire.ts";

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => readMe(signal),
  staleTime: 60_000,
});

/** Who is signed in, in an organization: a session without one moves to the user's first. */
async function readMe(signal: AbortSignal): Promise<Me> {
  const me = await api.call<AnyMe>("GET", "/me", { signal });
  if (me.org !== null) return { ...me, org: me.org };
  const first = me.orgs[0];
  if (first === undefined) throw noOrganization();
  await switchOrg(first.id);
  return { ...(await api.call<AnyMe>("GET", "/me", { signal })), org: first };
}

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
  queryFn: ({ signal }) =>
    send<{ readonly items: readonly { readonly id: string; readonly name: string }[] }>(
      "GET",
      "/auth/providers",
      {
        signal,
      },
    ),
});

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
