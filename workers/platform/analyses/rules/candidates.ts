/** The lines most likely to tell the cause, kept in bounded memory while the log streams by [AN15, AN21]. */

/** Candidates kept per log. */
export const CANDIDATES_MAX = 500;
/** Candidates kept per template: enough to see repetition, few enough to leave room for others. */
const PER_TEMPLATE_MAX = 24;

/** A line that matched a family in pass 1. */
export interface Candidate {
  readonly n: number;
  readonly offset: number;
  readonly weight: number;
  readonly template: number;
  /** Score before sections and the stop are known. */
  readonly early: number;
}

/** A min-heap by early score; the later line wins a tie, so that what stays does not depend on arrival in chunks. */
export class Candidates {
  readonly #heap: Candidate[] = [];
  readonly #perTemplate = new Map<number, number>();

  /** Takes a candidate; the weakest goes when there are too many. O(log CANDIDATES_MAX). */
  add(candidate: Candidate): void {
    const same = this.#perTemplate.get(candidate.template) ?? 0;
    if (same >= PER_TEMPLATE_MAX) return;
    const weakest = this.#heap[0];
    if (this.#heap.length >= CANDIDATES_MAX && weakest) {
      if (!before(weakest, candidate)) return;
      this.#release(weakest.template);
      this.#heap[0] = candidate;
      this.#sink();
    } else {
      this.#heap.push(candidate);
      this.#rise();
    }
    this.#perTemplate.set(candidate.template, (this.#perTemplate.get(candidate.template) ?? 0) + 1);
  }

  /** How many are held now. */
  get size(): number {
    return this.#heap.length;
  }

  /** All kept candidates in line order. */
  inOrder(): readonly Candidate[] {
    return this.#heap.toSorted((a, b) => a.n - b.n);
  }

  #release(template: number): void {
    const left = (this.#perTemplate.get(template) ?? 1) - 1;
    if (left === 0) this.#perTemplate.delete(template);
    else this.#perTemplate.set(template, left);
  }

  #rise(): void {
    const heap = this.#heap;
    let at = heap.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfBefore(at, parent)) return;
      at = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const [a, b] = [heap[left], heap[right]];
      const child = a && b && before(b, a) ? right : left;
      if (!a || !this.#swapIfBefore(child, at)) return;
      at = child;
    }
  }

  #swapIfBefore(child: number, parent: number): boolean {
    const [a, b] = [this.#heap[child], this.#heap[parent]];
    if (!a || !b || !before(a, b)) return false;
    this.#heap[parent] = a;
    this.#heap[child] = b;
    return true;
  }
}

/** Whether `a` leaves the heap before `b`. */
const before = (a: Candidate, b: Candidate): boolean =>
  a.early < b.early || (a.early === b.early && a.n < b.n);
