/** The set of families, markers and parsers one line may concern; reused from line to line without allocation. */
import type { Asked, Prefilter } from "./prefilter.ts";

/** Three small sets over indices. Stamps instead of clearing: a new line costs one increment. */
export class Hits {
  readonly families: number[] = [];
  readonly markers: number[] = [];
  readonly parsers: number[] = [];
  readonly #asked: readonly Asked[];
  readonly #stamps: Int32Array;
  readonly #families: number;
  readonly #markers: number;
  #stamp = 1;

  constructor(prefilter: Prefilter) {
    this.#asked = prefilter.asked;
    this.#families = prefilter.families.length;
    this.#markers = prefilter.markers.length;
    this.#stamps = new Int32Array(this.#families + this.#markers + prefilter.parsers.length);
  }

  get some(): boolean {
    return this.families.length + this.markers.length + this.parsers.length > 0;
  }

  /** Forgets the line. */
  clear(): void {
    this.#stamp++;
    this.families.length = 0;
    this.markers.length = 0;
    this.parsers.length = 0;
  }

  /** Adds what outputs of the automaton stand for. */
  add(outputs: readonly number[]): void {
    for (const output of outputs) {
      const asked = this.#asked[output];
      if (!asked) continue;
      this.#join(asked.families, 0, this.families);
      this.#join(asked.markers, this.#families, this.markers);
      this.#join(asked.parsers, this.#families + this.#markers, this.parsers);
    }
  }

  #join(indices: readonly number[], base: number, into: number[]): void {
    for (const index of indices) {
      if (this.#stamps[base + index] === this.#stamp) continue;
      this.#stamps[base + index] = this.#stamp;
      into.push(index);
    }
  }
}
