import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'

/** What a side may still read and say once the other has ended; then both are cut, so that no half stays open. */
const LINGER_MS = 2_000

/**
 * Joins a visitor and a pod byte for byte, so that frames, close codes and their absence (1006) arrive as they were sent.
 * What one side ends, the other sees ended after the last byte; what one side breaks off does not outlive it for long.
 * @param idleMs both are cut when neither has said anything this long. A visitor's own pings count, so this never finds a frozen pod.
 */
export function join(visitor: Socket, pod: Socket, idleMs: number): void {
  let linger: NodeJS.Timeout | undefined
  const cut = (): void => {
    visitor.destroy()
    pod.destroy()
  }
  const startLinger = (): void => {
    linger ??= setTimeout(cut, LINGER_MS)
  }
  const forward = (from: Socket, to: Socket): void => {
    from.on('error', () => from.destroy())
    from.once('end', startLinger)
    from.once('close', () => {
      if (to.destroyed) return clearTimeout(linger)
      // Ended, not destroyed: a close frame may still be on its way to a slow reader.
      to.end()
      startLinger()
    })
    from.pipe(to)
  }
  forward(visitor, pod)
  forward(pod, visitor)
  pod.setTimeout(idleMs, cut)
}

/** The answer that makes the visitor's connection a WebSocket: what the pod agreed to, and nothing else it said. */
export function switchingProtocols(headers: IncomingHttpHeaders): string {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
  for (const name of ['sec-websocket-accept', 'sec-websocket-protocol'] as const)
    if (headers[name] !== undefined) lines.push(`${name}: ${headers[name]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}
