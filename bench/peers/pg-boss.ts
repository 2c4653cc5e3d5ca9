/** pg-boss as a side of `engine-fanout`: one bulk insert out, batches in, PostgreSQL as its store. */
import { Pool } from "pg";
import { PgBoss } from "pg-boss";
import type { ChildSide } from "../child-protocol.ts";
import { peerVersion } from "../install.ts";
import { PeerConfig, Tally, until } from "./outcome.ts";
import { PG_BOSS } from "./settings.ts";

const QUEUE = "task";

/** Opens a boss with its workers on the database at `config.url` and keeps it polling between rounds. */
export async function open(config: unknown): Promise<ChildSide> {
  const { tasks, url, tuned } = PeerConfig.parse(config);
  const pool = new Pool({ connectionString: url, max: 1 });
  const boss = new PgBoss(url);
  let broken: Error | null = null;
  boss.on("error", (error) => (broken = error));
  await boss.start();
  await boss.createQueue(QUEUE, { notify: tuned });
  let tally = new Tally(tasks);
  await boss.work(QUEUE, tuned ? PG_BOSS : {}, async (jobs) => {
    for (const job of jobs) tally.ran(job.data);
  });
  const completed = async (): Promise<number> => {
    const { rows } = await pool.query(
      `select count(*)::int as n from pgboss.job where name = '${QUEUE}' and state = 'completed'`,
    );
    return Number(rows[0]?.["n"]);
  };
  return {
    version: peerVersion("pg-boss") ?? "",
    round: async () => {
      tally = new Tally(tasks);
      await pool.query(`delete from pgboss.job where name = '${QUEUE}'`);
      const from = performance.now();
      await boss.insert(
        QUEUE,
        Array.from({ length: tasks }, (_, n) => ({ data: { n } })),
      );
      await until(() => tally.complete);
      await until(async () => (await completed()) === tasks);
      if (broken !== null) throw broken;
      return tally.outcome(await completed(), performance.now() - from);
    },
    close: async () => {
      await boss.stop({ graceful: false });
      await pool.end();
    },
  };
}
