/** Seals the end of a chain: its new records go to R2, written once, behind a signed head [AU6]. */
import { hasObject, putOnce } from "../../adapters/artifacts.ts";
import type { Log } from "../../adapters/log.ts";
import { assert } from "../../model.ts";
import type { AuditKey } from "../model.ts";
import { auditPrefixOf, headHash, headText, sealName } from "../rules/chain.ts";
import { readHash, readHead } from "../store/chain.ts";
import { insertSeal, listSeals, lockSeals, type Seal } from "../store/seals.ts";
import { auditKeys, auditSigner, type AuditPorts, type Signer } from "./keys.ts";
import { exportLines } from "./export.ts";
import { closeRefusals } from "./refusals.ts";

/** Records of one sealed file: about 12 MB of text, 2 MB compressed. */
export const SEAL_RECORDS_MAX = 20_000;
/** Seals looked back for objects that a crash left unwritten. */
const LOOK_BACK = 100;

export interface SealPorts extends AuditPorts {
  readonly log: Log;
}

/**
 * Seals what one organization's chain has grown by. The row of a seal comes before its objects: a night that broke off
 * is made good by the next one. @returns how many seals were added
 */
export async function sealChain(ports: SealPorts, org: string): Promise<number> {
  const now = ports.now();
  await ports.sql.transaction({ org }, (tx) => closeRefusals(tx, org, now));
  await storeMissing(ports, org);
  let sign: Signer | undefined;
  for (let added = 0; ; added += 1) {
    const { head, last } = await ends(ports, org);
    if (head === undefined || head.seq === (last?.to ?? 0)) return added;
    sign ??= await auditSigner(ports);
    const seal = await addSeal(ports, org, sign);
    if (seal === undefined) return added;
    await storeSeal(ports, org, seal);
  }
}

/** The end of the chain, and of what is sealed of it. */
const ends = (ports: AuditPorts, org: string) =>
  ports.sql.transaction({ org }, async (tx) => ({
    head: await readHead(tx),
    last: (await listSeals(tx, undefined, 1))[0],
  }));

/** Adds the next seal; undefined when somebody else just did. */
const addSeal = (ports: AuditPorts, org: string, sign: Signer): Promise<Seal | undefined> =>
  ports.sql.transaction({ org }, async (tx) => {
    await lockSeals(tx, org);
    const [last] = await listSeals(tx, undefined, 1);
    const head = await readHead(tx);
    const from = (last?.to ?? 0) + 1;
    if (head === undefined || head.seq < from) return undefined;
    const to = Math.min(head.seq, from + SEAL_RECORDS_MAX - 1);
    const hash = to === head.seq ? head.hash : await readHash(tx, to);
    assert(hash !== undefined, "records up to the head are there");
    const at = new Date(ports.now()).toISOString();
    const prev = last === undefined ? null : headHash(last.text);
    const signed = await sign({ org, seq: to, hash, at, prev_head: prev });
    const seal = { from, to, text: headText(signed), head: signed };
    await insertSeal(tx, org, { ...seal, at });
    return seal;
  });

const keyOf = (org: string, seal: Seal, suffix: string): string =>
  `${auditPrefixOf(org)}${sealName(seal.from, seal.to)}.${suffix}`;

/** Records, keys, and last the head: where a head lies, everything it covers lies too. */
async function storeSeal(ports: SealPorts, org: string, seal: Seal): Promise<void> {
  const bucket = ports.env.ARTIFACTS;
  const records = await zippedRecords(ports, org, seal);
  await putOnce(bucket, keyOf(org, seal, "ndjson.gz"), records, "application/gzip");
  for (const key of await auditKeys(ports))
    await putOnce(bucket, keyObject(org, key), JSON.stringify(key), "application/json");
  await putOnce(bucket, keyOf(org, seal, "head.json"), seal.text, "application/json");
}

const keyObject = (org: string, key: AuditKey): string =>
  `${auditPrefixOf(org)}keys/${key.kid}.json`;

/** Objects of seals whose night broke off between row and put. */
async function storeMissing(ports: SealPorts, org: string): Promise<void> {
  const seals = await ports.sql.transaction({ org }, (tx) => listSeals(tx, undefined, LOOK_BACK));
  const missing: Seal[] = [];
  for (const seal of seals) {
    if (await hasObject(ports.env.ARTIFACTS, keyOf(org, seal, "head.json"))) break;
    missing.push(seal);
  }
  for (const seal of missing.toReversed()) {
    ports.log.warn("a sealed range of an audit chain was not stored; storing it now", {
      org,
      to: seal.to,
    });
    await storeSeal(ports, org, seal);
  }
}

async function zippedRecords(ports: AuditPorts, org: string, seal: Seal) {
  const lines = exportLines(ports.sql, { org, from: seal.from, end: seal.to });
  const zipped = lines.pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(zipped).arrayBuffer());
}
