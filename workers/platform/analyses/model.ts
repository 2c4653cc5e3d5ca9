/** The vocabulary of failure analyses: what goes in, what comes out, and the closed list of categories. */
import { z } from "zod";

/** Largest log answered in the same request (architecture.md section 4). */
export const LOG_INLINE_BYTES_MAX = 10_240;
/** Largest single log upload: 50 MiB. Cloudflare itself refuses bodies above 100 MB (Workers limits). */
export const LOG_BYTES_MAX = 52_428_800;
/** How long an inline upload may wait for its result. */
export const INLINE_DEADLINE_MS = 5_000;
/** Lines shown over all blocks of a result [AN20]. */
export const LINES_SHOWN_MAX = 60;
/** Every this many lines the analyzer notes one byte offset, so that a viewer can page [AN21]. */
export const INDEX_STRIDE_LINES = 1_000;
/** Lines are cut here before any pattern sees them [AN10]. */
export const LINE_CHARS_MAX = 4_096;

/** Every code of a group; codes are only ever added. `unknown` stands outside. Source: reviews-analyses B3. */
export const CATEGORY_CODES = {
  compile: ["syntax", "type", "symbol", "link", "codegen"],
  test: ["assertion", "error", "timeout", "crash", "snapshot", "setup"],
  lint: ["style", "format", "static", "docs", "coverage_gate"],
  runtime: ["exception", "segfault", "panic", "sanitizer", "missing_file", "database"],
  dependency: ["resolve", "conflict", "install", "lockfile", "integrity", "missing_module"],
  config: ["workflow", "build_script", "env_missing", "tool_missing", "tool_version"],
  deploy: ["apply", "migration", "publish", "health_check", "quota"],
  infra: ["runner_lost", "pod", "image_pull", "image_missing", "daemon", "image_build"],
  resource: ["oom", "disk_full", "file_handles", "device"],
  timeout: ["job", "step", "no_output", "remote"],
  network: ["dns", "refused", "reset", "tls", "proxy"],
  remote: ["unavailable", "not_found", "rate_limited", "bad_content"],
  auth: ["denied", "token", "certificate", "registry", "permission"],
  vcs: ["checkout", "conflict", "submodule", "lfs", "push_rejected"],
} as const;

export type CategoryGroup = keyof typeof CATEGORY_CODES;
/** `group.code`, for example `test.assertion`; `unknown` when no candidate was found. */
export type Category =
  | { [G in CategoryGroup]: `${G}.${(typeof CATEGORY_CODES)[G][number]}` }[CategoryGroup]
  | "unknown";

const categories: string[] = ["unknown"];
for (const [group, codes] of Object.entries(CATEGORY_CODES)) {
  for (const code of codes) categories.push(`${group}.${code}`);
}
/** Parses a category; the list above is the only source. Its type cannot be computed from a list built in a loop. */
export const Category = z.enum(categories) as z.ZodType<string> as z.ZodType<Category>;

export const RetryHint = z.enum(["yes", "maybe", "no"]);
export type RetryHint = z.infer<typeof RetryHint>;

/** One reason a block was ranked where it is: a factor of AN18, or a parser that found failures in it. */
export const Evidence = z.strictObject({ signal: z.string(), value: z.number() });
export type Evidence = z.infer<typeof Evidence>;

/** What a pattern captured in a block's best line, all as text. */
export const Captures = z.record(z.string(), z.string());
export type Captures = z.infer<typeof Captures>;

/** `n` is the 1-based raw line number; `cut` says that the line was longer than LINE_CHARS_MAX. */
export const ShownLine = z.strictObject({
  n: z.int(),
  text: z.string(),
  cut: z.literal(true).optional(),
});
export type ShownLine = z.infer<typeof ShownLine>;

/** A ranked range of the log. Lines and bytes are inclusive starts; `end_line` is inclusive, `end_byte` exclusive. */
export const Block = z.strictObject({
  rank: z.int(),
  unit: z.string(),
  start_line: z.int(),
  end_line: z.int(),
  start_byte: z.int(),
  end_byte: z.int(),
  omitted: z.array(z.tuple([z.int(), z.int()])),
  lines: z.array(ShownLine),
  score: z.number(),
  code: Category,
  family: z.string(),
  captures: Captures,
  evidence: z.array(Evidence),
});
export type Block = z.infer<typeof Block>;

export const FailedTest = z.strictObject({
  framework: z.string(),
  suite: z.string().optional(),
  name: z.string(),
  file: z.string().optional(),
  line: z.int().optional(),
  message: z.string().optional(),
  log_line: z.int(),
});
export type FailedTest = z.infer<typeof FailedTest>;

/** Totals a test framework printed about itself. */
export const TestCounts = z.strictObject({
  framework: z.string(),
  run: z.int(),
  failed: z.int(),
  skipped: z.int(),
});
export type TestCounts = z.infer<typeof TestCounts>;

