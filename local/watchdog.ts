/** When a part of the runtime counts as hung, and when restarting it has become pointless [WD7]. */

/** How a part is watched. Times in ms. */
export type WatchLimits = {
  everyMs: number;
  /** A ping without answer after this counts as missed. */
  timeoutMs: number;
  /** Misses in a row that make it hung. */
  misses: number;
  /** This many respawns within the window end the launcher. */
  respawns: number;
  windowMs: number;
};

export const WATCH: WatchLimits = {
  everyMs: 2_000,
  timeoutMs: 2_000,
  misses: 5,
  respawns: 3,
  windowMs: 5 * 60_000,
};

/** A supervisor that itself stood still (sleep, starvation) has measured its own lag, not the part's. */
export const LAG_VOID_MS = 500;

export type WatchState = { misses: number; respawnedAt: readonly number[] };
export const WATCH_START: WatchState = { misses: 0, respawnedAt: [] };

/** What a look at the part found; `void` = the look itself was late. */
export type Sighting = "answered" | "missed" | "void" | "ended";

export type Verdict = { state: WatchState; action: "none" | "respawn" | "give_up" };

/** Judges one sighting. `now` is any clock that only moves forward, in ms. */
export function judge(
  state: WatchState,
  seen: Sighting,
  now: number,
  limits: WatchLimits = WATCH,
): Verdict {
  if (seen === "void") return { state, action: "none" };
  if (seen === "answered") return { state: { ...state, misses: 0 }, action: "none" };
  const misses = state.misses + 1;
  if (seen === "missed" && misses < limits.misses)
    return { state: { ...state, misses }, action: "none" };
  const respawnedAt = [...state.respawnedAt.filter((at) => now - at < limits.windowMs), now];
  const action = respawnedAt.length >= limits.respawns ? "give_up" : "respawn";
  return { state: { misses: 0, respawnedAt }, action };
}

export type Watched = {
  name: string;
  /** Whether it answers; a rejection counts as no. */
  ping(signal: AbortSignal): Promise<boolean>;
  /** False once the process is gone: then nobody waits for misses. */
  lives(): boolean;
  respawn(): Promise<void>;
  /** It cannot be kept alive; ends the launcher. */
  giveUp(): void;
};

/**
 * Watches one part until the answer is called. Looks never overlap, and a respawn is waited for.
 *
 * @returns stops the watch; waits for a respawn under way
 */
export function watch(part: Watched, limits: WatchLimits = WATCH): () => Promise<void> {
  let state = WATCH_START;
  let stopped = false;
  let timer: NodeJS.Timeout;
  let busy: Promise<void> = Promise.resolve();

  const look = async (dueAt: number): Promise<void> => {
    const seen =
      performance.now() - dueAt > LAG_VOID_MS ? "void" : await sight(part, limits.timeoutMs);
    if (stopped) return;
    const verdict = judge(state, seen, performance.now(), limits);
    state = verdict.state;
    if (verdict.action === "respawn") await part.respawn();
    if (verdict.action === "give_up") part.giveUp();
    else next();
  };
  const next = (): void => {
    if (stopped) return;
    const dueAt = performance.now() + Math.min(limits.everyMs, ENDED_LOOK_MS);
    timer = setTimeout(
      () => {
        // A dead process is seen at the short beat, a hung one at the long.
        if (part.lives() && performance.now() - lastPing < limits.everyMs) return next();
        lastPing = performance.now();
        busy = look(dueAt);
        return undefined;
      },
      Math.min(limits.everyMs, ENDED_LOOK_MS),
    );
  };
  let lastPing = performance.now();
  next();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await busy;
  };
}

/** How often a process is looked up, which costs one read of /proc. */
const ENDED_LOOK_MS = 250;

async function sight(part: Watched, timeoutMs: number): Promise<Sighting> {
  if (!part.lives()) return "ended";
  const from = performance.now();
  const answered = await part.ping(AbortSignal.timeout(timeoutMs)).catch(() => false);
  if (answered) return "answered";
  if (!part.lives()) return "ended";
  return performance.now() - from > timeoutMs + LAG_VOID_MS ? "void" : "missed";
}
