/**
 * The JSON the console reads from the API, as the API's own schemas type it. Types only: a route that changes its answer
 * fails to compile here, and zod stays out of the first load.
 */
import type { Analysis, AnalysisSummary } from "../platform/analyses/model.ts";
import type { AccessToken, Me as MeAnswer } from "../platform/identity/model.ts";
import type { ApiKey } from "../platform/keys/model.ts";
import type { OrgMembership } from "../platform/orgs/model.ts";
import type { Run, RunWithTasks } from "../platform/tasks/model.ts";

export type {
  Analysis,
  AnalysisStatus,
  AnalysisSummary,
  Block,
  Diagnostic,
  FailedTest,
  LogHits,
  LogPage,
  Result,
  RetryHint,
  ShownLine as LogLine,
} from "../platform/analyses/model.ts";
export type { Run, Task } from "../platform/tasks/model.ts";
export type Session = AccessToken;
export type Key = ApiKey;
export type RunDetail = RunWithTasks;

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

/** A session that has an organization; one without sees no room of the console. */
export type Me = AnyMe & { readonly org: OrgMembership };
export type AnyMe = MeAnswer;

/** What an upload answers: the finished analysis (201), or where it will be (202). */
export type Uploaded = Analysis | { readonly id: string; readonly status: "pending" };

interface DayOfAnalyses {
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
  readonly pending: number;
}

interface DayOfRuns {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly running: number;
}

export interface Overview {
  readonly analyses: {
    readonly day: DayOfAnalyses;
    readonly by_category: readonly { readonly category: string; readonly count: number }[];
  };
  readonly runs: { readonly day: DayOfRuns };
  readonly latest_analyses: readonly AnalysisSummary[];
  readonly latest_failed_runs: readonly Run[];
}
