import { CLOSE, SUBPROTOCOL } from '@warm-pods/core/socket.ts'
import type { Handshake, MakeHandshake } from '@warm-pods/functions/gateway/handshake.ts'
import type { MemoryKube } from './memory-kube.ts'
import type { Process } from './simulated-process.ts'
import type { CallErrors, Wire } from './wire.ts'

/** The deadline of a handshake in functions/gateway/handshake.ts. */
export const HANDSHAKE_DEADLINE_MS = 1_500

class Failed extends Error {
  readonly result: Handshake
  constructor(result: Handshake) {
    super(result.reach)
    this.result = result
  }
}

const failed = (reach: 'no_answer' | 'gateway_down', problem: string) => (): Error =>
  new Failed({ reach, problem })
const ERRORS: CallErrors = {
  busy: failed('gateway_down', 'answered 503: no gateway is available'),
  cut: failed('gateway_down', 'cannot be reached (ECONNREFUSED)'),
  unsure: failed('no_answer', 'answered 502: the pod did not accept the connection'),
  late: failed('no_answer', 'got no answer from the pod within 1.5 s'),
  timeoutMs: HANDSHAKE_DEADLINE_MS,
}

/**
 * The handshake of one process with the pods of a {@link MemoryKube}. It fails by the faults of the history, and always with a pod
 * that the network hides from the gateway.
 * @param observer called with the UID of each pod that the gateway reaches, or that gives it no answer.
 */
export function simHandshake(
  process: Process,
  kube: MemoryKube,
  wire: Wire,
  observer: { reached(uid: string): void; unanswered(uid: string): void },
): MakeHandshake {
  const connect = async (ip: string): Promise<Handshake> => {
    const pod = kube.podAt(ip)
    if (!pod || kube.isHidden(pod))
      return { reach: 'no_answer', problem: 'answered 504: the pod did not answer in time' }
    const opened = await kube.connect(ip, SUBPROTOCOL)
    if (opened.ok || opened.code !== CLOSE.refused.code)
      return { reach: 'no_answer', problem: 'answered 502: the pod did not accept the connection' }
    observer.reached(pod.uid)
    return { reach: 'answers' }
  }
  const deadline = async (): Promise<Handshake> => {
    await wire.sleep(process, HANDSHAKE_DEADLINE_MS)
    return { reach: 'no_answer', problem: 'got no answer from the pod within 1.5 s' }
  }
  return async (ip) => {
    const uid = kube.podAt(ip)?.uid
    const result = await Promise.race([
      wire.attempt(
        process,
        () => `handshake with ${ip}`,
        wire.faults.gateway,
        ERRORS,
        () => connect(ip),
      ),
      deadline(),
    ]).catch((error: unknown) => {
      if (error instanceof Failed) return error.result
      throw error
    })
    if (uid !== undefined && result.reach === 'no_answer') observer.unanswered(uid)
    return result
  }
}
