// A client that is not a browser. It claims a pod, pings it, kills it, pings the next one, and gives that back.
//   npx node docs/client.mjs [URL of the API]       Node 22 or later; docs/client.md explains it
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

const api = process.argv[2] ?? 'http://localhost:4400/api'
const authorization = `Bearer ${randomBytes(32).toString('base64url')}`
async function call(method, path, body) {
  const headers = { authorization, ...(body && { 'content-type': 'application/json' }) }
  const response = await fetch(api + path, { method, headers, body: body && JSON.stringify(body) })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return response.status === 204 ? undefined : response.json()
}
/** Resolves with the next message that begins with `start`; rejects when the socket closes before. */
const message = (socket, start) =>
  new Promise((resolve, reject) => {
    socket.addEventListener('message', ({ data }) => data.startsWith(start) && resolve(data))
    socket.addEventListener('close', ({ code, reason }) => reject(new Error(`closed: ${code} ${reason}`)))
  })
async function ping(session) {
  // A pod that is still starting has no socket yet.
  for (; !session.socket; session = await call('GET', `/session/${session.id}`)) await sleep(1_000)
  const url = new URL(session.socket.url, api)
  url.protocol = url.protocol.replace('http', 'ws')
  const socket = new WebSocket(url, session.socket.protocols)
  await message(socket, '{"type":"hello"')
  for (let seq = 0; seq < 5; seq++) {
    const sentMs = performance.now()
    socket.send(`p,${seq}`)
    const pong = await message(socket, `p,${seq},`)
    console.log(`${session.pod.alias} ${pong} ${(performance.now() - sentMs).toFixed(1)} ms`)
  }
  return socket
}

const first = await call('POST', '/session', {})
const closed = once(await ping(first), 'close')
await call('DELETE', `/session/${first.id}/pod?how=polite`)
const [{ code, reason }] = await closed
console.log(`closed: ${code} ${reason}`)
const next = await call('POST', `/session/${first.id}/recover`, { epoch: first.epoch, how: 'failover' })
const socket = await ping(next)
await call('DELETE', `/session/${first.id}`)
socket.close()
