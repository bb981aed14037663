/** A visitor's line to the pod they hold, as the page keeps it: pings, and a new socket when one is lost. */
import { once } from 'node:events'
import type { Session } from '@warm-pods/core/api/contracts.ts'
import { WebSocket } from 'ws'

export interface Line extends Disposable {
  readonly pongs: () => number
  /** Close codes of sockets that were lost, in order. */
  readonly lost: readonly number[]
  readonly said: readonly string[]
  /** The first close. */
  readonly closed: Promise<{ code: number; reason: string }>
}

const PING_MS = 100

/** @throws when the socket does not open. */
export async function holdLine(site: string, session: Session): Promise<Line> {
  if (!session.socket) throw new Error(`Expected a socket, the session is ${session.state}.`)
  const socket = new WebSocket(`${site.replace('http', 'ws')}${session.socket.url}`, session.socket.protocols)
  const said: string[] = []
  const lost: number[] = []
  let pongs = 0
  socket.on('message', (data) => {
    const text = String(data)
    if (text.startsWith('p,')) pongs++
    else said.push(text)
  })
  const { promise: closed, resolve } = Promise.withResolvers<{ code: number; reason: string }>()
  socket.once('close', (code, reason) => {
    clearInterval(pings)
    lost.push(code)
    resolve({ code, reason: String(reason) })
  })
  let seq = 0
  const pings = setInterval(() => {
    if (socket.readyState === WebSocket.OPEN) socket.send(`p,${++seq}`)
  }, PING_MS)
  await once(socket, 'open')
  return { pongs: () => pongs, lost, said, closed, [Symbol.dispose]: () => socket.terminate() }
}
