/** A copy of a chain as text that `npm run audit:verify` reads: one line per record, without names [AU7]. */
import { utf8 } from "../../adapters/bytes.ts";
import type { Sql } from "../../adapters/sql.ts";
import { GENESIS } from "../rules/chain.ts";
import { readHead, readLines } from "../store/chain.ts";

/** Records of one answer; the next one begins behind its last. */
export const EXPORT_RECORDS_MAX = 100_000;
const BATCH = 1_000;

export interface ExportWish {
  readonly org: string;
  readonly from: number;
  readonly to: number | undefined;
}

/** The last record of the answer to `wish`: below `from` when there is none. */
export async function exportEnd(sql: Sql, wish: ExportWish): Promise<number> {
  const head = (await sql.transaction({ org: wish.org }, readHead)) ?? GENESIS;
  return Math.min(wish.to ?? head.seq, head.seq, wish.from + EXPORT_RECORDS_MAX - 1);
}

/** Lines of records `from` to `end`, read as they are taken. */
export function exportLines(
  sql: Sql,
  range: { readonly org: string; readonly from: number; readonly end: number },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let next = range.from;
  return new ReadableStream({
    pull: async (controller) => {
      if (next > range.end) return controller.close();
      const last = Math.min(range.end, next + BATCH - 1);
      const lines = await sql.transaction({ org: range.org }, (tx) => readLines(tx, next, last));
      controller.enqueue(utf8(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
      next = last + 1;
    },
  });
}
