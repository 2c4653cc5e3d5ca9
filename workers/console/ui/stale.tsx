/** A banner over pages whose data could not be read again: what stands there is old, and since when [CN8]. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { asApiError } from "../errors.ts";
import { Icon } from "./icons.tsx";
import { Time } from "./time.tsx";

interface Stale {
  readonly title: string;
  readonly since: string;
}

export function StaleBanner() {
  const client = useQueryClient();
  const [stale, setStale] = useState<Stale | null>(null);
  useEffect(() => {
    const read = () => {
      const failed = client
        .getQueryCache()
        .getAll()
        .find(
          (query) =>
            query.isActive() && query.state.status === "error" && query.state.data !== undefined,
        );
      setStale((before) => {
        if (failed === undefined) return null;
        return (
          before ?? {
            title: asApiError(failed.state.error).title,
            since: new Date(failed.state.dataUpdatedAt).toISOString(),
          }
        );
      });
    };
    return client.getQueryCache().subscribe(read);
  }, [client]);
  if (stale === null) return null;
  return (
    <div
      role="status"
      className="flex items-center gap-2 border-b border-line bg-warn-wash px-4 py-1.5 text-warn"
    >
      <Icon name="alert" />
      <p>
        {stale.title}. What you see was read <Time at={stale.since} />; it is read again when this
        window gets the focus.
      </p>
    </div>
  );
}
