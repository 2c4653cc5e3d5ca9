/** Free and taken TCP ports of this machine. */
import { createServer } from "node:net";

/** The wanted port if it is free, else any free one. It may be taken again before use: callers retry. */
export async function freePort(host: string, wanted?: number): Promise<number> {
  if (wanted !== undefined && (await portIsFree(host, wanted))) return wanted;
  const port = await tryListen(host, 0);
  if (port === undefined) throw new Error(`no free port on ${host}`);
  return port;
}

/** Whether this host and port can be bound right now. */
export const portIsFree = async (host: string, port: number): Promise<boolean> =>
  (await tryListen(host, port)) !== undefined;

const tryListen = (host: string, port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === "object" && address !== null ? address.port : undefined;
      server.close(() => resolve(bound));
    });
  });

/** The address under which this machine reaches a server that listens on `host`. */
export const reachable = (host: string): string =>
  ["0.0.0.0", "::", "localhost"].includes(host)
    ? "127.0.0.1"
    : host.includes(":")
      ? `[${host}]`
      : host;
