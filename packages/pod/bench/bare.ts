/** A bare `ws` echo server: the baseline of echo.ts. */
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
server.on('connection', (ws) => ws.on('message', (data, binary) => ws.send(data, { binary })))
server.on('listening', () => {
  const address = server.address()
  if (typeof address === 'object') console.log(JSON.stringify({ event: 'listening', port: address?.port }))
})
