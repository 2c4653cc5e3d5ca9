/** The signed-in user for pages below `/o/:org`; the shell's loader has read it. */
import type { Me } from "../wire.ts";
import { meQuery } from "./orgs.ts";
import { usePrefetched } from "./prefetched.ts";

export const useMe = (): Me => usePrefetched(meQuery).data;
