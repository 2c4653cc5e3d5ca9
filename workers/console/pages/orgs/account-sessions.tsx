/** Where the user is signed in: each browser with its address and last use, and the way to end it. */
import { useNavigate } from "@tanstack/react-router";
import { useAction } from "../../queries/action.ts";
import { endSession, sessionsQuery } from "../../queries/account.ts";
import { usePrefetched } from "../../queries/prefetched.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Section } from "../../ui/page.tsx";
import { Tag } from "../../ui/state.tsx";
import { Time } from "../../ui/time.tsx";
import { toastOk } from "../../ui/toast.tsx";
import type { SessionView } from "../../wire.ts";
import { deviceOf } from "./device.ts";

export function Sessions({ org }: { org: string }) {
  const sessions = usePrefetched(sessionsQuery).data.items;
  const navigate = useNavigate();
  const end = useAction({
    run: endSession,
    changes: [sessionsQuery.queryKey],
    done: () => toastOk("That session is over."),
  });
  return (
    <Section
      title="Where you are signed in"
      aside={
        <Button onClick={() => void navigate(paths.account(org, { dialog: "everywhere" }))}>
          Sign out everywhere
        </Button>
      }
    >
      <ul className="divide-y divide-line rounded-lg border border-line bg-panel">
        {sessions.map((session) => (
          <Session
            key={session.id}
            session={session}
            ending={end.isPending && end.variables === session.id}
            end={() => end.mutate(session.id)}
          />
        ))}
      </ul>
    </Section>
  );
}

interface SessionProps {
  readonly session: SessionView;
  readonly ending: boolean;
  readonly end: () => void;
}

function Session({ session, ending, end }: SessionProps) {
  const device = deviceOf(session.user_agent);
  return (
    <li className="flex items-center gap-3 px-4 py-2">
      <span className="text-soft">
        <Icon name={device.phone ? "phone" : "device"} />
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex min-w-0 items-center gap-2">
          <span className="truncate font-medium">{device.name}</span>
          {session.current ? <Tag tone="ok">this browser</Tag> : null}
        </p>
        <p className="truncate text-sm text-faint">
          {session.ip ?? "unknown address"} · used <Time at={session.last_used_at} /> · signed in{" "}
          <Time at={session.created_at} />
        </p>
      </div>
      <Button
        variant="ghost"
        aria-label={`End the session of ${device.name}`}
        pending={ending}
        disabledReason={session.current ? "This is the session you use: sign out instead." : null}
        onClick={end}
      >
        End
      </Button>
    </li>
  );
}
