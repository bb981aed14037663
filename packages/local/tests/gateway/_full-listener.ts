import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'

/** Listens and never accepts. The kernel queues one connection and lets further ones wait. */
const LISTENER = `
  const { createServer } = require('node:net')
  const { parentPort } = require('node:worker_threads')
  const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`

/** Starts a listener whose port neither accepts nor rejects TCP connections. */
export async function startFullListener(): Promise<{ port: number } & AsyncDisposable> {
  const worker = new Worker(LISTENER, { eval: true })
  const [port] = await once(worker, 'message')
  const fillers: Socket[] = []
  // Linux queues one or two more than the backlog. A connection that still waits after 300 ms shows that the queue is full.
  for (let waiting = false; !waiting; ) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => socket.destroy())
    fillers.push(socket)
    waiting = await Promise.race([
      once(socket, 'connect').then(() => false),
      new Promise<boolean>((resolve) => setTimeout(resolve, 300, true)),
    ])
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of fillers) socket.destroy()
      await worker.terminate()
    },
  }
}
