/** What a limiter does with a call: parse, decide in memory, store, answer. The object and the tests' fake hand in the world. */
import type { z } from "zod";
import type { Log } from "../../../workers/platform/adapters/log.ts";
import { done, refuse, type Instant, type Result } from "../../../workers/platform/model.ts";
import { admit, subjectOf, usedIn, windowOf } from "../machine/admit.ts";
import {
  advance,
  chunkOf,
  flush,
  meterUse,
  sent,
  settledTotals,
  totalKey,
  unsent,
} from "../machine/counters.ts";
import { expire, renew, reserve, reservedOf, settle, type Held } from "../machine/reserve.ts";
import type { Reservation, State, Total, Write } from "../machine/state.ts";
import {
  AdmitRequest,
  type Admission,
  type LimiterApi,
  type LimiterConfig,
  type LimiterView,
  ObjectRequest,
  RecordRequest,
  RenewRequest,
  type ReservationView,
  ReserveRequest,
  SettleRequest,
  UPLOAD_MS,
  UPLOADS_MAX,
  UploadRequest,
  ViewRequest,
} from "../model.ts";
import { LimiterStore, type Database } from "../store.ts";

/** Limits read this long ago are read again, behind the answer. */
const CONFIG_MS = 30_000;
/** Totals reach Postgres within this [US4]. */
export const ROLL_UP_MS = 60_000;
/** Quiet for this long, and the counters are stored as they are. */
const FLUSH_MS = 1_000;
const NO_ID = "00000000-0000-0000-0000-000000000000";

export interface DeskPorts {
  readonly db: Database;
  readonly now: () => Instant;
  readonly log: Log;
  /** The limits of an organization as they are now. @throws Fault when Postgres is not reachable */
  readonly readConfig: (orgId: string) => Promise<LimiterConfig>;
  /** Stores totals in Postgres; the same again changes nothing. @throws Fault */
  readonly rollUp: (orgId: string, totals: readonly Total[]) => Promise<void>;
  /** Asks for `ring` at that time, unless it is asked for already. */
  readonly arm: (at: Instant) => void;
  /** Runs `work` after a while, if the object still lives. */
  readonly later: (ms: number, work: () => void) => void;
}

interface KnownConfig {
  readonly orgId: string;
  readonly config: LimiterConfig;
  readonly readAt: Instant;
}

export class Desk implements LimiterApi {
  readonly #ports: DeskPorts;
  readonly #store: LimiterStore;
  #state: State;
  #known: KnownConfig | undefined;
  #reading: Promise<LimiterConfig> | undefined;
  #flushing = false;

  constructor(ports: DeskPorts) {
    this.#ports = ports;
    this.#store = new LimiterStore(ports.db);
    this.#state = this.#store.load(ports.now());
    const stored = this.#store.config();
    if (stored !== undefined) this.#known = { ...stored, readAt: 0 };
  }

  async admit(request: AdmitRequest): Promise<Result<Admission>> {
    const entered = await this.#enter(AdmitRequest, request);
    if (!entered.ok) return entered;
    const { request: wish, config } = entered.value;
    return this.#stored(() => {
      const now = this.#ports.now();
      const expired = expire(this.#state, now);
      const { admission, writes } = admit(this.#state, config, wish, now);
      return { answer: done(admission), writes: [...expired, ...writes] };
    });
  }

  async view(request: ViewRequest): Promise<Result<LimiterView>> {
    const entered = await this.#enter(ViewRequest, request);
    if (!entered.ok) return entered;
    const now = this.#ports.now();
    this.#stored(() => ({ answer: null, writes: expire(this.#state, now) }));
    const state = this.#state;
    const window = windowOf(state, subjectOf(entered.value.request));
    const meters = new Set([
      ...state.months.keys(),
      ...[...state.open.values()].map(({ meter }) => meter),
    ]);
    const months = [...meters].map((meter) => {
      const used = state.months.get(meter)?.value ?? 0;
      return [meter, { used, reserved: reservedOf(state, meter) }] as const;
    });
    return done({
      minuteUsed: usedIn(state, window, state.clock),
      months: Object.fromEntries(months),
    });
  }

