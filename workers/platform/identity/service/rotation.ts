/** Replaces the signing key every 90 days, so that nobody notices: each key is known a day before and after it signs. */
import { keyChanges, type KeyChange } from "../rules.ts";
import {
  insertNextKey,
  lockSigningKeys,
  promoteKey,
  readSigningKeys,
  retireKey,
} from "../store/signing-keys.ts";
import { newSigningKey, type TokenPorts } from "./signing.ts";

/** Does what is due [TK3]; answers what was done. Before the first sign-in there is no key, and nothing is due. */
export async function rotateSigningKeys(ports: TokenPorts): Promise<readonly KeyChange[]> {
  const now = ports.now();
  const spare = await newSigningKey(ports.env);
  return ports.sql.transaction({ none: true }, async (tx) => {
    await lockSigningKeys(tx);
    const changes = keyChanges(await readSigningKeys(tx), now);
    for (const change of changes) {
      if (change.kind === "make") await insertNextKey(tx, spare, now);
      else if (change.kind === "promote") await promoteKey(tx, change.kid, now);
      else await retireKey(tx, change.kid);
    }
    return changes;
  });
}
