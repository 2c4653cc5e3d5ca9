/** What other capabilities use of the engine: the interface of operators, emitting events, waiting for runs. */
import type { Log } from "../adapters/log.ts";
import type { Sql } from "../adapters/postgres.ts";
import type { OperatorOutcome, OperatorTask } from "./model.ts";

export interface OperatorContext {
  readonly env: Env;
  readonly sql: Sql;
  /** Aborted on cancel, on a lost lease and at the node's timeout. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly now: () => number;
}

/**
 * The code of a node. `n` rises when the same input may give another output [C24].
 * Throwing counts as a retryable failure; an expected no is `{ok: false}`.
 */
export interface Operator {
  readonly name: string;
  readonly n: number;
  run(context: OperatorContext, task: OperatorTask): Promise<OperatorOutcome>;
}
