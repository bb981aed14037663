/** The text of the file with the raw samples. */
import { LIMITS } from '@warm-pods/core/limits.ts'
import { age } from '../lib/format.ts'

export const EXPORT = {
  saved: (samples: number) => `Saved ${samples} samples and the meaning of each field.`,
  what: 'Round trips to Kubernetes pods of Warm Pods, measured in a browser.',
  whatSimulated: 'Round trips to SIMULATED pods of Warm Pods: made up in a browser, measured on no cluster.',
} as const

/** The meaning of each field, so that a reader of the file does not need this page. */
export const DEFINITIONS = {
  times:
    'Milliseconds since 1970 by the monotonic clock of the browser (performance.timeOrigin + performance.now()); steps of 0.1 ms.',
  dueMs: `When the ping was due on its grid of ${LIMITS.pingMs} ms.`,
  sentMs: 'When it was handed to the socket; null: no socket was open.',
  receivedMs: 'When its pong was handled; null: none came.',
  heldMs: 'How long the pod held the ping, by its own report.',
  roundTripMs: 'receivedMs − sentMs − heldMs.',
  latenessMs: 'How late the worker woke for this slot: the error of the instrument.',
  state: `answered; late (after its deadline of ${age(LIMITS.pingDeadlineMs)} or four times p95); missed (no pong); down (due while no socket was open); asleep (the browser slept: not measured); waiting (still on its way).`,
  pod: 'The pod that was asked, by its Kubernetes UID; null where it is not certain.',
  p: 'Percentiles of this page: linear interpolation at rank (n − 1)·p over the answered pings of 60 s.',
  jitter: 'RFC 3550, section 6.4.1, with the round trip in the place of the transit time.',
  kills:
    'The legs of each recovery follow each other and add up to totalMs; healMs is whole seconds of the cluster’s clock, from the death to the replacement’s readiness.',
} as const
