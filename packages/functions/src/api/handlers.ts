/** One handler for each operation of the API: typed request in, typed response out. */
import type { Session } from '@warm-pods/core/api/contracts.ts'
import type { OperationName, ResponseOf } from '@warm-pods/core/api/operations.ts'
import { sessionView } from '@warm-pods/core/api/session-view.ts'
import { signToken } from '@warm-pods/core/identity/token.ts'
import { podPath, requestProtocol, SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import { isKilled } from '@warm-pods/core/state/kill-state.ts'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import type { Services } from '../services.ts'
import { claim } from '../sessions/claim.ts'
import { kill } from '../sessions/kill.ts'
import { connected, extend, read, release } from '../sessions/lifecycle.ts'
import { reach } from '../sessions/reach.ts'
import { recover } from '../sessions/recover.ts'
import { health } from './health.ts'
import { poolView } from './pool-view.ts'
import type { ApiRequest } from './request.ts'

export type Handlers = {
  readonly [Name in OperationName]: (
    services: Services,
    request: ApiRequest<Name>,
  ) => Promise<ResponseOf<Name>>
}

/** Handlers throw ApiError for the errors of their operation; errors of AWS and Kubernetes pass through. */
export const HANDLERS: Handlers = {
  async claim(services, request) {
    const row = await claim(services, request)
    return { status: statusOf(row), body: await view(services, row) }
  },
  async read(services, request) {
    const { row, ...start } = await read(services, request)
    return { status: 200, body: await view(services, row, start) }
  },
  async extend(services, { sessionId }) {
    return { status: 200, body: await view(services, await extend(services, sessionId)) }
  },
  async connected(services, { sessionId, body }) {
    await connected(services, sessionId, body)
    return { status: 204 }
  },
  async recover(services, request) {
    const row = await recover(services, request, request.body)
    return { status: statusOf(row), body: await view(services, row) }
  },
  async reach(services, { sessionId }) {
    return { status: 200, body: await reach(services, sessionId) }
  },
  async kill(services, { sessionId, query }) {
    const row = await kill(services, sessionId, query.how, query.epoch)
    return { status: 202, body: await view(services, row) }
  },
  async release(services, { sessionId }) {
    await release(services, sessionId)
    return { status: 204 }
  },
  async pool(services) {
    return { status: 200, body: await poolView(services) }
  },
  async health(services) {
    const body = await health(services)
    return { status: body.ok ? 200 : 503, body }
  },
  async metrics(services) {
    // Imported here, so that no other operation loads the table of metrics.
    const { poolMetrics } = await import('./pool-metrics.ts')
    return { status: 200, body: await poolMetrics(services) }
  },
  async openapi() {
    // Imported here, so that no other operation loads the generator.
    const { openapi } = await import('@warm-pods/core/api/openapi.ts')
    return { status: 200, body: { ...openapi() } }
  },
}

/** 201 when the session has a pod to connect to, 202 while its pod is starting. */
function statusOf(row: SessionRow): 201 | 202 {
  return row.state === 'live' && !isKilled(row) ? 201 : 202
}

async function view(
  services: Services,
  row: SessionRow,
  start: Pick<Session, 'progress' | 'routed'> = {},
): Promise<Session> {
  const socket = row.state === 'live' && row.pod ? await socketFor(services, row, row.pod.ip) : undefined
  return sessionView(row, {
    ...(socket ? { socket } : {}),
    ...start,
    nowMs: services.now(),
  })
}

async function socketFor(
  services: Services,
  row: SessionRow,
  ip: string,
): Promise<NonNullable<Session['socket']>> {
  const token = await signToken(row.key, {
    sessionId: row.sessionId,
    epoch: row.epoch,
    expiresAtS: Math.ceil(row.endsAtMs / 1000),
  })
  const request = row.requestId === undefined ? undefined : requestProtocol(row.requestId)
  return {
    url: `${services.config.gatewayUrl}${podPath(ip)}`,
    protocols: [SUBPROTOCOL, token, ...(request === undefined ? [] : [request])],
  }
}
