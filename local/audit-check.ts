/** Checks copies of audit chains without the platform: places, hashes, signed heads, and the pinned root [AU7]. */
import { createPublicKey, verify } from "node:crypto";
import type { AuditHead, AuditKey } from "../workers/platform/audit/model.ts";
import {
  follow,
  GENESIS,
  headHash,
  headText,
  signedText,
  type Broken,
  type ChainPoint,
} from "../workers/platform/audit/rules/chain.ts";
import { linesOf, type AuditFolder } from "./audit-folder.ts";

export interface ChainFault {
  readonly seq: number;
  readonly reason: Broken | "head" | "signature" | "root";
  readonly text: string;
}

export interface ChainReport {
  readonly org: string;
  readonly from: number;
  readonly to: number;
  readonly heads: number;
  /** Keys whose signatures were checked. */
  readonly kids: readonly string[];
  readonly fault: ChainFault | null;
}

/**
 * One report per organization, each with the first fault of its chain.
 *
 * @param roots kids, or hashes of heads, that were noted down elsewhere; empty = the folder's own keys are believed
 */
export async function checkFolder(
  folder: AuditFolder,
  roots: readonly string[],
): Promise<ChainReport[]> {
  const reports: ChainReport[] = [];
  // Whose records are all gone is told by its heads.
  for (const org of new Set([...folder.files, ...folder.heads].map((part) => part.org)))
    reports.push(await checkOrg(folder, org, roots));
  return reports;
}

async function checkOrg(
  folder: AuditFolder,
  org: string,
  roots: readonly string[],
): Promise<ChainReport> {
  const heads = folder.heads.filter((head) => head.org === org);
  const first = folder.files.find((file) => file.org === org)?.seq ?? 1;
  const begin = startOf(first, heads, roots);
  const walked = await walk(folder, org, { begin, heads });
  const headFault =
    walked.fault ??
    headsFault(heads, folder.keys, begin) ??
    rootFault(heads, { of: folder.heads, roots, begin });
  return {
    org,
    from: begin.seq + 1,
    to: walked.point.seq,
    heads: heads.length,
    kids: [...new Set(heads.map(({ kid }) => kid))],
    fault: headFault,
  };
}

/** A copy may begin behind a head that is pinned; any other begins with the first record. */
function startOf(first: number, heads: readonly AuditHead[], roots: readonly string[]): ChainPoint {
  const before = heads.find((head) => head.seq === first - 1);
  return before !== undefined && roots.includes(headHash(headText(before))) ? before : GENESIS;
}

interface Walked {
  readonly point: ChainPoint;
  readonly fault: ChainFault | null;
}

/** Follows the records of all files; files may overlap if they agree. */
async function walk(
  folder: AuditFolder,
  org: string,
  known: { readonly begin: ChainPoint; readonly heads: readonly AuditHead[] },
): Promise<Walked> {
  const ends = new Map(known.heads.map((head) => [head.seq, head.hash]));
  const seen = new Map<number, string>([[known.begin.seq, known.begin.hash]]);
  let point = known.begin;
  for (const file of folder.files.filter((one) => one.org === org)) {
    let before = point.seq >= file.seq ? placeBefore(file.seq, seen) : point;
    for await (const line of linesOf(file.path)) {
      const followed = follow(before, line);
      if (!followed.ok) return { point, fault: broken(followed.seq, followed.reason) };
      before = followed.point;
      const stray = strayFault(before, { org, of: followed.record.org, seen, ends });
      if (stray !== null) return { point, fault: stray };
      seen.set(before.seq, before.hash);
      if (before.seq > point.seq) point = before;
    }
  }
  const beyond = known.heads.find((head) => head.seq > point.seq);
  return { point, fault: beyond === undefined ? null : broken(point.seq + 1, "gap") };
}

interface Context {
  readonly org: string;
  readonly of: string;
  readonly seen: ReadonlyMap<number, string>;
  readonly ends: ReadonlyMap<number, string>;
}

