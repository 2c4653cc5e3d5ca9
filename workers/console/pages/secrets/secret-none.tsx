/** The page of secrets before the first one: what they are for, and how one is set. */
import type { ReactNode } from "react";
import { Command } from "../../ui/copy.tsx";
import { Empty } from "../../ui/page.tsx";

export function NoSecrets({ make }: { make: ReactNode }) {
  const command = [
    "curl -X PUT \\",
    '  -H "Authorization: Bearer $ACCESS_TOKEN" \\',
    '  -H "Content-Type: application/json" \\',
    `  -d '{"value": "..."}' \\`,
    `  ${location.origin}/api/v1/secrets/env.NAME`,
  ].join("\n");
  return (
    <Empty title="No secrets yet" action={make}>
      <p>
        Passwords and tokens that your DAGs, apps and model calls need appear here by name. Their
        values go in, and only the code that declares them gets them out.
      </p>
      <Command text={command} label="Command that sets a secret" />
    </Empty>
  );
}
