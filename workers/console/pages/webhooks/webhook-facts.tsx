/** What is known about an endpoint, with a banner while it fails or is switched off. */
import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Copyable } from "../../ui/copy.tsx";
import { Fact, Facts } from "../../ui/facts.tsx";
import { plural } from "../../ui/format.ts";
import { Icon } from "../../ui/icons.tsx";
import { Section } from "../../ui/page.tsx";
import { Tag } from "../../ui/state.tsx";
import { FullTime, Time } from "../../ui/time.tsx";
import type { Webhook } from "../../wire.ts";
import { filtersText } from "./webhook-fields.ts";
import { healthOf } from "./webhook-health.ts";

interface WebhookFactsProps {
  readonly webhook: Webhook;
  /** Why the signing secret cannot be rotated, or null. */
  readonly missing: string | null;
  readonly rotate: () => void;
}

export function WebhookFacts({ webhook, missing, rotate }: WebhookFactsProps) {
  const only = filtersText(webhook.filters);
  return (
    <>
      <Trouble webhook={webhook} />
      <Section title="Endpoint">
        <Facts framed>
          <Fact name="Address">
            <Copyable text={webhook.url} label="Copy the address" />
          </Fact>
          <Fact name="Events">
            <span className="flex flex-wrap gap-1">
              {webhook.events.length === 0 ? <Tag>all, also those to come</Tag> : null}
              {webhook.events.map((event) => (
                <Tag key={event}>{event}</Tag>
              ))}
            </span>
          </Fact>
          {only === null ? null : <Fact name="Only">{only}</Fact>}
          <Fact name="Signing secret">
            <span className="flex flex-wrap items-center gap-x-3">
              <span className="font-mono text-sm text-soft">whsec_…</span>
              <Button variant="ghost" icon="retry" disabledReason={missing} onClick={rotate}>
                Rotate
              </Button>
            </span>
          </Fact>
          <Fact name="Last success">
            {webhook.last_success_at === null ? (
              <span className="text-faint">never</span>
            ) : (
              <Time at={webhook.last_success_at} />
            )}
          </Fact>
          <Fact name="Made">
            <FullTime at={webhook.created_at} />
          </Fact>
        </Facts>
      </Section>
    </>
  );
}

function Trouble({ webhook }: { webhook: Webhook }) {
  const health = healthOf(webhook);
  if (health === "failing")
    return (
      <Banner tone="warn">
        {plural(webhook.failures, "failure")} in a row
        {webhook.failing_since === null ? null : (
          <>
            , the first <Time at={webhook.failing_since} />
          </>
        )}
        . After 5 days and 10 attempts without a success it is switched off.
      </Banner>
    );
  if (health === "disabled")
    return (
      <Banner tone="fail">
        Switched off: {webhook.disabled_reason}. Nothing is sent until it is enabled again; send a
        test first.
      </Banner>
    );
  if (health === "paused")
    return (
      <Banner tone="idle">
        Switched off by a member. What happens now is not sent to it, also not later.
      </Banner>
    );
  return null;
}

const BANNER = {
  warn: "bg-warn-wash text-warn",
  fail: "bg-fail-wash text-fail",
  idle: "bg-raised text-soft",
} as const;

function Banner({ tone, children }: { tone: keyof typeof BANNER; children: ReactNode }) {
  return (
    <div role="status" className={`mb-5 flex gap-2 rounded-lg px-3 py-2 ${BANNER[tone]}`}>
      <span className="pt-0.5">
        <Icon name={tone === "idle" ? "stop" : "alert"} />
      </span>
      <p className="min-w-0 break-words">{children}</p>
    </div>
  );
}
