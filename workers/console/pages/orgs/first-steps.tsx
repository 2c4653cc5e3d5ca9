/** The first minute: paste a failed log, create a key, send logs from CI [CN11]. */
import type { ReactNode } from "react";
import { paths } from "../../paths.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { uploadCommand } from "../../ui/commands.ts";
import { Command } from "../../ui/copy.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Section } from "../../ui/page.tsx";

interface FirstStepsProps {
  readonly org: string;
  readonly analysed: boolean;
  /** null when the user may not read keys or they are not here yet. */
  readonly keyed: boolean | null;
  /** Whether the user may make a key; who may not reads of none [CN6]. */
  readonly mayKey: boolean;
}

export function FirstSteps({ org, analysed, keyed, mayKey }: FirstStepsProps) {
  return (
    <Section title="Start here">
      <ol className="grid gap-3 lg:grid-cols-3">
        <Step
          n={1}
          title="Paste a failed log"
          done={analysed}
          text="See the lines that broke it, the failed tests and what to do next. No key needed."
        >
          <ButtonLink
            {...paths.analysisNew(org)}
            variant={analysed ? "plain" : "primary"}
            icon="upload"
          >
            Paste a log
          </ButtonLink>
        </Step>
        {mayKey ? (
          <Step
            n={2}
            title="Create an API key"
            done={keyed === true}
            text="With the permissions you choose; it is shown once."
          >
            <ButtonLink {...paths.keys(org, { dialog: "new" })} icon="keys">
              Create a key
            </ButtonLink>
          </Step>
        ) : null}
        <Step
          n={mayKey ? 3 : 2}
          title="Send logs from CI"
          done={false}
          text={
            mayKey
              ? "Add this to a step that runs when the job failed."
              : "Add this to a step that runs when the job failed, with a key from an administrator."
          }
        >
          <Command text={uploadCommand(location.origin)} label="Command that uploads a log" />
        </Step>
      </ol>
    </Section>
  );
}

function Step({
  n,
  title,
  done,
  text,
  children,
}: {
  n: number;
  title: string;
  done: boolean;
  text: string;
  children: ReactNode;
}) {
  return (
    <li className="flex min-w-0 flex-col gap-2 rounded-lg border border-line bg-panel p-4">
      <h3 className="flex items-center gap-2 font-semibold">
        <span
          className={`flex size-5 items-center justify-center rounded-sm text-xs ${done ? "bg-ok-wash text-ok" : "bg-raised text-soft"}`}
        >
          {done ? <Icon name="check" /> : n}
        </span>
        {title}
        {done ? <span className="text-sm font-normal text-ok">done</span> : null}
      </h3>
      <p className="flex-1 text-soft">{text}</p>
      <div className="flex min-w-0 flex-col items-start *:max-w-full">{children}</div>
    </li>
  );
}
