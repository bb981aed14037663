import type { IncomingMessage, ServerResponse } from 'node:http'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { isForThisMachine } from '@warm-pods/local-kubernetes/apiserver/loopback-host.ts'
import { createServer } from 'dynamodb-admin'
import { type LoopbackServer, listenOnLoopback } from '../http/loopback.ts'

export interface ConsoleOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** Of the DynamoDB it shows. */
  readonly endpoint: string
}

/**
 * dynamodb-admin on loopback. It can change and delete rows, so it takes requests of its own pages only.
 * @throws the error of `listen`, `EADDRINUSE` for a busy port.
 */
export function startConsole({ port, endpoint }: ConsoleOptions): Promise<LoopbackServer> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const admin = createServer({
    dynamoDbClient: new DynamoDBClient({ endpoint, region: 'local', credentials }),
  })
  return listenOnLoopback(port, {
    onRequest(request, response) {
      if (isForThisMachine(request) && isOwn(request)) admin(request, response)
      else refuse(response)
    },
  })
}

/** Browsers say where a request comes from (https://www.w3.org/TR/fetch-metadata/); a link or an address bar is fine. */
function isOwn({ headers, method }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'] ?? 'none'
  return (
    site === 'same-origin' ||
    site === 'none' ||
    (method === 'GET' && headers['sec-fetch-mode'] === 'navigate')
  )
}

function refuse(response: ServerResponse): void {
  response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' })
  response.end('The console takes requests of its own pages only.\n')
}