/** One message of a compiler, linter or build tool, located in a source file. */
export const Diagnostic = z.strictObject({
  tool: z.string(),
  severity: z.enum(["error", "warning", "info"]),
  file: z.string(),
  line: z.int().optional(),
  column: z.int().optional(),
  end_line: z.int().optional(),
  end_column: z.int().optional(),
  rule: z.string().optional(),
  message: z.string(),
  log_line: z.int(),
});
export type Diagnostic = z.infer<typeof Diagnostic>;

/** The explanation of one log. Excerpts are redacted [RD1]; equal bytes and options give an equal result [AN22]. */
export const Result = z.strictObject({
  engine_version: z.string(),
  units: z.int(),
  lines: z.int(),
  bytes: z.int(),
  stop_line: z.int().optional(),
  exit_code: z.int().optional(),
  section: z.string().optional(),
  category: Category,
  confidence: z.strictObject({
    value: z.int().min(0).max(100),
    band: z.enum(["high", "medium", "low"]),
  }),
  blocks: z.array(Block),
  failed_tests: z.array(FailedTest),
  counts: z.array(TestCounts),
  diagnostics: z.array(Diagnostic),
  baseline: z.enum(["none", "used", "saturated"]),
  next_steps: z.array(z.strictObject({ id: z.string(), text: z.string() })),
  retry_hint: RetryHint,
  group_id: z.string().optional(),
  flaky: z.boolean(),
  redactions: z.int(),
});
export type Result = z.infer<typeof Result>;

/** Random access to the bytes of one log. `read` returns exactly `min(length, size - offset)` bytes. */
export interface LogSource {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** What the caller knows besides the bytes. */
export interface AnalyzeOptions {
  /** Exit code of the failed step, when the caller has it. */
  readonly exitCode?: number;
  /** Name of the one unit when the log is not a zip: a file or job name. */
  readonly unit?: string;
  /** Default LINES_SHOWN_MAX. */
  readonly linesShownMax?: number;
}

/** A result and the byte offsets of lines 1, 1001, 2001, ... for paging through the log. */
export interface Analyzed {
  readonly result: Result;
  readonly lineIndex: readonly number[];
}

/** What a caller may say about a log: the query of POST /analyses [AN1]. */
export const AnalysisMeta = z.strictObject({
  name: z.string().trim().min(1).max(200).optional(),
  repository: z.string().max(200).optional(),
  workflow: z.string().max(200).optional(),
  job: z.string().max(200).optional(),
  step: z.string().max(200).optional(),
  head_sha: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/)
    .optional(),
  branch: z.string().max(255).optional(),
  run_attempt: z.coerce.number().int().min(1).max(1_000_000).optional(),
  exit_code: z.coerce.number().int().min(-2_147_483_648).max(2_147_483_647).optional(),
});
export type AnalysisMeta = z.infer<typeof AnalysisMeta>;

/** `completed` and `failed` are final until a rerun [AN2]. */
export const AnalysisStatus = z.enum(["pending", "processing", "completed", "failed"]);
export type AnalysisStatus = z.infer<typeof AnalysisStatus>;

export const AnalysisSummary = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  status: AnalysisStatus,
  source: z.enum(["api", "console"]),
  repository: z.string().nullable(),
  workflow: z.string().nullable(),
  job: z.string().nullable(),
  step: z.string().nullable(),
  head_sha: z.string().nullable(),
  branch: z.string().nullable(),
  run_attempt: z.int().nullable(),
  logs_size_bytes: z.int(),
  category: z.string().nullable(),
  confidence: z
    .strictObject({ value: z.int(), band: z.enum(["high", "medium", "low"]) })
    .nullable(),
  /** First line of the top block. */
  title: z.string().nullable(),
  failed_tests: z.int(),
  run_id: z.string().nullable(),
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  created_at: z.iso.datetime(),
  completed_at: z.iso.datetime().nullable(),
  processing_ms: z.int().nullable(),
  /** US dollars as decimal text: what its runs cost so far. Null while nothing is known of them. */
  cost_usd: z.string().nullable(),
});
export type AnalysisSummary = z.infer<typeof AnalysisSummary>;

export const Analysis = z.strictObject({ ...AnalysisSummary.shape, result: Result.nullable() });
export type Analysis = z.infer<typeof Analysis>;

/** Most lines of one page of a log. */
export const LOG_PAGE_LINES_MAX = 2_000;
/** Most hits of one search answer. */
export const LOG_HITS_MAX = 1_000;

export const LogPage = z.strictObject({
  from_line: z.int(),
  total_lines: z.int(),
  lines: z.array(ShownLine),
});
export type LogPage = z.infer<typeof LogPage>;

export const LogHits = z.strictObject({
  lines: z.array(z.int()),
  next_from_line: z.int().nullable(),
});
export type LogHits = z.infer<typeof LogHits>;
