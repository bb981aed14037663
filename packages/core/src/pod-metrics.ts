/** The metrics of a pod. A pod imports them at its start, so this file imports little. `metrics.ts` has the whole table. */
import { CLOSE_CODES } from './close-codes.ts'
import type { MetricFamily } from './metric-family.ts'

/** The value of a label whose real value is outside its closed set. */
export const OTHER = 'other'

const DIRECTIONS = ['received', 'sent'] as const

/** Why a pod refuses a socket. The pod's own table (`token-check.ts`) has a close code and a text for each. */
export const REFUSAL_REASONS = [
  'no_subprotocol',
  'no_token',
  'malformed',
  'forged',
  'expired',
  'another_session',
  'older_epoch',
  'too_many_connections',
  'terminating',
  'session_over',
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/**
 * Close codes that a WebSocket library sends or reports by itself (RFC 6455 section 7.4.1), then those of {@link CLOSE_CODES}. A peer may
 * send any code from 3000 to 4999.
 */
export const CLOSE_CODE_LABELS: readonly string[] = [
  ...new Set([1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009, ...Object.values(CLOSE_CODES)]),
]
  .sort((a, b) => a - b)
  .map(String)
  .concat(OTHER)

/** Seconds. A pod holds a message for some ten microseconds. */
const HELD = [0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25] as const
/** Seconds. From a network within one room to the heartbeat's interval. */
const ROUND_TRIP = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const
/** Seconds. From a quiet event loop to a frozen one. */
const LOOP_DELAY = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5] as const

export const POD_METRICS = {
  warm_pods_sockets_open: {
    source: 'pod',
    type: 'gauge',
    unit: 'count',
    help: 'WebSockets of the session that are open now. Refused sockets do not count.',
  },
  warm_pods_socket_messages_total: {
    source: 'pod',
    type: 'counter',
    unit: 'count',
    help: 'Messages on the sockets that the pod serves. Frames of the protocol itself, such as pings of a heartbeat, do not count.',
    labels: { direction: DIRECTIONS },
  },
  warm_pods_socket_bytes_total: {
    source: 'pod',
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes on the TCP connections of the sockets that the pod serves, handshake and frame headers included.',
    labels: { direction: DIRECTIONS },
  },
  warm_pods_socket_closes_total: {
    source: 'pod',
    type: 'counter',
    unit: 'count',
    help: 'Served sockets that closed, by WebSocket close code. 1006: without a close frame.',
    labels: { code: CLOSE_CODE_LABELS },
  },
  warm_pods_socket_refusals_total: {
    source: 'pod',
    type: 'counter',
    unit: 'count',
    help: 'Sockets that the pod refused, by reason.',
    labels: { reason: REFUSAL_REASONS },
  },
  warm_pods_message_held_seconds: {
    source: 'pod',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time from reading a ping of the page to writing its pong. The pong carries the same figure.',
    buckets: HELD,
  },
  warm_pods_heartbeat_round_trip_seconds: {
    source: 'pod',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time from the protocol ping of a heartbeat to its pong: the latency of the visitor as the pod measures it.',
    buckets: ROUND_TRIP,
  },
  nodejs_eventloop_delay_seconds: {
    source: 'pod',
    type: 'histogram',
    unit: 'seconds',
    help: 'Lateness of a timer that is due twice a second: the time in which the event loop was busy.',
    buckets: LOOP_DELAY,
  },
  process_cpu_seconds_total: {
    source: 'pod',
    type: 'counter',
    unit: 'seconds',
    help: 'CPU time of the process, user and system.',
  },
  process_resident_memory_bytes: {
    source: 'pod',
    type: 'gauge',
    unit: 'bytes',
    help: 'Resident memory of the process.',
  },
  process_start_time_seconds: {
    source: 'pod',
    type: 'gauge',
    unit: 'unix seconds',
    help: 'Time at which the process started, in seconds since 1970.',
  },
  nodejs_heap_size_used_bytes: {
    source: 'pod',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes of the JavaScript heap that are in use.',
  },
} as const satisfies Readonly<Record<string, MetricFamily & { readonly source: 'pod' }>>
