/** A receiver of webhooks on this machine that behaves as its path says: well, badly, or not at all. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Receiver {
  /** `127.0.0.1:<port>`, as EGRESS_ALLOW wants it. */
  readonly target: string;
  /** `/ok`, `/500`, `/410`, `/302`, `/busy` (503, Retry-After), `/reset`, `/hang`, `/slow`, `/drip`, `/huge`. */
  url(path: string): string;
  readonly received: Received[];
  /** What `/flaky` answers next, in order; 200 when nothing is left. */
  readonly script: number[];
  /** Waits until `n` requests came. */
  until(n: number, limitMs?: number): Promise<void>;
  close(): Promise<void>;
}

const DRIP_MS = 20;
const SLOW_MS = 500;
const HUGE_CHUNK = Buffer.alloc(64 * 1024, "y");

type Answer = (response: ServerResponse, receiver: Receiver) => void;

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end(`answered ${String(code)}`);

const ANSWERS: Readonly<Record<string, Answer>> = {
  "/ok": status(200),
  "/created": status(201),
  "/500": status(500),
  "/410": status(410),
  "/302": (response, receiver) => response.writeHead(302, { location: receiver.url("/ok") }).end(),
  "/inside": status(307, { location: "http://169.254.169.254/latest/meta-data/" }),
  "/loop": status(302, { location: "/loop" }),
  "/busy": status(503, { "retry-after": "7200" }),
  "/leaky": (response) =>
    response.writeHead(500).end("token ewk_0123456789abcdef_and_more was refused"),
  "/reset": (response) => response.socket?.resetAndDestroy(),
  "/hang": () => {},
  "/slow": (response) => void setTimeout(() => response.writeHead(200).end(), SLOW_MS),
  "/drip": (response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write("."), DRIP_MS);
    response.on("close", () => clearInterval(drip));
  },
  "/huge": (response) => {
    response.writeHead(200);
    const pour = (): void => {
      while (!response.destroyed && response.write(HUGE_CHUNK));
    };
    response.on("drain", pour);
    pour();
  },
  "/flaky": (response, receiver) => status(receiver.script.shift() ?? 200)(response, receiver),
};

export async function openReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const server: Server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const path = request.url ?? "/";
      received.push({ path, headers: headersOf(request), body });
      for (const look of waiting) look();
      (ANSWERS[path] ?? status(404))(response, receiver);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const target = `127.0.0.1:${String(port)}`;
  const receiver: Receiver = {
    target,
    url: (path) => `http://${target}${path}`,
    received,
    script: [],
    until: (n, limitMs = 10_000) =>
      new Promise((resolve, reject) => {
        const fail = (): void => {
          waiting.delete(look);
          reject(new Error(`${String(received.length)} of ${String(n)} requests came`));
        };
        const timer = setTimeout(fail, limitMs);
        const look = (): void => {
          if (received.length < n) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const headersOf = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
