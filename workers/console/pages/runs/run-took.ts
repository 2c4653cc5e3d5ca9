/** How long a run took. */
import { duration } from "../../ui/format.ts";
import type { Run } from "../../wire.ts";

export const took = (run: Run): string =>
  run.ended_at === null
    ? "running"
    : duration(Date.parse(run.ended_at) - Date.parse(run.created_at));
