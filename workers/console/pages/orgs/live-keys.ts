/** The keys a person made that still work: what ends with them. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { permits } from "../../can.ts";
import { keysQuery } from "../../queries/keys.ts";
import { useMe } from "../../queries/me.ts";
import type { Key } from "../../wire.ts";
import { liveKeysOf } from "./removal.ts";

/** null while nobody is asked about, until the keys are here, and for whoever may not read keys. */
export function useLiveKeys(userId: string | undefined): readonly Key[] | null {
  const me = useMe();
  const [now] = useState(() => Date.now());
  const keys = useQuery({
    ...keysQuery,
    enabled: userId !== undefined && permits(me.grants, "keys.read", "keys"),
  });
  if (userId === undefined || keys.data === undefined) return null;
  return liveKeysOf(keys.data, userId, now);
}
