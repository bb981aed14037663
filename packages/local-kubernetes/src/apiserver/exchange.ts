/** One HTTP exchange: bounded request bodies, JSON responses, and errors as metav1.Status. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { StatusError } from '../apimachinery/status.ts'

/** The request and the response, as a handler receives them. */
export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  path: string
  query: URLSearchParams
  /** Adds a `Warning: 299 - "…"` header to the response. */
  warn(text: string): void
}

/** The limit of the real API server, 3 MiB. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024

/**
 * Reads the whole body.
 * @throws StatusError 413 beyond {@link MAX_BODY_BYTES}.
 */
export async function readBody({ request }: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > MAX_BODY_BYTES)
      throw new StatusError(
        413,
        'RequestEntityTooLarge',
        `Request entity too large: limit is ${MAX_BODY_BYTES}`,
      )
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Returns the media type of the body, in lower case and without parameters; empty without a header. */
export function contentType({ request }: Exchange): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/** Sends a JSON response. */
export function sendJson(
  { response }: Exchange,
  code: number,
  body: object,
  type = 'application/json',
): void {
  const text = JSON.stringify(body)
  response.writeHead(code, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-cache, private',
  })
  response.end(text)
}

/** Sends a response in plain text. */
export function sendText({ response }: Exchange, code: number, text: string): void {
  response.writeHead(code, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'x-content-type-options': 'nosniff',
  })
  response.end(text)
}

/**
 * Sends an error: a StatusError as it is, any other error as a 500 with its message. Destroys the connection when the
 * response has begun already.
 */
export function sendError(exchange: Exchange, error: unknown): void {
  const { response } = exchange
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const known = error instanceof StatusError ? error : internal(error)
  // The server does not read the rest of the body. Without closing, Node would parse it as the next request.
  if (known.code === 413) response.setHeader('connection', 'close')
  sendJson(exchange, known.code, known.body)
}

function internal(error: unknown): StatusError {
  const message = error instanceof Error ? error.message : String(error)
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  })
}
