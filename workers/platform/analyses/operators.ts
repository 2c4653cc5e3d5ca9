/** The builtin operators of sys.analyses: split a log into units, locate the failure, report it. */
import { z } from "zod";
import { getObject, logSource, ObjectGone, putBytes } from "../adapters/artifacts.ts";
import type { OperatorOutcome } from "../tasks/model.ts";
import type { Operator, OperatorContext } from "../tasks/service.ts";
import { Result, type AnalyzeOptions } from "./model.ts";
import { analyze } from "./rules/analyze.ts";
import { headlineOf } from "./rules/headline.ts";
import { announceEnd, type Ended } from "./service/announce.ts";
import { resultKeyOf } from "./service/intake.ts";
import { completeAnalysis, failAnalysis, markProcessing, readAnalysisInput } from "./store/rows.ts";

const LogEvent = z.strictObject({ analysis_id: z.uuid() });
const Located = z.strictObject({ analysis_id: z.uuid(), key: z.string() });
const Finding = z.strictObject({ result: Result, line_index: z.array(z.int()) });

const succeeded = (
  dataset: string,
  partition: string,
  payload: Record<string, string | number>,
): OperatorOutcome => ({
  ok: true,
  outputs: [{ dataset_id: dataset, partition, payload }],
});

/** An analysis that was deleted meanwhile needs nothing more. */
const nothing: OperatorOutcome = { ok: true, outputs: [] };

async function failed(
  context: OperatorContext,
  org: string,
  id: string,
  runId: string,
): Promise<OperatorOutcome> {
  const error = { code: "log_expired", message: "The log is no longer stored. Upload it again." };
  const known = await context.sql.transaction({ org }, async (tx) => {
    await failAnalysis(tx, id, runId, error, context.now());
    return readAnalysisInput(tx, id);
  });
  if (known === undefined) return nothing;
  return (await untold(context, { org, id, runId })) ?? { ok: false, ...error, retryable: false };
}

/** Tells whoever wants to know. An outcome when that was not possible now, so that the engine tries again. */
async function untold(
  context: OperatorContext,
  ended: Ended,
): Promise<OperatorOutcome | undefined> {
  const told = await announceEnd(context, ended);
  if (told.ok) return undefined;
  const { code, detail: message = "The deliveries of this event could not be requested." } =
    told.refusal;
  return { ok: false, code, message, retryable: code === "backlog_full" };
}

/** One log is one unit; archives of several come with AN5. */
const split: Operator = {
  name: "analyses.split",
  n: 1,
  run: async (context, task) => {
    const { analysis_id } = LogEvent.parse(task.event.payload);
    await context.sql.transaction({ org: task.org_id }, (tx) =>
      markProcessing(tx, analysis_id, task.run_id),
    );
    return succeeded("sys.analyses.units", task.event.partition, { analysis_id });
  },
};

const locate: Operator = {
  name: "analyses.locate",
  n: 1,
  run: async (context, task) => {
    const { analysis_id } = LogEvent.parse(task.event.payload);
    const { env, sql } = context;
    const input = await sql.transaction({ org: task.org_id }, (tx) =>
      readAnalysisInput(tx, analysis_id),
    );
    if (input === undefined) return nothing;
    if (input.logKey === null) return failed(context, task.org_id, analysis_id, task.run_id);
    const source = logSource(env.LOGS, input.logKey, input.bytes);
    try {
      const options: AnalyzeOptions = {
        unit: input.name,
        ...(input.exitCode === null ? {} : { exitCode: input.exitCode }),
      };
      const { result, lineIndex } = await analyze(source, options);
      const key = resultKeyOf(task.org_id, analysis_id);
      await putBytes(
        env.ARTIFACTS,
        key,
        JSON.stringify({ result, line_index: lineIndex }),
        "application/json",
      );
      return succeeded("sys.analyses.results", task.event.partition, { analysis_id, key });
    } catch (error) {
      if (error instanceof ObjectGone)
        return failed(context, task.org_id, analysis_id, task.run_id);
      throw error;
    } finally {
      await source.close();
    }
  },
};

const report: Operator = {
  name: "analyses.report",
  n: 1,
  run: async (context, task) => {
    const { analysis_id, key } = Located.parse(task.event.payload);
    const object = await getObject(context.env.ARTIFACTS, key);
    if (object === null) return nothing;
    const { result, line_index } = Finding.parse(await object.json());
    const completion = {
      id: analysis_id,
      runId: task.run_id,
      result,
      lineIndex: line_index,
      title: headlineOf(result),
      at: context.now(),
    };
    await context.sql.transaction({ org: task.org_id }, (tx) =>
      completeAnalysis(tx, task.org_id, completion),
    );
    const traceparent = task.traceparent ?? undefined;
    const ended = { org: task.org_id, id: analysis_id, runId: task.run_id, traceparent };
    const refusal = await untold(context, ended);
    if (refusal !== undefined) return refusal;
    return succeeded("sys.analyses.reports", task.event.partition, {
      analysis_id,
      category: result.category,
    });
  },
};

export const analysesOperators: readonly Operator[] = [split, locate, report];
