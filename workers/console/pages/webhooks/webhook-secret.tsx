/** A signing secret, shown once, with the lines that check a signature [CN9] [WH2]. */
import { Command } from "../../ui/copy.tsx";
import { OneTime } from "../../ui/one-time.tsx";
import { verifySnippet } from "./webhook-health.ts";

export function WebhookSecret({ secret, close }: { secret: string | null; close: () => void }) {
  return (
    <OneTime
      title="Copy the signing secret now"
      value={secret}
      copy="Copy the signing secret"
      kept="I have stored it"
      close={close}
      below={
        <>
          <p className="mb-1.5 text-soft">Your receiver checks each request with it:</p>
          <Command text={verifySnippet} label="Receiver that checks the signature" />
        </>
      }
    >
      <p>
        This is the only time it is shown. If it is lost, rotate it: the old one signs along for
        another 24 hours.
      </p>
    </OneTime>
  );
}
