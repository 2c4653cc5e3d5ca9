/** Which faults a seed meets, and how often. Each seed draws its own set, so rare combinations are met too. */
import type { Random } from "./random.ts";

export const FAULTS = [
  "message.duplicated",
  "message.delayed",
  "message.dropped",
  "queue.emptied",
  "queue.refused",
  "worker.crashed_before_fetch",
  "worker.crashed_after_fetch",
  "worker.crashed_after_work",
  "report.answer_lost",
  "report.repeated",
  "worker.slow",
  "heartbeat.lost",
  "object.evicted",
  "commit.crashed",
  "alarm.late",
  "alarm.lost",
  "alarm.double",
  "clock.jumped_ahead",
  "clock.jumped_back",
  "mirror.refused",
  "mirror.answer_lost",
  "task.poison",
  "task.flaky",
  "task.hopeless",
  "run.canceled",
  "task.canceled",
  "task.retried",
  "source.repeated",
  "direct.reply_lost",
  "outputs.foreign",
] as const;
export type Fault = (typeof FAULTS)[number];

export class Faults {
  readonly #rates = new Map<Fault, number>();
  readonly #random: Random;
  #calm = false;
  readonly met = new Map<Fault, number>();

  constructor(random: Random) {
    this.#random = random;
    for (const fault of FAULTS) {
      if (random.chance(0.4)) this.#rates.set(fault, random.pick([0.02, 0.1, 0.35]));
    }
  }

  /** From now on nothing goes wrong any more: what is left must settle. */
  calm(): void {
    this.#calm = true;
  }

  strikes(fault: Fault): boolean {
    const rate = this.#rates.get(fault);
    if (rate === undefined || this.#calm || !this.#random.chance(rate)) return false;
    this.meets(fault);
    return true;
  }

  meets(fault: Fault): void {
    this.met.set(fault, (this.met.get(fault) ?? 0) + 1);
  }

  /** Whether this seed knows the fault at all: for properties of a task that hold for its whole life. */
  knows(fault: Fault): boolean {
    return this.#rates.has(fault);
  }
}
