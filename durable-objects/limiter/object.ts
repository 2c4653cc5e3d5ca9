/** The limiter of one organization, or of one address's uploads: a thin shell around its desk. */
import { DurableObject } from "cloudflare:workers";
import { workerLog } from "../../workers/platform/adapters/log.ts";
import { sqlFrom } from "../../workers/platform/adapters/postgres.ts";
import type { Result } from "../../workers/platform/model.ts";
import { readLimiterConfig } from "../../workers/platform/usage/service/limits.ts";
import { rollUpUsage } from "../../workers/platform/usage/service/spending.ts";
import { Desk } from "./object/desk.ts";
import type {
  Admission,
  AdmitRequest,
  LimiterApi,
  LimiterView,
  ObjectRequest,
  RecordRequest,
  RenewRequest,
  ReservationView,
  ReserveRequest,
  SettleRequest,
  UploadRequest,
  ViewRequest,
} from "./model.ts";
import { databaseOf } from "./store.ts";

export class Limiter extends DurableObject<Env> implements LimiterApi {
  readonly #desk: Desk;
  /** The alarm as far as this instance knows; undefined until it looked. */
  #alarmAt: number | null | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const now = (): number => Date.now();
    const log = workerLog(env.VERSION, now, { part: "limiter" });
    this.#desk = new Desk({
      db: databaseOf(ctx.storage),
      now,
      log,
      readConfig: (orgId) => readLimiterConfig(sqlFrom(env), orgId, now()),
      rollUp: (orgId, totals) => rollUpUsage({ env, sql: sqlFrom(env), now, log }, orgId, totals),
      arm: (at) => this.ctx.waitUntil(this.#arm(at)),
      later: (ms, work) => void setTimeout(work, ms),
    });
  }

  admit(request: AdmitRequest): Promise<Result<Admission>> {
    return this.#desk.admit(request);
  }
  view(request: ViewRequest): Promise<Result<LimiterView>> {
    return this.#desk.view(request);
  }
  record(request: RecordRequest): Promise<Result<null>> {
    return this.#desk.record(request);
  }
  reserve(request: ReserveRequest): Promise<Result<ReservationView>> {
    return this.#desk.reserve(request);
  }
  renew(request: RenewRequest): Promise<Result<ReservationView>> {
    return this.#desk.renew(request);
  }
  settle(request: SettleRequest): Promise<Result<ReservationView>> {
    return this.#desk.settle(request);
  }
  reload(request: ObjectRequest): Promise<Result<null>> {
    return this.#desk.reload(request);
  }
  rollUp(request: ObjectRequest): Promise<Result<null>> {
    return this.#desk.rollUp(request);
  }
  async erase(request: ObjectRequest): Promise<Result<null>> {
    const erased = await this.#desk.erase(request);
    await this.ctx.storage.deleteAlarm();
    this.#alarmAt = null;
    return erased;
  }
  beginUpload(request: UploadRequest): Promise<boolean> {
    return this.#desk.beginUpload(request);
  }
  endUpload(request: UploadRequest): Promise<void> {
    return this.#desk.endUpload(request);
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    await this.#desk.ring();
  }

  /** One alarm is enough: whoever is earlier stands. */
  async #arm(at: number): Promise<void> {
    this.#alarmAt ??= await this.ctx.storage.getAlarm();
    const now = Date.now();
    // An alarm that is overdue is lost, or rings just now: a later one is harmless.
    if (this.#alarmAt !== null && this.#alarmAt > now) return;
    this.#alarmAt = at;
    await this.ctx.storage.setAlarm(Math.max(at, now + 1));
  }
}
