/** When the object's one alarm must be set, derived from the state and never remembered. */
import type { Instant } from "../../../workers/platform/model.ts";
import { ALARM_LATE_MS } from "./limits.ts";

/**
 * The time to set the alarm for, or null when the one that stands will do.
 * An alarm for the running millisecond never fires (workerd#6866), so the earliest is the next. One whose time has just
 * come is left alone: setting it again cancels the ringing ("SQLite alarm handler canceled"), and a busy object would
 * put its alarm off for ever. One that is late by ALARM_LATE_MS is lost and set again [L4, L5].
 *
 * @param standing the alarm as it is set, null when none is
 * @param wake when the state needs it, null when nothing will become due
 * @param overdueMs how soon to look again at what is overdue already; more than 1 while its sending is under way
 */
export function alarmFor(
  standing: Instant | null,
  wake: Instant | null,
  now: Instant,
  overdueMs = 1,
): Instant | null {
  if (wake === null) return null;
  if (standing !== null && standing > now - ALARM_LATE_MS && standing <= Math.max(wake, now))
    return null;
  const due = wake > now ? wake : now + overdueMs;
  return standing !== null && standing > now ? Math.min(standing, due) : due;
}
