// One HTTP exchange: reading a bounded body, answering in JSON, and errors as metav1.Status.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { StatusError } from './status.ts'

/** What a handler gets. */
export type Exchange = {
  request: IncomingMessage
  response: ServerResponse
  path: string
  query: URLSearchParams
  /** Adds a `Warning: 299 - "…"` header to the answer. */
  warn(text: string): void
}

/** The API server's own limit, 3 MiB. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024

/** The whole body as text. Throws 413 beyond the limit. */
export async function readBody({ request }: Exchange): Promise<string> {
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
  return Buffer.concat(chunks).toString('utf8')
}

/** The media type of the body, in lower case and without parameters. */
export function contentType({ request }: Exchange): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/** Answers in JSON. */
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

/** Answers in plain text. */
export function sendText({ response }: Exchange, code: number, text: string): void {
  response.writeHead(code, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'x-content-type-options': 'nosniff',
  })
  response.end(text)
}

/** Answers an error: a StatusError as it is, anything else as a 500 that tells its message and no more. */
export function sendError(exchange: Exchange, error: unknown): void {
  const { response } = exchange
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const known = error instanceof StatusError ? error : internal(error)
  // The rest of a body that nobody will read must not be taken for the next request.
  if (known.code === 413) response.setHeader('connection', 'close')
  sendJson(exchange, known.code, known.body)
}

function internal(error: unknown): StatusError {
  const message = error instanceof Error ? error.message : String(error)
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  })
}
