import { METRIC_FAMILIES, seriesNames } from '@warm-pods/core/metrics.ts'
import { OPEN_METRICS_TYPE } from '@warm-pods/core/open-metrics.ts'
import { POD_METRICS } from '@warm-pods/core/pod-metrics.ts'
import { SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BOB, type PodProcess, podEnvironment, spawnPod, startPod, visit, visitAs, within } from './_util.ts'

/** A heartbeat of less than a second, with the rest of the table shrunk to keep its order. */
const QUICK = {
  heartbeatMs: 300,
  pingMs: 10,
  pingDeadlineMs: 20,
  deadAfterPings: 1,
  messagesPerSecond: 200,
  messageBurst: 400,
}

/** The samples of one scrape, by name and labels as in the text. */
type Samples = ReadonlyMap<string, number>

async function scrape(pod: PodProcess): Promise<Samples> {
  const response = await fetch(`http://127.0.0.1:${pod.metricsPort}/metrics`)
  expect(response.headers.get('content-type')).toBe(OPEN_METRICS_TYPE)
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(0, space), Number(line.slice(space + 1))]
    }),
  )
}

/** Scrapes until the samples are as wanted. */
async function scrapeUntil(pod: PodProcess, wanted: (samples: Samples) => boolean): Promise<Samples> {
  let last: Samples = new Map()
  const search = async (): Promise<Samples> => {
    for (;;) {
      last = await scrape(pod)
      if (wanted(last)) return last
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return within(search(), () => `Not found in ${JSON.stringify([...last])}`)
}

describe('GET /metrics of a pod', () => {
  let pod: PodProcess
  beforeAll(async () => {
    pod = await startPod(QUICK, { METRICS_PORT: '0' })
  })
  afterAll(async () => {
    await pod[Symbol.asyncDispose]()
  })

  it('exports every series of the table, and no other', async () => {
    const names = [...(await scrape(pod)).keys()].map((sample) => sample.replace(/\{.*/, ''))
    const expected = Object.entries(POD_METRICS).flatMap(([name, family]) => seriesNames(name, family))
    expect([...new Set(names)].sort()).toEqual(expected.sort())
    expect(names.filter((name) => name in METRIC_FAMILIES && !(name in POD_METRICS))).toEqual([])
  })

  it('counts sockets, messages, bytes, closes and refusals, and times messages and heartbeats', async () => {
    using visitor = await visitAs(pod)
    for (const seq of [1, 2, 3]) {
      visitor.ws.send(`p,${seq}`)
      await visitor.received((message) => message.startsWith(`p,${seq},`))
    }
    using stranger = visit(pod.url, [SUBPROTOCOL, await pod.token({ sessionId: BOB })])
    await stranger.closed
    const beats = 'warm_pods_heartbeat_round_trip_seconds_count'
    const open = await scrapeUntil(pod, (samples) => (samples.get(beats) ?? 0) > 0)
    expect(open.get('warm_pods_sockets_open')).toBe(1)
    expect(open.get('warm_pods_socket_messages_total{direction="received"}')).toBe(3)
    expect(open.get('warm_pods_socket_messages_total{direction="sent"}')).toBe(4)
    expect(open.get('warm_pods_socket_refusals_total{reason="another_session"}')).toBe(1)
    expect(open.get('warm_pods_message_held_seconds_count')).toBe(3)
    expect(open.get('warm_pods_message_held_seconds_bucket{le="+Inf"}')).toBe(3)
    expect(open.get('warm_pods_heartbeat_round_trip_seconds_bucket{le="5.0"}')).toBe(open.get(beats))
    const before = open.get('warm_pods_socket_bytes_total{direction="received"}') ?? 0
    expect(before).toBeGreaterThan(100)
    visitor.ws.close(3_999)
    await visitor.closed
    const closed = await scrapeUntil(pod, (samples) => samples.get('warm_pods_sockets_open') === 0)
    expect(closed.get('warm_pods_socket_closes_total{code="other"}')).toBe(1)
    expect(closed.get('warm_pods_socket_bytes_total{direction="received"}')).toBeGreaterThan(before)
    expect(closed.get('process_resident_memory_bytes')).toBeGreaterThan(1e7)
  })

  it('contains no session, token or address', async () => {
    const token = await pod.token()
    using visitor = visit(pod.url, [SUBPROTOCOL, token])
    await visitor.received((message) => message.includes('"hello"'))
    const text = [...(await scrape(pod)).keys()].join('\n')
    for (const secret of [...token.split('.').slice(1), pod.key, '127.0.0.1']) {
      if (secret.length > 3) expect(text).not.toContain(secret)
    }
  })

  it('is not on the port of the WebSocket, and its port has nothing else', async () => {
    const status = async (port: number | undefined, path: string, method = 'GET') =>
      (await fetch(`http://127.0.0.1:${port}${path}`, { method })).status
    expect(await status(pod.port, '/metrics')).toBe(404)
    expect(await status(pod.metricsPort, '/')).toBe(404)
    expect(await status(pod.metricsPort, '/health')).toBe(404)
    expect(await status(pod.metricsPort, '/metrics', 'POST')).toBe(405)
  })

  it('keeps no pod alive that terminates, and none whose own port is taken', async () => {
    await scrape(pod)
    const rival = spawnPod(podEnvironment({ POD_PORT: String(pod.port), METRICS_PORT: '0' }))
    expect((await rival.exit).code).toBe(1)
    pod.child.kill('SIGTERM')
    expect((await pod.exit).code).toBe(143)
  })
})
