/** The queue's consumer and the Runner: fetch an envelope, work on its tasks, keep the lease alive, report. */
import { WorkerEntrypoint } from "cloudflare:workers";
import { z } from "zod";
import {
  type Assignment,
  Hint,
  type TaskReport,
} from "../../../durable-objects/dispatcher/model.ts";
import { workerLog, type Log } from "../adapters/log.ts";
import { countEvents } from "../adapters/metrics.ts";
import { sqlFrom } from "../adapters/postgres.ts";
import type { Result } from "../model.ts";
import { parts } from "./consumer/parts.ts";
import { work } from "./consumer/work.ts";
import { dispatcherOf, type Operator, type Ran, type RunnerApi, runnerOf } from "./service.ts";

const DEAD_LETTERS = "edgewright-dlq";
/** A report is tried this often while the dispatcher restarts; after that the lease ends and the tasks run again. */
const REPORT_TRIES = 5;
const REPORT_RETRY_MS = 200;

/** The parts that `index.ts` exports: the queue handler, and the entrypoint in which work runs [C12]. */
export function runner(registry: readonly Operator[]): {
  queue: ExportedHandlerQueueHandler<Env>;
  Runner: ReturnType<typeof runnerClass>;
} {
  return { queue: consume, Runner: runnerClass(registry) };
}

/** Acknowledges what was fetched or is poison; only an unreachable dispatcher lets the queue try again [Q3]. */
async function consume(batch: MessageBatch, env: Env, context: ExecutionContext): Promise<void> {
  const log = logOf(env);
  const one = batch.queue.startsWith(DEAD_LETTERS)
    ? (message: Message) => recordDead(message, env, log)
    : (message: Message) => take(message, context, log);
  await Promise.all(batch.messages.map(one));
}

async function take(message: Message, context: ExecutionContext, log: Log): Promise<void> {
  const hint = Hint.safeParse(message.body);
  if (!hint.success) {
    log.error("queue message is poison", {
      message_id: message.id,
      reason: z.prettifyError(hint.error),
    });
    message.ack();
    return;
  }
  try {
    // Its own invocation, with its own limits: one envelope cannot use up another's [Q4].
    await runnerOf(context.exports).run(hint.data);
    message.ack();
  } catch (error) {
    log.warn("dispatcher not reached, the queue tries again", {
      envelope_id: hint.data.envelope_id,
      error: String(error),
    });
    message.retry();
  }
}

/**
 * A dead letter is recorded and its dispatcher called, which re-arms an alarm that was lost; the alarm sends the envelope
 * again [C7, Q6]. Sending all at once here would turn one dead letter into two hundred.
 */
async function recordDead(message: Message, env: Env, log: Log): Promise<void> {
  const hint = Hint.safeParse(message.body);
  log.error("dead letter", {
    message_id: message.id,
    attempts: message.attempts,
    envelope_id: hint.success ? hint.data.envelope_id : null,
  });
  try {
    if (hint.success) {
      const { org_id, dag_id } = hint.data.dispatcher;
      await dispatcherOf(env, org_id, dag_id).backlog({ v: 1, org_id, dag_id });
    }
    await countEvents(env, "dead_letters", 1, log);
    message.ack();
  } catch (error) {
    log.warn("dispatcher not reached, the dead letter stays", {
      message_id: message.id,
      error: String(error),
    });
    message.retry();
  }
}

function runnerClass(registry: readonly Operator[]) {
  return class Runner extends WorkerEntrypoint<Env> implements RunnerApi {
    /** Fetches the envelope and works on it. Locally it answers as soon as it was fetched, for the local broker runs one batch at a time [C8]. */
    async run(hint: Hint): Promise<Ran> {
      const { org_id, dag_id } = hint.dispatcher;
      const dispatcher = dispatcherOf(this.env, org_id, dag_id);
      const fetched = await dispatcher.fetchEnvelope({
        v: 1,
        org_id,
        dag_id,
        envelope_id: hint.envelope_id,
      });
      if (!fetched.ok || fetched.value.kind === "gone") return "gone";
      const working = this.#lease(fetched.value.assignment);
      if (this.env.ENVIRONMENT === "local") {
        this.ctx.waitUntil(working);
        return "accepted";
      }
      await working;
      return "done";
    }

    /** Works on tasks the dispatcher leased itself, and returns their results; it renews the lease meanwhile [Q7]. */
    perform(assignment: Assignment): Promise<TaskReport[]> {
      return work(this.#ports(), registry, assignment, new AbortController());
    }

    async #lease(assignment: Assignment): Promise<void> {
      const log = logOf(this.env, assignment);
      const stop = new AbortController();
      const canceled = new Map<number, AbortController>();
      const dispatcher = dispatcherOf(this.env, assignment.org_id, assignment.dag_id);
      const { org_id, dag_id, envelope_id, fence } = assignment;
      const lease = { v: 1, org_id, dag_id, envelope_id, fence } as const;
      const beat = setInterval(() => {
        // A heartbeat that does not arrive is not an error: two may be missed before the lease ends [L3].
        void dispatcher.renew(lease).then(
          (renewed) => {
            if (renewed.ok)
              for (const tid of renewed.value.canceled)
                canceled.get(tid)?.abort(new Error("task_canceled"));
            // Another version of the dispatcher may refuse the call as such; the lease is lost only when it says so [L2].
            else if (renewed.refusal.code === "lease_lost") stop.abort(new Error("lease_lost"));
          },
          (error: unknown) => log.warn("heartbeat not answered", { error: String(error) }),
        );
      }, assignment.heartbeat_ms);
      try {
        const results = await work(this.#ports(), registry, assignment, stop, canceled);
        if (stop.signal.aborted) return;
        for (const part of parts(results))
          await persist(() => dispatcher.report({ ...lease, ...part }), log);
      } finally {
        clearInterval(beat);
      }
    }

    #ports() {
      return { env: this.env, sql: sqlFrom(this.env), now: () => Date.now(), log: logOf(this.env) };
    }
  };
}

const logOf = (env: Env, assignment?: Assignment): Log =>
  workerLog(env.VERSION, () => Date.now(), {
    part: "runner",
    ...(assignment === undefined
      ? {}
      : {
          org: assignment.org_id,
          dag: assignment.dag_id,
          node: assignment.node_id,
          envelope_id: assignment.envelope_id,
        }),
  });

/** Repeats a report until it is answered: a second one with the same fence is refused and changes nothing [L2]. */
async function persist(send: () => Promise<Result<null>>, log: Log): Promise<void> {
  for (let tried = 1; tried <= REPORT_TRIES; tried += 1) {
    const answer = await send().catch((error: unknown) => String(error));
    if (typeof answer !== "string" && answer.ok) return;
    const code = typeof answer === "string" ? answer : answer.refusal.code;
    log.warn("the dispatcher did not take the report", { tried, code });
    // Only this answer is final; another version of the call is gone in a moment.
    if (code === "lease_lost") return;
    await new Promise((resolve) => setTimeout(resolve, REPORT_RETRY_MS * 2 ** tried));
  }
}
