/** The text of `GET /metrics`. The first scrape loads this file, so that a pod without a scraper pays nothing for it. */
import { openMetricsWriter, type Readings } from '@warm-pods/core/open-metrics.ts'
import { CLOSE_CODE_LABELS, OTHER, POD_METRICS, type RefusalReason } from '@warm-pods/core/pod-metrics.ts'
import { REFUSALS, type RefusalWhy } from '../token-check.ts'
import type { PodCounts } from './counts.ts'

export { OPEN_METRICS_TYPE } from '@warm-pods/core/open-metrics.ts'

const write = openMetricsWriter(POD_METRICS)

/** Returns the present values of all metrics of the pod. */
export function metricsText(counts: PodCounts): string {
  return write(readingsOf(counts))
}

function readingsOf(counts: PodCounts): Readings<typeof POD_METRICS> {
  const { user, system } = process.cpuUsage()
  const { heapUsed, rss } = process.memoryUsage()
  return {
    warm_pods_sockets_open: counts.socketsOpen,
    warm_pods_socket_messages_total: counts.messages,
    warm_pods_socket_bytes_total: counts.bytes,
    warm_pods_socket_closes_total: closesByCode(counts),
    warm_pods_socket_refusals_total: refusalsByReason(counts),
    warm_pods_message_held_seconds: counts.held,
    warm_pods_heartbeat_round_trip_seconds: counts.heartbeat,
    nodejs_eventloop_delay_seconds: counts.loopDelay,
    process_cpu_seconds_total: (user + system) / 1e6,
    process_resident_memory_bytes: rss,
    process_start_time_seconds: performance.timeOrigin / 1_000,
    nodejs_heap_size_used_bytes: heapUsed,
  }
}

function closesByCode({ closes }: PodCounts): Record<string, number> {
  const byCode: Record<string, number> = {}
  for (const [code, count] of closes) {
    const label = CLOSE_CODE_LABELS.includes(String(code)) ? String(code) : OTHER
    byCode[label] = (byCode[label] ?? 0) + count
  }
  return byCode
}

type Underscored<Text extends string> = Text extends `${infer First} ${infer Rest}`
  ? `${First}_${Underscored<Rest>}`
  : Text

function refusalsByReason({ refusals }: PodCounts): Record<RefusalReason, number> {
  const entries = (Object.keys(REFUSALS) as RefusalWhy[]).map((why) => {
    const reason: RefusalReason = why.replaceAll(' ', '_') as Underscored<RefusalWhy>
    return [reason, refusals.get(why) ?? 0]
  })
  return Object.fromEntries(entries)
}
