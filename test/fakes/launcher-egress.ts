/** The launcher's side of calls to the outside, as the binding that a local Worker has; names resolve as a test says. */
import { z } from "zod";
import { answerEgress, egressOptions, type Resolve } from "../../local/egress.ts";

export interface LauncherEgress {
  readonly EGRESS: { fetch(url: string, init: RequestInit): Promise<Response> };
  /** What the Worker asked for, in order. */
  readonly calls: Record<string, unknown>[];
  /** Addresses of names; a name that is not here has none. Change it to turn a name elsewhere. */
  readonly names: Map<string, string[]>;
}

/** @param settings the Worker's text bindings */
export function launcherEgress(settings: Readonly<Record<string, unknown>>): LauncherEgress {
  const options = egressOptions(settings);
  if (options === undefined) throw new Error("the settings have no LAUNCHER_TOKEN");
  const names = new Map<string, string[]>();
  const calls: Record<string, unknown>[] = [];
  const resolve: Resolve = async (name) =>
    (names.get(name) ?? []).map((address) => ({
      address,
      family: address.includes(":") ? 6 : 4,
    }));
  return {
    calls,
    names,
    EGRESS: {
      fetch: async (_url, init) => {
        const body = JSON.parse(z.string().parse(init.body)) as Record<string, unknown>;
        calls.push(body);
        const authorization = new Headers(init.headers).get("authorization");
        const answer = await answerEgress({ authorization, body }, { ...options, resolve });
        return Response.json(answer.body, { status: answer.status });
      },
    },
  };
}
