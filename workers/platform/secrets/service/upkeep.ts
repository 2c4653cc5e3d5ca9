/** What time does to secrets: replaced values are shredded, data keys move to the newest key-encryption key. */
import { rewrapDek, rewrapSealed } from "../../adapters/cipher.ts";
import { configurationOf, type KeyEncryptionKey } from "../../adapters/configuration.ts";
import type { Sql } from "../../adapters/sql.ts";
import { assert, type Instant } from "../../model.ts";
import { PLATFORM_ORG_ID } from "../../tasks/rules.ts";
import { REPLACED_CHANNEL_MS, REPLACED_MS, sealLabel } from "../rules.ts";
import { keksOf } from "../service.ts";
import {
  forgetUses,
  neededKeks,
  rewrapSigningKey,
  rewrapVersion,
  shredReplaced,
  signingKeysUnderOtherKek,
  versionsUnderOtherKek,
} from "../store/upkeep.ts";

/** Versions of one transaction; the next one goes on. */
const REWRAP_BATCH = 200;
/** Lists count uses of 30 days; a little more is kept for whoever looks later. */
const USES_KEPT_MS = 90 * 86_400_000;

export interface UpkeepPorts {
  readonly env: Env;
  readonly sql: Sql;
  readonly now: () => Instant;
}

/** Takes the bytes of versions whose time after their replacement is over [SC4]. @returns how many */
export const shredOverdue = (ports: UpkeepPorts, org: string): Promise<number> =>
  ports.sql.transaction({ org }, (tx) => {
    const now = ports.now();
    return shredReplaced(tx, {
      replacedBefore: now - REPLACED_MS,
      channelsReplacedBefore: now - REPLACED_CHANNEL_MS,
    });
  });

/**
 * Seals every data key that another than the newest key-encryption key seals anew; values stay as they are [SC5].
 * May be broken off and repeated. @returns how many
 */
export async function rewrapOld(ports: UpkeepPorts, org: string): Promise<number> {
  const keks = keksOf(ports.env, org);
  const [newest] = keks;
  assert(newest !== undefined, "the configuration holds a key-encryption key");
  let rewrapped = 0;
  for (;;) {
    const batch = await ports.sql.transaction({ org }, async (tx) => {
      const versions = await versionsUnderOtherKek(tx, newest.version, REWRAP_BATCH);
      for (const { name, version, ...sealed } of versions) {
        const moved = await rewrapDek(keks, sealLabel(org, name, version), sealed);
        await rewrapVersion(tx, { name, version, ...moved });
      }
      return versions.length;
    });
    rewrapped += batch;
    if (batch < REWRAP_BATCH) return rewrapped;
  }
}

/** The same for the private parts of signing keys: those of tokens, and those that seal audit chains. */
export const rewrapSigningKeys = (ports: UpkeepPorts): Promise<number> =>
  ports.sql.transaction({ none: true }, async (tx) => {
    const { kekPlatform } = configurationOf(ports.env);
    const [newest] = kekPlatform;
    assert(newest !== undefined, "the configuration holds a key-encryption key");
    const keys = await signingKeysUnderOtherKek(tx, newest.version);
    for (const { plane, kid, ...sealed } of keys) {
      const label = ["platform", "signing_keys", plane, kid];
      await rewrapSigningKey(tx, { kid, ...(await rewrapSealed(kekPlatform, label, sealed)) });
    }
    return keys.length;
  });

export const forgetOldUses = (ports: UpkeepPorts, org: string): Promise<void> =>
  ports.sql.transaction({ org }, (tx) => forgetUses(tx, ports.now() - USES_KEPT_MS));

/**
 * Says whether everything that is stored can be opened with the keys of the configuration [SC5].
 * @throws naming the keys that are missing
 */
export async function checkKeks(ports: Pick<UpkeepPorts, "env" | "sql">): Promise<void> {
  const needed = await ports.sql.transaction({ none: true }, (tx) =>
    neededKeks(tx, PLATFORM_ORG_ID),
  );
  const { kekPlatform, kekOrg } = configurationOf(ports.env);
  const has = (keks: readonly KeyEncryptionKey[], wanted: string): boolean =>
    keks.some(({ version }) => version === wanted);
  const missing = needed
    .filter(({ namespace, kek }) => !has(namespace === "platform" ? kekPlatform : kekOrg, kek))
    .map(({ namespace, kek }) => `${kek} of KEK_${namespace.toUpperCase()}`);
  if (missing.length > 0)
    throw new Error(`secrets are sealed by keys not given: ${missing.join()}`);
}
