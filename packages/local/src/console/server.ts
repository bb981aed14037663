import type { IncomingMessage, ServerResponse } from 'node:http'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { isForThisMachine } from '@warm-pods/local-kubernetes/apiserver/loopback-host.ts'
import { createServer } from 'dynamodb-admin'
import { type LoopbackServer, listenOnLoopback } from '../http/loopback.ts'

export interface ConsoleOptions {
  /** 0 takes a free port. */
  readonly port: number
  /** URL of the DynamoDB that it shows. */
  readonly endpoint: string
}

/**
 * Starts dynamodb-admin on loopback. It can change and delete rows, so it accepts requests from its own pages only.
 * @throws the error of `listen`, `EADDRINUSE` for a busy port.
 */
export function startConsole({ port, endpoint }: ConsoleOptions): Promise<LoopbackServer> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const admin = createServer({
    dynamoDbClient: new DynamoDBClient({ endpoint, region: 'local', credentials }),
  })
  return listenOnLoopback(port, {
    onRequest(request, response) {
      if (isForThisMachine(request) && isFromOwnPage(request)) admin(request, response)
      else sendForbidden(response)
    },
  })
}

/** Browsers send the origin of a request (https://www.w3.org/TR/fetch-metadata/). Links and the address bar are allowed. */
function isFromOwnPage({ headers, method }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'] ?? 'none'
  return (
    site === 'same-origin' ||
    site === 'none' ||
    (method === 'GET' && headers['sec-fetch-mode'] === 'navigate')
  )
}

function sendForbidden(response: ServerResponse): void {
  response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' })
  response.end('The console accepts requests from its own pages only.\n')
}
