/** Verifies a range of an organization's chain against everything the database holds about it [AU3]. */
import type { Sql } from "../../adapters/sql.ts";
import {
  VERIFY_RECORDS_MAX,
  type AuditKey,
  type AuditRecord,
  type AuditVerification,
} from "../model.ts";
import { follow, GENESIS, piiHash, type Broken, type ChainPoint } from "../rules/chain.ts";
import { readHash, readHead, readRecords, type KeptRecord } from "../store/chain.ts";
import { listSeals, readSeals, type Seal } from "../store/seals.ts";
import { auditKeys, signatureHolds } from "./keys.ts";

/** Records read at once; memory holds one batch. */
const BATCH = 1_000;

export interface VerifyWish {
  readonly org: string;
  readonly from: number;
  /** The end of the chain when it is undefined; never further than VERIFY_RECORDS_MAX records. */
  readonly to: number | undefined;
}

type Reason = Broken | "pii" | "head";
type Bad = NonNullable<AuditVerification["first_bad"]>;

/**
 * Checks place, hash, text, columns and personal part of each record, the sealed ends in the range with their
 * signatures, and the end of the chain if the range reaches it. Stops at the first that does not fit.
 */
export async function verifyChain(sql: Sql, wish: VerifyWish): Promise<AuditVerification> {
  const scope = { org: wish.org };
  const head = (await sql.transaction(scope, readHead)) ?? GENESIS;
  const to = Math.min(wish.to ?? head.seq, head.seq, wish.from + VERIFY_RECORDS_MAX - 1);
  if (wish.from > head.seq + 1) {
    const bad = await cutFault(sql, wish.org);
    return bad === null ? { ...WHOLE, checked: 0, erased: 0 } : broken(bad, 0, 0);
  }
  const start = await startOf(sql, wish);
  if (start === undefined) return broken({ seq: wish.from - 1, reason: "gap" }, 0, 0);
  const keys = await auditKeys({ sql });
  let point = start;
  let erased = 0;
  while (point.seq < to) {
    const end = Math.min(to, point.seq + BATCH);
    const from = point.seq + 1;
    const { records, seals } = await sql.transaction(scope, async (tx) => ({
      records: await readRecords(tx, from, end),
      seals: await readSeals(tx, from, end),
    }));
    const checked = await checkBatch(point, { org: wish.org, records, seals, end, keys });
    erased += checked.erased;
    point = checked.point;
    if (checked.bad !== null) return broken(checked.bad, point.seq - start.seq, erased);
  }
  if (to === head.seq) {
    const bad = await checkEnd(sql, wish.org, head, point);
    if (bad !== null) return broken(bad, point.seq - start.seq, erased);
  }
  const next = point.seq < head.seq ? point.seq + 1 : null;
  return { ...WHOLE, checked: point.seq - start.seq, erased, next_seq: next };
}

const WHOLE = { ok: true, first_bad: null, next_seq: null };

const broken = (first: Bad, checked: number, erased: number): AuditVerification => ({
  ok: false,
  checked,
  first_bad: first,
  erased,
  next_seq: null,
});

/** The place before the range. */
async function startOf(sql: Sql, wish: VerifyWish): Promise<ChainPoint | undefined> {
  if (wish.from === 1) return GENESIS;
  const seq = wish.from - 1;
  const hash = await sql.transaction({ org: wish.org }, (tx) => readHash(tx, seq));
  return hash === undefined ? undefined : { seq, hash };
}

interface Batch {
  readonly org: string;
  readonly records: readonly KeptRecord[];
  readonly seals: readonly Seal[];
  readonly end: number;
  readonly keys: readonly AuditKey[];
}

interface Checked {
  readonly point: ChainPoint;
  readonly erased: number;
  readonly bad: Bad | null;
}

async function checkBatch(start: ChainPoint, batch: Batch): Promise<Checked> {
  const ends = new Map(batch.seals.map((seal) => [seal.to, seal]));
  let point = start;
  let erased = 0;
  const stop = (reason: Reason): Checked => ({
    point,
    erased,
    bad: { seq: point.seq + 1, reason },
  });
  for (const kept of batch.records) {
    if (kept.seq !== point.seq + 1) return stop("gap");
    const followed = follow(point, kept);
    if (!followed.ok) return stop(followed.reason);
    if (!sameColumns(batch.org, kept, followed.record)) return stop("record");
    if (kept.pii === null) erased += 1;
    else if (piiHash(kept.pii.salt, kept.pii) !== followed.record.pii) return stop("pii");
    const seal = ends.get(kept.seq);
    if (seal !== undefined && !(await sealHolds(seal, followed.point, batch.keys)))
      return stop("head");
    point = followed.point;
  }
  return point.seq === batch.end ? { point, erased, bad: null } : stop("gap");
}

/** Lists filter by columns: they must say what the record says. */
const sameColumns = (org: string, { columns }: KeptRecord, record: AuditRecord): boolean =>
  record.org === org &&
  columns.at === record.at &&
  columns.actor === `${record.actor.kind}:${record.actor.id}` &&
  columns.action === record.action &&
  columns.resource === record.resource;

const sealHolds = async (
  seal: Seal,
  point: ChainPoint,
  keys: readonly AuditKey[],
): Promise<boolean> =>
  seal.head.seq === point.seq &&
  seal.head.hash === point.hash &&
  (await signatureHolds(seal.head, keys));

/** The head names the last record, and nothing follows it; appends since then are no fault. */
async function checkEnd(
  sql: Sql,
  org: string,
  head: ChainPoint,
  point: ChainPoint,
): Promise<Bad | null> {
  if (head.hash !== point.hash) return { seq: head.seq, reason: "head" };
  const cut = await cutFault(sql, org);
  if (cut !== null) return cut;
  return sql.transaction({ org }, async (tx) => {
    const after = head.seq + 1;
    const [beyond] = await readRecords(tx, after, after);
    const now = (await readHead(tx)) ?? GENESIS;
    return beyond !== undefined && now.seq < beyond.seq ? { seq: now.seq, reason: "head" } : null;
  });
}

/** Records that a seal covers, and that are not there any more. */
const cutFault = (sql: Sql, org: string): Promise<Bad | null> =>
  sql.transaction({ org }, async (tx) => {
    // The seal first: a seal that is added in between covers records that are there by then.
    const [sealed] = await listSeals(tx, undefined, 1);
    const { seq } = (await readHead(tx)) ?? GENESIS;
    return sealed !== undefined && sealed.to > seq ? { seq: seq + 1, reason: "gap" } : null;
  });
