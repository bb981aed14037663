/** The messages between the page and its measuring worker. All times are {@link nowMs} of clock.ts. */
import type { Hello } from '@warm-pods/core/socket.ts'
import type { Slowness } from './health.ts'
import type { Sample } from './samples.ts'
import type { Statistics } from './statistics.ts'

/** A frame covers this much time. */
export const WINDOW_MS = 60_000

export interface Target {
  readonly url: string
  readonly protocols: readonly string[]
  /** The session's epoch: one pod, one colour. */
  readonly pod: number
}

export type Command =
  /** `early`: of the script in index.html. Reports wait in the worker until the page sends the same command without it. */
  | { readonly do: 'connect'; readonly connection: number; readonly target: Target; readonly early?: true }
  /** Closes the socket but keeps counting slots: an outage is data. */
  | { readonly do: 'drop'; readonly connection: number }
  /** Closes the socket and stops counting: the page needs no measurements now. */
  | { readonly do: 'rest' }
  | { readonly do: 'die'; readonly how: 'crash' | 'freeze' }
  /** Posts a frame at most this often; null for never (the tab is hidden). */
  | { readonly do: 'draw'; readonly everyMs: number | null }
  /** Posts the raw samples once, for an export. */
  | { readonly do: 'samples' }

/** How the page learned that a pod is dead. */
export type ToldBy = 'terminating' | 'closed' | 'deadline'

export type Report =
  /** `startedMs`: when the worker began to open the socket. */
  | {
      readonly type: 'open'
      readonly connection: number
      readonly startedMs: number
      readonly atMs: number
    }
  /** The first pong of a connection. `downMs` and `lost` describe the outage that it ends, if there was one. */
  | {
      readonly type: 'pong'
      readonly connection: number
      readonly atMs: number
      readonly downMs: number | undefined
      readonly lost: number
    }
  /** No pong came within the opening deadline, or the socket closed before it. */
  | {
      readonly type: 'unopened'
      readonly connection: number
      readonly atMs: number
      readonly code: number | undefined
    }
  | {
      readonly type: 'dead'
      readonly connection: number
      readonly atMs: number
      readonly by: ToldBy
      readonly code: number | undefined
    }
  | { readonly type: 'frame'; readonly frame: Frame }
  | { readonly type: 'samples'; readonly samples: readonly Sample[] }

/**
 * The first pong of an early connection, for the script in index.html. The page ignores it, because it names no connection. The
 * page gets the report of that pong once it has connected.
 */
export interface EarlyPong {
  readonly type: 'early-pong'
}

/** One point of the chart: a slot of the schedule. */
export interface Point {
  readonly dueMs: number
  /** null: unanswered, or not answered yet. */
  readonly rttMs: number | null
  readonly pod: number
  readonly state: 'answered' | 'unanswered' | 'waiting' | 'asleep'
}

/** A time without a pod: from the last pong of a pod to the first pong of the next. */
export interface Gap {
  readonly fromMs: number
  /** null while it lasts. */
  readonly toMs: number | null
}

/** The data of one drawing, computed in the worker. */
export interface Frame {
  readonly atMs: number
  readonly points: readonly Point[]
  readonly gaps: readonly Gap[]
  readonly statistics: Statistics
  readonly slow: Slowness | undefined
  /** The first message of the pod on the present socket; undefined before it came. */
  readonly hello?: Hello
}
