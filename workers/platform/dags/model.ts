/** The vocabulary of DAGs: the part of the configuration that the first slice executes (builtin nodes, feeds). */
import { z } from "zod";

/** `sales.orders`: two to four segments. Bad ids are refused, never normalized (engine.md section 4). */
export const DatasetId = z
  .string()
  .max(150)
  .regex(/^[a-z][a-z0-9_]{0,47}(\.[a-z][a-z0-9_]{0,47}){1,3}$/)
  .refine((id) => !id.includes("__") && id.split(".").every((part) => !/_$|^(dg|pg)_/.test(part)), {
    error: "no segment contains __, ends in _ or starts with dg_ or pg_",
  });

/** One segment, or `sys.<name>` for the platform's own. */
export const DagId = z
  .string()
  .max(150)
  .regex(/^(sys\.)?[a-z][a-z0-9_]{0,47}$/);

const NodeId = z.string().regex(/^[a-z][a-z0-9_]{0,47}$/);

const Retry = z.strictObject({
  max_attempts: z.int().min(1).max(15).default(5),
  cap_s: z.int().min(1).max(86_400).default(900),
  /** Fixed delays per attempt; they replace the random ones [T4]. */
  schedule_s: z.array(z.int().min(0).max(86_400)).max(15).default([]),
});

const Source = z.strictObject({ id: NodeId, emits: DatasetId });

/** A node of this slice has one input; several inputs [T11] come with the plan. */
const Node = z.strictObject({
  id: NodeId,
  runtime: z.literal("builtin"),
  operator: z.string().regex(/^[a-z][a-z0-9_.]{0,63}$/),
  /** Rises when the operator's output may differ [C24]. */
  n: z.int().min(1),
  input: DatasetId,
  outputs: z.array(DatasetId).max(8).default([]),
  config: z.json().default(null),
  retry: Retry.prefault({}),
  timeout_s: z.int().min(1).max(840).default(300),
});
export type DagNode = z.infer<typeof Node>;

export const DagConfig = z
  .strictObject({
    schema: z.literal("edgewright/dag/v1"),
    dag: DagId,
    sources: z.array(Source).min(1).max(16),
    nodes: z.array(Node).min(1).max(500),
  })
  .superRefine((dag, context) => {
    const producers = new Map<string, string>();
    for (const source of dag.sources) claim(source.emits, `source:${source.id}`);
    for (const node of dag.nodes) for (const dataset of node.outputs) claim(dataset, node.id);
    for (const node of dag.nodes) {
      if (!producers.has(node.input))
        context.addIssue(`${node.id} reads ${node.input}, which nothing here produces`);
    }
    if (hasCycle(dag.nodes)) context.addIssue("the nodes form a cycle");
    if (new Set(dag.nodes.map((node) => node.id)).size < dag.nodes.length)
      context.addIssue("two nodes share an id");

    function claim(dataset: string, producer: string): void {
      const other = producers.get(dataset);
      if (other !== undefined)
        context.addIssue(`${dataset} has two producers, ${other} and ${producer}`);
      producers.set(dataset, producer);
    }
  });
export type DagConfig = z.infer<typeof DagConfig>;

/** Removes nodes whose input is settled until none moves; what is left reads itself. O(n^2) at worst, n <= 500. */
function hasCycle(nodes: readonly Pick<DagNode, "input" | "outputs">[]): boolean {
  let left = [...nodes];
  for (;;) {
    const unsettled = new Set(left.flatMap((node) => node.outputs));
    const next = left.filter((node) => unsettled.has(node.input));
    if (next.length === 0) return false;
    if (next.length === left.length) return true;
    left = next;
  }
}
