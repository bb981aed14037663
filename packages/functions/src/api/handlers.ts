/** What each operation of the API does with its parsed input. */
import {
  ConnectedBodySchema,
  KillQuerySchema,
  type Progress,
  RecoverBodySchema,
  type Session,
} from '@warm-pods/core/api/contracts.ts'
import type { OperationName } from '@warm-pods/core/api/operations.ts'
import { sessionView } from '@warm-pods/core/api/session-view.ts'
import { signToken } from '@warm-pods/core/identity/token.ts'
import { podPath, SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import type { SessionRow } from '@warm-pods/core/state/state.ts'
import { isKilled } from '@warm-pods/core/state/state.ts'
import * as v from 'valibot'
import type { Services } from '../services.ts'
import { claim } from '../sessions/claim.ts'
import { kill } from '../sessions/kill.ts'
import { connected, extend, read, release } from '../sessions/lifecycle.ts'
import { recover } from '../sessions/recover.ts'
import { health } from './health.ts'
import { poolView } from './pool-view.ts'
import type { Answer } from './response.ts'

export interface Input {
  /** The caller's own; empty for calls that need none. */
  readonly sessionId: string
  readonly address: string
  /** Checked against the operation's schema already; parsed here once more only to give it its type. */
  readonly body: unknown
  readonly query: unknown
}

export const HANDLERS: Record<OperationName, (services: Services, input: Input) => Promise<Answer>> = {
  async claim(services, input) {
    const row = await claim(services, input)
    return { status: statusOf(row), body: await view(services, row) }
  },
  async read(services, { sessionId }) {
    const { row, progress } = await read(services, sessionId)
    return { status: 200, body: await view(services, row, progress) }
  },
  async extend(services, { sessionId }) {
    return { status: 200, body: await view(services, await extend(services, sessionId)) }
  },
  async connected(services, { sessionId, body }) {
    await connected(services, sessionId, v.parse(ConnectedBodySchema, body))
    return { status: 204 }
  },
  async recover(services, input) {
    const { row } = await recover(services, input, v.parse(RecoverBodySchema, input.body))
    return { status: statusOf(row), body: await view(services, row) }
  },
  async kill(services, { sessionId, query }) {
    const { how, epoch } = v.parse(KillQuerySchema, query)
    const row = await kill(services, sessionId, how, epoch === undefined ? undefined : Number(epoch))
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
  async openapi() {
    // Loaded when asked for: nobody else pays for the generator.
    const { openapi } = await import('@warm-pods/core/api/openapi.ts')
    return { status: 200, body: openapi() }
  },
}

/** 201 when there is a pod to connect to, 202 when it is still on its way. */
function statusOf(row: SessionRow): number {
  return row.state === 'live' && !isKilled(row) ? 201 : 202
}

async function view(services: Services, row: SessionRow, progress?: Progress): Promise<Session> {
  const socket = row.state === 'live' && row.pod ? await socketFor(services, row, row.pod.ip) : undefined
  return sessionView(row, { ...(socket ? { socket } : {}), ...(progress ? { progress } : {}) })
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
  return { url: `${services.config.gatewayUrl}${podPath(ip)}`, protocols: [SUBPROTOCOL, token] }
}
