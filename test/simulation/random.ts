/** Chance from one 64-bit seed, the same on every machine. */
import type { Rng } from "../../durable-objects/dispatcher/machine/state.ts";

/** sfc32 over a seed spread by splitmix; a simulation draws from nothing else. */
export class Random implements Rng {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  constructor(seed: bigint) {
    this.#a = Number(seed & 0xffff_ffffn) | 0;
    this.#b = Number((seed >> 32n) & 0xffff_ffffn) | 0;
    this.#c = 0x9e37_79b9 | 0;
    for (let i = 0; i < 12; i += 1) this.next();
  }

  /** Uniform in [0, 1). */
  next(): number {
    const t = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    return (t >>> 0) / 2 ** 32;
  }

  /** A whole number in [from, to]. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    const found = list[this.int(0, list.length - 1)];
    if (found === undefined) throw new RangeError("nothing to pick from");
    return found;
  }
}