/** A record that follows well, yet is another organization's, or not the one another file or a head knows. */
function strayFault(
  { seq, hash }: ChainPoint,
  { org, of, seen, ends }: Context,
): ChainFault | null {
  if (of !== org) return broken(seq, "record");
  if ((seen.get(seq) ?? hash) !== hash) return broken(seq, "hash");
  return (ends.get(seq) ?? hash) === hash
    ? null
    : fault(seq, "head", "the head signs another record");
}

const placeBefore = (seq: number, seen: ReadonlyMap<number, string>): ChainPoint => ({
  seq: seq - 1,
  hash: seen.get(seq - 1) ?? GENESIS.hash,
});

const TEXTS: Record<Broken, string> = {
  gap: "the record is missing",
  hash: "the hash does not follow from the record and the one before",
  record: "the text is no record of this chain",
};

const fault = (seq: number, reason: ChainFault["reason"], text: string): ChainFault => ({
  seq,
  reason,
  text,
});
const broken = (seq: number, reason: Broken): ChainFault => fault(seq, reason, TEXTS[reason]);

/** Each head names the one before, and is signed. */
function headsFault(
  heads: readonly AuditHead[],
  keys: readonly AuditKey[],
  begin: ChainPoint,
): ChainFault | null {
  let before: AuditHead | undefined;
  for (const head of heads) {
    const { seq, prev_head: prev } = head;
    const expected = before === undefined ? null : headHash(headText(before));
    if (before?.seq === seq) return fault(seq, "head", "two heads end at one record");
    // What lies before the folder's own begin is not there to be compared.
    const open = before === undefined && seq <= begin.seq;
    if (!open && prev !== expected)
      return fault(seq, "head", "the head does not follow the one before");
    if (!signedBy(head, keys))
      return fault(seq, "signature", "no key of the folder signed the head");
    before = head;
  }
  return null;
}

function signedBy(head: AuditHead, keys: readonly AuditKey[]): boolean {
  const jwk = keys.find(({ kid }) => kid === head.kid);
  if (jwk === undefined) return false;
  const { kty, crv, x, y } = jwk;
  try {
    const key = createPublicKey({ key: { kty, crv, x, y }, format: "jwk" });
    const signature = Buffer.from(head.sig, "base64url");
    return verify(
      "sha256",
      Buffer.from(signedText(head)),
      { key, dsaEncoding: "ieee-p1363" },
      signature,
    );
  } catch {
    return false; // A point that is not on the curve is no key.
  }
}

/**
 * A pinned hash must be that of a head of the folder; it fixes all before it, and pins the key that signed it. Every other
 * head must be signed by a pinned key.
 */
function rootFault(
  heads: readonly AuditHead[],
  pins: {
    readonly of: readonly AuditHead[];
    readonly roots: readonly string[];
    readonly begin: ChainPoint;
  },
): ChainFault | null {
  const { of, roots, begin } = pins;
  if (roots.length === 0) return null;
  const known = new Map(of.map((head) => [headHash(headText(head)), head]));
  const hashes = roots.filter((root) => /^[0-9a-f]{64}$/.test(root));
  const lost = hashes.find((hash) => !known.has(hash));
  if (lost !== undefined) return fault(begin.seq, "root", `no head has the pinned hash ${lost}`);
  const pinned = hashes.flatMap((hash) => known.get(hash) ?? []);
  const kids = new Set([...roots, ...pinned.map(({ kid }) => kid)]);
  const fixed = Math.max(0, ...heads.filter((head) => pinned.includes(head)).map(({ seq }) => seq));
  const stray = heads.find(({ kid, seq }) => seq > fixed && !kids.has(kid));
  if (stray !== undefined)
    return fault(stray.seq, "root", "the head is signed by a key that is not pinned");
  return heads.length > 0
    ? null
    : fault(begin.seq, "root", "there is no head the pinned key could have signed");
}
