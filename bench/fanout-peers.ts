/** The peers of `engine-fanout`: each with its defaults, then tuned, on a durable store. */
import postgres from "postgres";
import type { Postgres } from "../local/postgres.ts";
import { forkSide } from "./fork.ts";
import { peerVersion } from "./install.ts";
import { withCpu } from "./machine.ts";
import type { Facts, OpenSide, Side } from "./model.ts";
import { FanoutOutcome, type PeerConfig, sampleOf } from "./peers/outcome.ts";
import { BULLMQ, GRAPHILE_WORKER, PG_BOSS, PG_BOSS_DEFAULT_POLL_S } from "./peers/settings.ts";
import { redisVersion, startRedis } from "./redis.ts";

const DURABLE: Facts = { fsync: true, synchronous_commit: true, vacuum: "between rounds" };

/** The rows of all peers; nothing is started before a side is opened. */
export function peerSides(tasks: number, server: Pick<Postgres, "urlFor" | "process">): Side[] {
  return [...onPostgres(tasks, server), ...onRedis(tasks)];
}

/** A peer with its default and its tuned settings. `slow` says why the default is not measured. */
interface Peer {
  readonly id: string;
  readonly module: string;
  readonly settings: Facts;
  readonly slow?: string;
}

function onPostgres(tasks: number, server: Pick<Postgres, "urlFor" | "process">): Side[] {
  const hours = ((tasks * PG_BOSS_DEFAULT_POLL_S) / 3_600).toPrecision(2);
  const peers: readonly Peer[] = [
    { id: "graphile-worker", module: "peers/graphile-worker.ts", settings: GRAPHILE_WORKER },
    {
      id: "pg-boss",
      module: "peers/pg-boss.ts",
      settings: PG_BOSS,
      slow: `one job every ${PG_BOSS_DEFAULT_POLL_S} s: this workload would take ${hours} h`,
    },
  ];
  return peers.flatMap((peer) =>
    bothSettings(peer, { tasks, package: peer.id, store: DURABLE }, async (side) => {
      const url = await createDatabase(server, `bench_${side}`.replaceAll("-", "_"));
      return { url, pid: server.process.pid, rest: () => vacuum(url), stop: async () => {} };
    }),
  );
}

function onRedis(tasks: number): Side[] {
  const version = redisVersion();
  if (version === null) {
    return [
      {
        id: "bullmq",
        label: "BullMQ",
        ours: false,
        missing: "not available",
        reason: "there is no redis-server on the PATH",
      },
    ];
  }
  return (["everysec", "always"] as const).flatMap((appendfsync) => {
    const peer: Peer = { id: `bullmq-${appendfsync}`, module: "peers/bullmq.ts", settings: BULLMQ };
    return bothSettings(
      peer,
      { tasks, package: "bullmq", store: { appendfsync, redis: version } },
      async () => {
        return { ...(await startRedis(appendfsync)), rest: async () => {} };
      },
    );
  });
}

interface Store {
  readonly url: string;
  /** The process whose tree's CPU time belongs to the side, beside its own. */
  readonly pid: number;
  /** Upkeep between rounds, not timed. */
  rest(): Promise<void>;
  stop(): Promise<void>;
}
interface PeerRun {
  readonly tasks: number;
  readonly package: string;
  readonly store: Facts;
}

/** Two sides of a peer: as it ships, and tuned [BH5]. */
function bothSettings(
  peer: Peer,
  run: PeerRun,
  openStore: (side: string) => Promise<Store>,
): Side[] {
  const side = (variant: "defaults" | "tuned"): Side => {
    const tuned = variant === "tuned";
    const id = `${peer.id}-${variant}`;
    const name = { id, label: `${peer.id}, ${variant}`, ours: false };
    if (!tuned && peer.slow !== undefined)
      return { ...name, missing: "not measured", reason: peer.slow };
    const settings: Facts = tuned ? { ...peer.settings, ...run.store } : run.store;
    const open = async (): Promise<OpenSide> => {
      if (peerVersion(run.package) === null)
        throw new Error("its package is not installed in bench/");
      const store = await openStore(id);
      return openPeer(store, peer.module, { tasks: run.tasks, tuned, url: store.url });
    };
    return { ...name, settings, open };
  };
  return [side("defaults"), side("tuned")];
}

async function openPeer(store: Store, module: string, config: PeerConfig): Promise<OpenSide> {
  const forked = await forkSide(module, config).catch(async (error: unknown) => {
    await store.stop();
    throw error;
  });
  return {
    version: forked.version,
    round: async () => {
      await store.rest();
      const { value, cpuSeconds } = await withCpu([forked.pid, store.pid], () => forked.round());
      return sampleOf(FanoutOutcome.parse(value.value), cpuSeconds, config.tasks);
    },
    close: async () => {
      await forked.close();
      await store.stop();
    },
  };
}

/** A database of the peer's own. Throws when the server is not durable: the row would flatter the peer [BH3]. */
async function createDatabase(
  server: Pick<Postgres, "urlFor" | "process">,
  name: string,
): Promise<string> {
  const sql = postgres(server.urlFor("superuser", "postgres"), { max: 1 });
  const [durable] =
    await sql`select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`;
  if (durable?.["fsync"] !== "on" || durable["commit"] !== "on")
    throw new Error("PostgreSQL does not run with durable settings");
  await sql.unsafe("alter system set autovacuum = off");
  await sql`select pg_reload_conf()`;
  await sql.unsafe(`create database ${name}`);
  await sql.end();
  return server.urlFor("superuser", name);
}

/**
 * An automatic analyze in the middle of a round made graphile-worker ten times slower in some rounds: the bench runs the
 * upkeep itself, between rounds, so that each peer is measured at its best.
 */
async function vacuum(url: string): Promise<void> {
  const sql = postgres(url, { max: 1 });
  await sql.unsafe("vacuum analyze");
  await sql.end();
}
