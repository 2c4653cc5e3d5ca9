/** API keys: what is read, made and revoked. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import { pathOf } from "../client.ts";
import type { Key, Page } from "../wire.ts";

export const keysKey = ["keys"] as const;

export const keysQuery = queryOptions({
  queryKey: keysKey,
  queryFn: ({ signal }) => api.call<Page<Key>>("GET", "/keys", { query: { limit: 100 }, signal }),
});

export interface KeyInput {
  readonly name: string;
  readonly grants: readonly string[];
  readonly expires_at?: string | undefined;
}

/** `token` is null when the answer is a replay: the value was shown once already. */
export const createKey = (input: KeyInput, idempotencyKey: string) =>
  api.call<{ readonly key: Key; readonly token: string | null }>("POST", "/keys", {
    body: input,
    idempotencyKey,
  });

export const revokeKey = (id: string) => api.call<undefined>("DELETE", `/keys${pathOf(id)}`);
