/** API keys: what is read, made and revoked. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import { pathOf } from "../client.ts";
import type { Key, Page } from "../wire.ts";

export const keysKey = ["keys"] as const;

const PAGE_LIMIT = 100;
/** Revoked keys stay in the list, so it may grow beyond the 100 live ones; more than this many pages are not read. */
const PAGES_MAX = 10;

/** All keys at once: state is derived from time, so the API cannot filter by it, and a successor may be on another page. */
export const keysQuery = queryOptions({
  queryKey: keysKey,
  queryFn: async ({ signal }): Promise<readonly Key[]> => {
    const keys: Key[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const query = { limit: PAGE_LIMIT, cursor };
      const read = await api.call<Page<Key>>("GET", "/keys", { query, signal });
      keys.push(...read.items);
      if (read.next_cursor === null) break;
      cursor = read.next_cursor;
    }
    return keys;
  },
});

export interface KeyInput {
  readonly name: string;
  readonly grants: readonly string[];
  readonly expires_at?: string | undefined;
}

/** `token` is null when the answer is a replay: the value was shown once already. */
export interface MadeKey {
  readonly key: Key;
  readonly token: string | null;
}

export const createKey = (input: KeyInput, idempotencyKey: string) =>
  api.call<MadeKey>("POST", "/keys", { body: input, idempotencyKey });

export interface KeyChange {
  readonly id: string;
  readonly version: number;
  readonly name?: string;
  /** null: never. Absent: as it is. */
  readonly expires_at?: string | null;
}

export const changeKey = ({ id, version, ...body }: KeyChange) =>
  api.call<Key>("PATCH", `/keys${pathOf(id)}`, { body, ifMatch: version });

export interface KeyRotation {
  readonly id: string;
  readonly version: number;
  readonly grace: "0" | "1h" | "24h" | "7d";
}

export const rotateKey = ({ id, version, grace }: KeyRotation, idempotencyKey: string) =>
  api.call<MadeKey>("POST", `/keys${pathOf(id)}/rotate`, {
    body: { grace },
    ifMatch: version,
    idempotencyKey,
  });

export const revokeKey = (id: string) => api.call<undefined>("DELETE", `/keys${pathOf(id)}`);
