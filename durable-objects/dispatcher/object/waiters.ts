/** Those who wait for runs to end. They live in memory only: an eviction makes them look again [Q8]. */
import type { RunStatus } from "../../../workers/platform/tasks/model.ts";
import { WAITERS_MAX } from "../machine/limits.ts";

type Waiter = (status: RunStatus) => void;

export class Waiters {
  readonly #byRun = new Map<string, Set<Waiter>>();

  ended(runId: string, status: RunStatus): void {
    for (const waiter of this.#byRun.get(runId) ?? []) waiter(status);
  }

  /** `pending` after the deadline, or at once when WAITERS_MAX wait already. */
  async wait(runId: string, deadlineMs: number): Promise<RunStatus | "pending"> {
    const waiting = [...this.#byRun.values()].reduce((sum, set) => sum + set.size, 0);
    if (waiting >= WAITERS_MAX) return "pending";
    const waiters = this.#byRun.get(runId) ?? new Set();
    this.#byRun.set(runId, waiters);
    const ending = Promise.withResolvers<RunStatus | "pending">();
    const timer = setTimeout(() => ending.resolve("pending"), deadlineMs);
    waiters.add(ending.resolve);
    try {
      return await ending.promise;
    } finally {
      clearTimeout(timer);
      waiters.delete(ending.resolve);
      if (waiters.size === 0) this.#byRun.delete(runId);
    }
  }
}
