/** Lists in pages: newest first, by creation time and id, behind a cursor that only fits the list it came from [AP7]. */
import { z } from "zod";
import { equalBytes, fromBase64url, hmacSha256, toBase64url, utf8 } from "../adapters/bytes.ts";
import { configurationOf } from "../adapters/configuration.ts";
import { done, refuse, type Result } from "../model.ts";

export const PAGE_LIMIT_DEFAULT = 50;
export const PAGE_LIMIT_MAX = 100;
const MAC_BYTES = 16;

/** The two query parameters every list takes. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT),
  cursor: z.string().max(500).optional(),
};

/** Where a page begins: behind this row. */
export const Position = z.strictObject({ createdAt: z.iso.datetime(), id: z.string().max(300) });
export type Position = z.infer<typeof Position>;

/** A list: the organization, the route and the filters it was asked with. */
export type ListIdentity = readonly (string | undefined)[];

export interface Page<T> {
  readonly items: T[];
  readonly next_cursor: string | null;
}

/** The answer of a list read with one row more than `limit`. */
export async function pageOf<T extends { readonly created_at: string; readonly id: string }>(
  env: Env,
  list: ListIdentity,
  rows: readonly T[],
  limit: number,
): Promise<Page<T>> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  if (rows.length <= limit || last === undefined) return { items, next_cursor: null };
  return {
    items,
    next_cursor: await cursorText(env, list, { createdAt: last.created_at, id: last.id }),
  };
}

async function cursorText(env: Env, list: ListIdentity, position: Position): Promise<string> {
  const body = utf8(JSON.stringify([position.createdAt, position.id]));
  return `${toBase64url(body)}.${toBase64url(await macOf(env, list, body))}`;
}

/** The position of a cursor. Refusal: `cursor_invalid` when it was made for another list, or by somebody else. */
export async function positionOf(
  env: Env,
  list: ListIdentity,
  cursor: string | undefined,
): Promise<Result<Position | undefined>> {
  if (cursor === undefined) return done(undefined);
  const [body, mac] = cursor.split(".").map(fromBase64url);
  if (body === undefined || mac === undefined || !equalBytes(mac, await macOf(env, list, body)))
    return refuse("cursor_invalid");
  const [createdAt, id]: unknown[] = JSON.parse(new TextDecoder().decode(body));
  const position = Position.safeParse({ createdAt, id });
  return position.success ? done(position.data) : refuse("cursor_invalid");
}

async function macOf(
  env: Env,
  list: ListIdentity,
  body: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const message = utf8(
    JSON.stringify(["cursor", ...list.map((part) => part ?? null), toBase64url(body)]),
  );
  return (await hmacSha256(configurationOf(env).tokenKey, message)).slice(0, MAC_BYTES);
}
