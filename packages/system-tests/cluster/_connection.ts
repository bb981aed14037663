/** A visitor's connection to their pod, with pings as the page sends them. */
import { once } from 'node:events'
import type { Session } from '@warm-pods/core/api/contracts.ts'
import { WebSocket } from 'ws'
import { type Closed, within } from '../../pod/tests/_util.ts'

export interface Connection extends Disposable {
  readonly pongs: () => number
  /** The close code, once the socket has closed. */
  readonly closeCodes: readonly number[]
  readonly messages: readonly string[]
  /** Resolves when the socket closes. Rejects when it is still open after the time of `within`. */
  readonly closed: Promise<Closed>
}

const PING_MS = 100

/**
 * Opens the socket of a session and sends a ping every 100 ms.
 * @throws Error when the session has no socket, or when the socket does not open.
 */
export async function holdConnection(site: string, session: Session): Promise<Connection> {
  if (!session.socket) throw new Error(`Expected a socket, the session is ${session.state}.`)
  const socket = new WebSocket(`${site.replace('http', 'ws')}${session.socket.url}`, session.socket.protocols)
  const messages: string[] = []
  const closeCodes: number[] = []
  let pongs = 0
  socket.on('message', (data) => {
    const text = String(data)
    if (text.startsWith('p,')) pongs++
    else messages.push(text)
  })
  const { promise: closed, resolve } = Promise.withResolvers<Closed>()
  socket.once('close', (code, reason) => {
    clearInterval(pings)
    closeCodes.push(code)
    resolve({ code, reason: String(reason) })
  })
  let seq = 0
  const pings = setInterval(() => {
    if (socket.readyState === WebSocket.OPEN) socket.send(`p,${++seq}`)
  }, PING_MS)
  await once(socket, 'open')
  return {
    pongs: () => pongs,
    closeCodes,
    messages,
    get closed() {
      return within(closed, () => `The socket was not closed. Messages: ${JSON.stringify(messages)}`)
    },
    [Symbol.dispose]: () => socket.terminate(),
  }
}
