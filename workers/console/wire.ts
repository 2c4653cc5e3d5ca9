/** The JSON the console reads from the API. Types only: nothing is parsed at start, zod stays out of the first load. */
import type { Category, Result, RetryHint } from "../platform/analyses/model.ts";

export type { Block, Diagnostic, FailedTest, Result } from "../platform/analyses/model.ts";
export type { RetryHint };

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

export interface Session {
  readonly access_token: string;
  /** Seconds. */
  readonly expires_in: number;
  readonly org_id: string;
}

export interface Org {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly role: string;
}

export interface Me {
  readonly user: { readonly id: string; readonly name: string; readonly email: string | null };
  readonly org: Org;
  readonly orgs: readonly Org[];
  /** `action@resource pattern`, for example `analyses.read@**`. */
  readonly grants: readonly string[];
}

export type AnalysisStatus = "pending" | "processing" | "completed" | "failed";

export interface AnalysisSummary {
  readonly id: string;
  readonly name: string;
  readonly status: AnalysisStatus;
  readonly source: "api" | "console";
  readonly repository: string | null;
  readonly workflow: string | null;
  readonly job: string | null;
  readonly step: string | null;
  readonly head_sha: string | null;
  readonly branch: string | null;
  readonly run_attempt: number | null;
  readonly logs_size_bytes: number;
  readonly category: Category | null;
  readonly confidence: { readonly value: number; readonly band: "high" | "medium" | "low" } | null;
  readonly title: string | null;
  readonly failed_tests: number;
  readonly run_id: string;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly created_at: string;
  readonly completed_at: string | null;
  readonly processing_ms: number | null;
}

export interface Analysis extends AnalysisSummary {
  readonly result: Result | null;
}

/** What an upload answers: the finished analysis (201), or where it will be (202). */
export type Uploaded =
  | Analysis
  | { readonly id: string; readonly status: "pending"; readonly run_id: string };

export interface LogLine {
  readonly n: number;
  readonly text: string;
  readonly cut?: boolean;
}

export interface LogPage {
  readonly from_line: number;
  readonly total_lines: number;
  readonly lines: readonly LogLine[];
}

export interface LogHits {
  readonly lines: readonly number[];
  readonly next_from_line: number | null;
}

export type RunStatus = "running" | "succeeded" | "failed" | "canceled";

export interface Run {
  readonly id: string;
  readonly dag_id: string;
  readonly status: RunStatus;
  readonly mode: "live" | "backfill";
  readonly subject: { readonly kind: string; readonly id: string } | null;
  readonly tasks: {
    readonly total: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly open: number;
  };
  readonly created_at: string;
  readonly ended_at: string | null;
}

export type TaskState =
  | "ready"
  | "queued"
  | "leased"
  | "succeeded"
  | "failed"
  | "canceled"
  | "canceling"
  | "superseded";

export interface Task {
  readonly id: string;
  readonly run_id: string;
  readonly dag_id: string;
  readonly node_id: string;
  readonly operator: string;
  readonly state: TaskState;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly not_before: string | null;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly retryable: boolean;
  } | null;
}

export interface RunDetail extends Run {
  readonly items_tasks: readonly Task[];
}

export interface Key {
  readonly id: string;
  readonly key_id: string;
  readonly name: string;
  readonly grants: readonly string[];
  readonly created_by: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
  readonly revoked_at: string | null;
}

export interface Overview {
  readonly analyses: {
    readonly day: {
      readonly total: number;
      readonly completed: number;
      readonly failed: number;
      readonly pending: number;
    };
    readonly by_category: readonly { readonly category: string; readonly count: number }[];
  };
  readonly runs: {
    readonly day: {
      readonly total: number;
      readonly succeeded: number;
      readonly failed: number;
      readonly running: number;
    };
  };
  readonly latest_analyses: readonly AnalysisSummary[];
  readonly latest_failed_runs: readonly Run[];
}
