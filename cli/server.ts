/** Asks a running Edgewright to explain a log, over the typed client of its API. */
import { setTimeout } from "node:timers/promises";
import createClient, { type Client } from "openapi-fetch";
import { Analysis, type LogSource, type Result } from "../workers/platform/analyses/model.ts";
import type { components, paths } from "./client/schema.d.ts";

/** Where the server is, and the API key it knows us by. */
export interface Server {
  readonly url: string;
  readonly key: string;
}

/** Why the server gave no result, with what to do; the message is for people. */
export class ServerRefused extends Error {}

/** A large log may take a while; the server is asked again this often, for this long. */
const ASK_AGAIN_MS = 1_000;
const WAIT_MS_MAX = 600_000;
/** How long the server may hold the first answer back. */
const PREFER = "wait=25";

/** The result for `log`. @throws ServerRefused with a remedy */
export async function explainOn(server: Server, log: LogSource, name: string): Promise<Result> {
  const client = createClient<paths>({
    baseUrl: server.url,
    headers: { authorization: `Bearer ${server.key}` },
  });
  const bytes = Uint8Array.from(await log.read(0, log.size));
  const sent = await reached(
    client.POST("/api/v1/analyses", {
      params: { query: { name }, header: { prefer: PREFER } },
      headers: { "content-type": "text/plain" },
      // The schema calls the body a string; it is the bytes themselves, whatever their encoding.
      body: "",
      bodySerializer: () => bytes,
    }),
  );
  if (sent.data === undefined) throw refusedBy(sent.error, sent.response.status);
  return "result" in sent.data ? resultOf(sent.data) : awaited(client, sent.data.id);
}

async function awaited(client: Client<paths>, id: string): Promise<Result> {
  for (let waited = 0; waited < WAIT_MS_MAX; waited += ASK_AGAIN_MS) {
    const read = await reached(
      client.GET("/api/v1/analyses/{id}", { params: { path: { id } }, parseAs: "json" }),
    );
    if (read.error !== undefined) throw refusedBy(read.error, read.response.status);
    const analysis = Analysis.parse(read.data);
    if (analysis.status === "completed" || analysis.status === "failed") return resultOf(analysis);
    await setTimeout(ASK_AGAIN_MS);
  }
  throw new ServerRefused(`the analysis ${id} is still at work. Look at it in the console later.`);
}

function resultOf(answer: unknown): Result {
  const { result, error } = Analysis.parse(answer);
  if (result !== null) return result;
  throw new ServerRefused(`the analysis failed: ${error?.message ?? "no reason was given"}`);
}

/** A server that is not there is no bug of ours. */
async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    throw new ServerRefused(
      `the server cannot be reached (${cause instanceof Error ? cause.message : String(cause)}). Check --server.`,
    );
  }
}

function refusedBy(problem: components["schemas"]["Problem"], status: number): ServerRefused {
  const { title, detail, remedy, request_id: id } = problem;
  return new ServerRefused(
    title === undefined
      ? `the server answered ${status}, not as Edgewright does. Check --server.`
      : `${title}.${detail === undefined ? "" : ` ${detail}`} ${remedy} (request ${id})`,
  );
}
