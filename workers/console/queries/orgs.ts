/** Who is signed in, what the organization looks like today, and how one signs in. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import { send } from "../client.ts";
import type { Me, Overview, Session } from "../wire.ts";

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => api.call<Me>("GET", "/me", { signal }),
  staleTime: 60_000,
});

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  queryFn: ({ signal }) => api.call<Overview>("GET", "/overview", { signal }),
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