  async record(request: RecordRequest): Promise<Result<null>> {
    const entered = await this.#enter(RecordRequest, request);
    if (!entered.ok) return entered;
    const { request: wish, config } = entered.value;
    // Seen and counted are stored together: else a crash between them would lose the record, or count it twice.
    return this.#stored(() => {
      const at = advance(this.#state, this.#ports.now());
      const writes = wish.records
        .filter(({ source, id }) => this.#store.firstSight(source, id, at))
        .flatMap((record) => {
          const { meter, value, environment, release } = record;
          const app = record.app_id ?? NO_ID;
          const key = record.key_id ?? NO_ID;
          const limit = config.months[meter] ?? null;
          const use = { meter, value, app, key, environment, release };
          return meterUse(this.#state, use, chunkOf(0), limit);
        });
      return { answer: done(null), writes };
    });
  }

  async reserve(request: ReserveRequest): Promise<Result<ReservationView>> {
    const entered = await this.#enter(ReserveRequest, request);
    if (!entered.ok) return entered;
    const { request: wish, config } = entered.value;
    const { meter, n, ref, ttl_ms: ttlMs } = wish;
    return this.#held(ref, (when) => reserve(this.#state, config, { meter, n, ref, ttlMs }, when));
  }

  async renew(request: RenewRequest): Promise<Result<ReservationView>> {
    const entered = await this.#enter(RenewRequest, request);
    if (!entered.ok) return entered;
    const { ref, ttl_ms: ttlMs } = entered.value.request;
    return this.#held(ref, (when) => renew(this.#state, { ttlMs }, when));
  }

  async settle(request: SettleRequest): Promise<Result<ReservationView>> {
    const entered = await this.#enter(SettleRequest, request);
    if (!entered.ok) return entered;
    const { request: wish, config } = entered.value;
    return this.#held(wish.ref, (when) => settle(this.#state, config, wish, when));
  }

  async reload(request: ObjectRequest): Promise<Result<null>> {
    const parsed = ObjectRequest.safeParse(request);
    if (!parsed.success) return otherVersion();
    const read = await this.#readAnew(parsed.data.org_id).catch(() => undefined);
    return read === undefined ? refuse("limits_unavailable", { retryAfterS: 1 }) : done(null);
  }

  async rollUp(request: ObjectRequest): Promise<Result<null>> {
    const parsed = ObjectRequest.safeParse(request);
    if (!parsed.success) return otherVersion();
    await this.#rollUp(parsed.data.org_id);
    return done(null);
  }

  async erase(request: ObjectRequest): Promise<Result<null>> {
    if (!ObjectRequest.safeParse(request).success) return otherVersion();
    this.#store.wipe();
    this.#state = this.#store.load(this.#ports.now());
    this.#known = undefined;
    return done(null);
  }

  async beginUpload(request: UploadRequest): Promise<boolean> {
    const { id } = UploadRequest.parse(request);
    const at = this.#ports.now();
    return this.#store.beginUpload(id, { at, until: at + UPLOAD_MS, max: UPLOADS_MAX });
  }

  async endUpload(request: UploadRequest): Promise<void> {
    this.#store.endUpload(UploadRequest.parse(request).id);
  }

  /** The alarm. Totals that do not reach Postgres now are tried again in a minute; nothing is lost. */
  async ring(): Promise<void> {
    const orgId = this.#known?.orgId;
    if (orgId === undefined) return;
    try {
      await this.#rollUp(orgId);
    } catch (error) {
      this.#ports.log.warn("usage did not reach Postgres; it is tried again", {
        org: orgId,
        error: String(error),
      });
      this.#ports.arm(this.#ports.now() + ROLL_UP_MS);
    }
  }

  async #rollUp(orgId: string): Promise<void> {
    this.#stored(() => ({
      answer: null,
      writes: [...expire(this.#state, this.#ports.now()), ...flush(this.#state)],
    }));
    const due = unsent(this.#state).map((total) => ({ ...total }));
    if (due.length > 0) {
      await this.#ports.rollUp(orgId, due);
      const values = new Map(due.map((total) => [totalKey(total), total.value]));
      this.#stored(() => ({ answer: null, writes: sent(this.#state, values) }));
      // A spend cap may be used up by now.
      void this.#readAnew(orgId).catch(() => {});
    }
    this.#store.prune(this.#state.clock, settledTotals(this.#state));
    for (const [subject, window] of this.#state.windows)
      if (usedIn(this.#state, window, this.#state.clock) === 0) this.#state.windows.delete(subject);
    // Requests may have come in while Postgres was asked.
    if (unsent(this.#state).length > 0) this.#ports.arm(this.#ports.now() + ROLL_UP_MS);
  }

  /** Checks the call and finds the limits; only the first call of an organization ever waits for Postgres. */
  async #enter<S extends z.ZodType<{ readonly org_id: string }>>(
    schema: S,
    request: unknown,
  ): Promise<Result<{ readonly request: z.output<S>; readonly config: LimiterConfig }>> {
    const parsed = schema.safeParse(request);
    if (!parsed.success) return otherVersion();
    const known = this.#known;
    if (known === undefined) {
      const config = await this.#read(parsed.data.org_id).catch(() => undefined);
      // A value: an error that crosses the RPC would be logged as one of the object's own.
      if (config === undefined) return refuse("limits_unavailable", { retryAfterS: 1 });
      return done({ request: parsed.data, config });
    }
    if (this.#ports.now() - known.readAt < CONFIG_MS)
      return done({ request: parsed.data, config: known.config });
    // Limits as they were last known hold while Postgres is away.
    const read = this.#read(known.orgId).catch(() => known.config);
    // A cap starts over with the month: one that is used up is looked at again before it refuses.
    const config = known.config.suspended ? await read : known.config;
    return done({ request: parsed.data, config });
  }

  /** A read that is under way may have missed what was just changed: this one begins after it. */
  async #readAnew(orgId: string): Promise<LimiterConfig> {
    await this.#reading?.catch(() => {});
    return this.#read(orgId);
  }

  #read(orgId: string): Promise<LimiterConfig> {
    this.#reading ??= this.#ports
      .readConfig(orgId)
      .then((config) => {
        const changed = JSON.stringify(config) !== JSON.stringify(this.#known?.config);
        this.#known = { orgId, config, readAt: this.#ports.now() };
        if (changed) this.#store.setConfig(orgId, config);
        return config;
      })
      .finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  #held(
    ref: string,
    decide: (when: { now: Instant; known: Reservation | undefined }) => Result<Held>,
  ): Result<ReservationView> {
    const now = this.#ports.now();
    this.#stored(() => ({ answer: null, writes: expire(this.#state, now) }));
    return this.#stored(() => {
      const known = this.#state.open.get(ref) ?? this.#store.reservation(ref);
      const held = decide({ now, known });
      if (!held.ok) return { answer: held, writes: [] };
      return { answer: done(held.value.view), writes: held.value.writes };
    });
  }

  /** Stores what `decide` changed before its answer leaves. What cannot be stored did not happen. */
  #stored<T>(decide: () => { readonly answer: T; readonly writes: readonly Write[] }): T {
    try {
      const { answer, writes } = this.#store.together(() => {
        const decided = decide();
        this.#store.commit(decided.writes);
        return decided;
      });
      if (writes.length > 0) this.#care();
      return answer;
    } catch (error) {
      this.#state = this.#store.load(this.#ports.now());
      throw error;
    }
  }

  #care(): void {
    if (unsent(this.#state).length > 0) this.#ports.arm(this.#ports.now() + ROLL_UP_MS);
    if (this.#flushing || this.#state.ahead.size === 0) return;
    this.#flushing = true;
    this.#ports.later(FLUSH_MS, () => {
      this.#flushing = false;
      this.#stored(() => ({ answer: null, writes: flush(this.#state) }));
    });
  }
}

/** Two versions of the code meet for minutes during a deploy; the caller tries again. */
const otherVersion = () =>
  refuse("unavailable", {
    detail: "The limiter runs another version of this call.",
    retryAfterS: 1,
  });
