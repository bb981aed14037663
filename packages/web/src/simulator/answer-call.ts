import type { Reach } from '@warm-pods/core/api/contracts.ts'
import { ApiError } from '@warm-pods/core/api/errors.ts'
import {
  claim,
  connected,
  extend,
  kill,
  read,
  recover,
  release,
  shown,
} from '@warm-pods/core/simulation/calls.ts'
import type { Simulation } from '@warm-pods/core/simulation/simulation.ts'
import type { Answer } from '../visit/api.ts'
import type { Call } from './protocol.ts'

/** Checks the way to a session's pod. The simulated gateway is never down. */
function reach({ world }: Simulation, session: string): Reach {
  const { row } = read(world, session)
  if (row.state === 'ended') throw new ApiError('session_over')
  if (!row.pod) throw new ApiError('future_epoch')
  const pod = world.cluster.at(row.pod.ip)
  return {
    epoch: row.epoch,
    reach: pod?.view.ready && !pod.frozen ? 'answers' : 'no_answer',
    checkedAt: new Date().toISOString(),
  }
}

/** Answers one call as the API does. An `ApiError` becomes an answer. @throws any other error: it is a bug. */
export function answerCall(simulation: Simulation, call: Call): Answer<unknown> {
  try {
    return { is: 'ok', value: run(simulation, call) }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { code, message, retryAfterMs } = error
    const requestId = 'simulated'
    return {
      is: 'error',
      error: { code, message, requestId, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    }
  }
}

function run(simulation: Simulation, call: Call): unknown {
  const { world, refill } = simulation
  switch (call.name) {
    case 'claim': {
      const row = claim(world, call.session)
      refill.trigger()
      return shown({ row })
    }
    case 'read':
      return shown(read(world, call.session))
    case 'extend':
      return shown({ row: extend(world, call.session) })
    case 'connected':
      connected(world, call.session, call.body)
      return null
    case 'recover': {
      const row = recover(world, call.session, call.body)
      refill.trigger()
      return shown({ row })
    }
    case 'reach':
      return reach(simulation, call.session)
    case 'kill': {
      const row = kill(world, call.session, call.how, call.epoch)
      if (!row.pod) refill.trigger()
      return shown({ row })
    }
    case 'release':
      release(world, call.session)
      refill.trigger()
      return null
    case 'pool':
      return simulation.pool()
    default:
      return call satisfies never
  }
}
