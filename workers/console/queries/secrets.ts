/** Secrets: names and fingerprints are read, values are only ever sent. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import { pathOf } from "../client.ts";
import type { Page, Secret, SecretVersion } from "../wire.ts";

export const secretsKey = ["secrets"] as const;

const PAGE_LIMIT = 100;
const PAGES_MAX = 10;

/** All names at once: they are grouped by who may read them, which pages would cut through. */
export const secretsQuery = queryOptions({
  queryKey: secretsKey,
  queryFn: async ({ signal }): Promise<readonly Secret[]> => {
    const secrets: Secret[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const query = { limit: PAGE_LIMIT, cursor };
      const read = await api.call<Page<Secret>>("GET", "/secrets", { query, signal });
      secrets.push(...read.items);
      if (read.next_cursor === null) break;
      cursor = read.next_cursor;
    }
    return secrets;
  },
});

export const putSecret = ({ name, value }: { readonly name: string; readonly value: string }) =>
  api.call<SecretVersion>("PUT", `/secrets${pathOf(name)}`, { body: { value } });

export const deleteSecret = (name: string) =>
  api.call<undefined>("DELETE", `/secrets${pathOf(name)}`);
