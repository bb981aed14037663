import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { nowMs } from '../lib/clock.ts'
import { createStore, type Readable } from '../lib/create-store.ts'
import { socketFirst } from '../lib/socket-first.ts'
import type { Api } from './api.ts'

export interface PoolReading {
  /** The latest answer; undefined before the first. */
  readonly pool: Pool | undefined
  /** When the page sent the request of the latest answer, {@link nowMs}: the pool it shows is no older. */
  readonly askedMs: number
  /** When the page sent the first request that got no pool in return, {@link nowMs}; undefined while the API answers. */
  readonly silentSinceMs: number | undefined
}

export interface PoolPoller extends Readable<PoolReading> {
  /** Polls each 500 ms for the next 20 s, because the pool is about to change. */
  hurry(): void
  /** Starts polling when the page is visible, and stops it when the page is hidden. */
  setVisible(visible: boolean): void
}

const EVERY_MS = 2_000
const HURRIED_MS = 500
const HURRY_MS = 20_000
/** An API that does not answer is polled less often, even in a hurry. */
const SILENT_MS = 5_000

/** Polls `GET /pool` while the page is visible. It drops an answer that arrives after a later one: the pool never goes back. */
export function createPoolPoller(api: Pick<Api, 'pool'>, now: () => number = nowMs): PoolPoller {
  const { subscribe, snapshot, set } = createStore<PoolReading>({
    pool: undefined,
    askedMs: 0,
    silentSinceMs: undefined,
  })
  let timer: ReturnType<typeof setTimeout> | undefined
  let hurryUntilMs = 0
  let visible = false
  let asked = 0
  let shown = 0

  const pauseMs = (atMs: number) => {
    if (snapshot().silentSinceMs !== undefined) return SILENT_MS
    return atMs < hurryUntilMs ? HURRIED_MS : EVERY_MS
  }
  const ask = async () => {
    await socketFirst
    clearTimeout(timer)
    if (!visible) return
    const mine = ++asked
    const askedMs = now()
    // The next request does not wait for this answer: a slow answer must not slow the panel down.
    timer = setTimeout(ask, pauseMs(askedMs))
    const answer = await api.pool()
    if (mine < shown) return
    shown = mine
    const { pool, askedMs: shownMs, silentSinceMs = askedMs } = snapshot()
    if (answer.is === 'ok') set({ pool: answer.value, askedMs, silentSinceMs: undefined })
    else set({ pool, askedMs: shownMs, silentSinceMs })
  }

  return {
    subscribe,
    snapshot,
    hurry() {
      hurryUntilMs = now() + HURRY_MS
      // Not at once: the request for the replacement pod goes first.
      clearTimeout(timer)
      if (visible) timer = setTimeout(ask, pauseMs(now()))
    },
    setVisible(isVisible) {
      if (visible === isVisible) return
      visible = isVisible
      if (visible) void ask()
      else clearTimeout(timer)
    },
  }
}
