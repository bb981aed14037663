/** The process of the pods in these tests. It is Ready at once and exits on request. */
import { createServer } from 'node:http'

const { POD_IP, POD_PORT } = process.env
process.on('SIGTERM', () => process.exit(143))
createServer((request, response) => {
  const code = /^\/exit\/(\d+)$/.exec(request.url ?? '')?.[1]
  response.end(() => code !== undefined && process.exit(Number(code)))
}).listen(Number(POD_PORT), POD_IP)
