/** The tasks of a run, each with retry and cancel; what cannot be done says why [CN6]. */
import { Link } from "@tanstack/react-router";
import type { QueryKey } from "@tanstack/react-query";
import { whyNotTask } from "../../can.ts";
import { paths } from "../../paths.ts";
import { useAction } from "../../queries/action.ts";
import { cancelTask, retryTask, runsKey } from "../../queries/runs.ts";
import { Table } from "../../table/table.tsx";
import type { Column } from "../../table/table.tsx";
import { Button } from "../../ui/button.tsx";
import { State } from "../../ui/state.tsx";
import { Time } from "../../ui/time.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { RunDetail, Task } from "../../wire.ts";

interface TaskTableProps {
  readonly org: string;
  readonly run: RunDetail;
  readonly grants: readonly string[];
  readonly current: string | undefined;
}

const CHANGES: readonly QueryKey[] = [runsKey];

export function TaskTable({ org, run, grants, current }: TaskTableProps) {
  return (
    <Table
      label="Tasks"
      columns={columns(org, grants)}
      rows={run.items_tasks}
      rowKey={(task) => task.id}
      current={current}
    />
  );
}

const columns = (org: string, grants: readonly string[]): readonly Column<Task>[] => [
  { name: "State", cell: (task) => <State state={task.state} /> },
  {
    name: "Node",
    cell: (task) => (
      <Link
        {...paths.run(org, task.run_id, { task: task.id })}
        className="font-medium hover:underline"
      >
        {task.node_id}
      </Link>
    ),
  },
  {
    name: "Operator",
    wide: true,
    cell: (task) => <span className="font-mono text-sm text-soft">{task.operator}</span>,
  },
  { name: "Attempt", right: true, cell: (task) => `${task.attempt} of ${task.max_attempts}` },
  {
    name: "Error",
    grow: true,
    cell: (task) =>
      task.error === null ? (
        <span className="text-faint">none</span>
      ) : (
        <span title={task.error.message}>
          <span className="font-mono text-sm text-fail">{task.error.code}</span>{" "}
          <span className="text-soft">{task.error.message}</span>
        </span>
      ),
  },
  { name: "Changed", wide: true, right: true, cell: (task) => <Time at={task.updated_at} /> },
  { name: "Actions", right: true, cell: (task) => <Actions task={task} grants={grants} /> },
];

function Actions({ task, grants }: { task: Task; grants: readonly string[] }) {
  const retry = useAction({
    run: retryTask,
    changes: CHANGES,
    done: () => toastOk(`${task.node_id} runs again.`),
  });
  const cancel = useAction({
    run: cancelTask,
    changes: CHANGES,
    done: () => toastOk(`${task.node_id} is being canceled.`),
  });
  return (
    <span className="inline-flex gap-1">
      <Button
        variant={task.state === "failed" ? "plain" : "ghost"}
        pending={retry.isPending}
        disabledReason={whyNotTask(grants, "retry", task)}
        onClick={() => retry.mutate(task.id)}
      >
        Retry
      </Button>
      <Button
        variant="ghost"
        pending={cancel.isPending}
        disabledReason={whyNotTask(grants, "cancel", task)}
        onClick={() => cancel.mutate(task.id)}
      >
        Cancel
      </Button>
    </span>
  );
}
