/** What to do about a category: retry or not, and the next steps; and how sure the answer is (B3). */
import type { Category, Result, RetryHint } from "../model.ts";
import type { Ranked } from "./blocks.ts";

interface Advice {
  readonly retry: RetryHint;
  readonly steps: readonly { readonly id: string; readonly text: string }[];
}

/** One row per group; a code's own step comes first. */
const ADVICE: Readonly<Record<string, Advice>> = {
  compile: {
    retry: "no",
    steps: [
      {
        id: "open_first_error",
        text: "Open the first file and line named; later errors often follow from it.",
      },
    ],
  },
  test: {
    retry: "maybe",
    steps: [
      {
        id: "run_test_alone",
        text: "Run that test alone; when it passes alone, look for shared state or an order it depends on.",
      },
    ],
  },
  lint: {
    retry: "no",
    steps: [{ id: "run_fix", text: "Run the tool's fix mode locally and commit the result." }],
  },
  runtime: {
    retry: "no",
    steps: [{ id: "read_own_frame", text: "Read the first stack frame in your own code." }],
  },
  dependency: {
    retry: "maybe",
    steps: [
      { id: "compare_lockfile", text: "Compare the lockfile with that of the last green run." },
    ],
  },
  config: {
    retry: "no",
    steps: [
      { id: "compare_setup", text: "Compare the tool or variable named with the last green run." },
    ],
  },
  deploy: {
    retry: "maybe",
    steps: [
      {
        id: "read_provider",
        text: "Read the provider's answer; check what was applied before it stopped.",
      },
    ],
  },
  infra: {
    retry: "yes",
    steps: [
      { id: "rerun", text: "Run the job again; check the status of the runners when it recurs." },
    ],
  },
  resource: {
    retry: "maybe",
    steps: [{ id: "raise_limit", text: "Raise the limit, or lower the parallelism." }],
  },
  timeout: {
    retry: "maybe",
    steps: [
      {
        id: "last_active_step",
        text: "Find the last step that printed something; it hung or is too slow.",
      },
    ],
  },
  network: {
    retry: "yes",
    steps: [{ id: "rerun_bounded", text: "Run the job again; give the download a bounded retry." }],
  },
  remote: {
    retry: "yes",
    steps: [
      { id: "check_service", text: "Check the service's status; cache what is fetched from it." },
    ],
  },
  auth: {
    retry: "no",
    steps: [
      {
        id: "check_secret",
        text: "Check that the secret is set and has the scope needed; forks get none.",
      },
    ],
  },
  vcs: {
    retry: "maybe",
    steps: [{ id: "check_ref", text: "Check the fetch depth, the reference and the credentials." }],
  },
  unknown: {
    retry: "maybe",
    steps: [
      { id: "read_tail", text: "Read the end of the log: no known failure was found in it." },
    ],
  },
};

const CODE_STEPS: Readonly<
  Partial<Record<Category, { readonly id: string; readonly text: string }>>
> = {
  "compile.link": {
    id: "check_libraries",
    text: "Check that the library is installed and named in the link command.",
  },
  "test.snapshot": { id: "update_snapshot", text: "Update the snapshot if the change is meant." },
  "test.timeout": {
    id: "raise_timeout",
    text: "See what the test waits for before raising its timeout.",
  },
  "runtime.missing_file": {
    id: "check_path",
    text: "Check the path, its case, and whether an earlier step makes the file.",
  },
  "dependency.missing_module": {
    id: "install_module",
    text: "Add the missing module to the dependencies, or install before this step.",
  },
  "dependency.lockfile": {
    id: "refresh_lockfile",
    text: "Run the install locally and commit the changed lockfile.",
  },
  "config.tool_missing": {
    id: "install_tool",
    text: "Install the tool in the job, or fix its name or path.",
  },
  "config.env_missing": {
    id: "set_variable",
    text: "Set the variable for this job; pull requests from forks get no secrets.",
  },
  "resource.disk_full": {
    id: "free_disk",
    text: "Free disk space before the build, or take a larger runner.",
  },
  "remote.not_found": {
    id: "check_url",
    text: "Check the address: what is fetched may have moved or been deleted.",
  },
};

/** The retry hint and next steps of a category. */
export function adviceOf(category: Category): {
  retry: RetryHint;
  steps: { id: string; text: string }[];
} {
  const advice = ADVICE[category.split(".")[0] ?? "unknown"];
  const own = CODE_STEPS[category];
  return {
    retry: advice?.retry ?? "maybe",
    steps: [...(own ? [own] : []), ...(advice?.steps ?? [])].map((step) => ({ ...step })),
  };
}

const HIGH_MIN = 75;
const MEDIUM_MIN = 45;
/** A top score of this much or more is as good as it gets. */
const SCORE_FULL = 16;

/** How sure the first block is the cause: its score, its lead over the second, and whether a parser read it. */
export function confidenceOf(ranked: readonly Ranked[]): Result["confidence"] {
  const [first, second] = ranked;
  if (!first || first.family === null) return { value: first ? 10 : 0, band: "low" };
  const lead = (first.score - (second?.score ?? 0)) / first.score;
  const value = Math.round(
    100 * (0.5 * Math.min(1, first.score / SCORE_FULL) + 0.3 * lead + (first.parsed ? 0.2 : 0)),
  );
  return { value, band: value >= HIGH_MIN ? "high" : value >= MEDIUM_MIN ? "medium" : "low" };
}
