import type { Pool } from '@warm-pods/core/api/contracts.ts'
import { nowMs } from '../lib/clock.ts'
import type { Api } from './api.ts'

export interface PoolReading {
  /** The latest answer; undefined before the first. */
  readonly pool: Pool | undefined
  /** When the latest answer was asked for, {@link nowMs}: what it shows is no older. */
  readonly askedMs: number
  /** Asked and not answered since this time; undefined while it answers. */
  readonly silentSinceMs: number | undefined
}

export interface PoolPoller {
  subscribe(listener: () => void): () => void
  snapshot(): PoolReading
  /** Asks each 500 ms for the next 20 s: something is happening. */
  hurry(): void
  /** A hidden page asks nothing. */
  look(visible: boolean): void
}

const EVERY_MS = 2_000
const HURRIED_MS = 500
const HURRY_MS = 20_000
/** What does not answer is asked less often, whatever else happens. */
const SILENT_MS = 5_000

/** Polls `GET /pool` while somebody looks. Answers that arrive after a later one are dropped: the pool never goes back. */
export function createPoolPoller(api: Pick<Api, 'pool'>, now: () => number = nowMs): PoolPoller {
  const listeners = new Set<() => void>()
  let reading: PoolReading = { pool: undefined, askedMs: 0, silentSinceMs: undefined }
  let timer: ReturnType<typeof setTimeout> | undefined
  let hurryUntilMs = 0
  let visible = false
  let asked = 0
  let shown = 0

  const publish = (next: PoolReading) => {
    reading = next
    for (const listener of listeners) listener()
  }
  const pauseMs = (atMs: number) => {
    if (reading.silentSinceMs !== undefined) return SILENT_MS
    return atMs < hurryUntilMs ? HURRIED_MS : EVERY_MS
  }
  const ask = async () => {
    clearTimeout(timer)
    if (!visible) return
    const mine = ++asked
    const askedMs = now()
    // The next question does not wait for this answer: a slow one must not slow the panel down.
    timer = setTimeout(ask, pauseMs(askedMs))
    const answer = await api.pool()
    if (mine < shown) return
    shown = mine
    if (answer.is === 'ok') publish({ pool: answer.value, askedMs, silentSinceMs: undefined })
    else publish({ ...reading, silentSinceMs: reading.silentSinceMs ?? askedMs })
  }

  return {
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    snapshot: () => reading,
    hurry() {
      hurryUntilMs = now() + HURRY_MS
      // Not at once: this moment belongs to the replacement.
      clearTimeout(timer)
      if (visible) timer = setTimeout(ask, pauseMs(now()))
    },
    look(isVisible) {
      if (visible === isVisible) return
      visible = isVisible
      if (visible) void ask()
      else clearTimeout(timer)
    },
  }
}
