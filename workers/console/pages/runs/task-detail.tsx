/** One task in a dialog that the URL opens (`?task=`): everything the engine knows about it. */
import type { ReactNode } from "react";
import { CopyButton } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Button } from "../../ui/button.tsx";
import { State } from "../../ui/state.tsx";
import { FullTime } from "../../ui/time.tsx";
import type { Task } from "../../wire.ts";

export function TaskDrawer({ task, close }: { task: Task | undefined; close: () => void }) {
  return (
    <Dialog
      title={task === undefined ? "Task" : `Task ${task.node_id}`}
      open={task !== undefined}
      close={close}
      wide
    >
      {task === undefined ? null : <Facts task={task} />}
      <div className="mt-4 flex justify-end">
        <Button onClick={close}>Close</Button>
      </div>
    </Dialog>
  );
}

function Facts({ task }: { task: Task }) {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-5 gap-y-1.5">
      <Fact name="State">
        <State state={task.state} />
      </Fact>
      <Fact name="Operator">
        <span className="font-mono text-sm">{task.operator}</span>
      </Fact>
      <Fact name="Attempt">
        {task.attempt} of {task.max_attempts}
      </Fact>
      <Fact name="Made">
        <FullTime at={task.created_at} />
      </Fact>
      <Fact name="Changed">
        <FullTime at={task.updated_at} />
      </Fact>
      {task.not_before === null ? null : (
        <Fact name="Not before">
          <FullTime at={task.not_before} />
        </Fact>
      )}
      <Fact name="Id">
        <span className="flex items-center gap-1">
          <span className="min-w-0 font-mono text-sm break-all">{task.id}</span>
          <CopyButton text={task.id} label="Copy the task's id" />
        </span>
      </Fact>
      {task.error === null ? null : (
        <Fact name="Error">
          <span className="font-mono text-sm text-fail">{task.error.code}</span>
          <span className="text-soft">
            {" "}
            · {task.error.retryable ? "may succeed when retried" : "a retry gives the same answer"}
          </span>
          <pre className="mt-1 max-h-60 overflow-auto rounded-md bg-raised p-2 whitespace-pre-wrap">
            {task.error.message}
          </pre>
        </Fact>
      )}
    </dl>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <>
    <dt className="text-faint">{name}</dt>
    <dd className="min-w-0">{children}</dd>
  </>
);
