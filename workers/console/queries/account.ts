/** The signed-in user's own things: name, sign-ins, identities. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import { pathOf } from "../client.ts";
import type { AnyMe, Identity, Page, SessionView } from "../wire.ts";

export const sessionsQuery = queryOptions({
  queryKey: ["me", "sessions"],
  queryFn: ({ signal }) => api.call<Page<SessionView>>("GET", "/me/sessions", { signal }),
});

export const identitiesQuery = queryOptions({
  queryKey: ["me", "identities"],
  queryFn: ({ signal }) => api.call<Page<Identity>>("GET", "/me/identities", { signal }),
});

export const renameMe = (name: string) => api.call<AnyMe>("PATCH", "/me", { body: { name } });

export const endSession = (id: string) =>
  api.call<undefined>("DELETE", `/me/sessions${pathOf(id)}`);

export const unlinkIdentity = (id: string) =>
  api.call<undefined>("DELETE", `/me/identities${pathOf(id)}`);

/** Erases the user everywhere [AU5]. @throws ApiError `reauth_required` after ten minutes, `last_owner` */
export const deleteMe = () => api.call<undefined>("DELETE", "/me");

/** Ends every session of the user and revokes the keys they made [ID15]. */
export const revokeAll = (_: undefined, idempotencyKey: string) =>
  api.call<undefined>("POST", "/me/revoke-all", { idempotencyKey });
