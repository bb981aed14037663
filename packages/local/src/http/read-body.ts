import type { IncomingMessage } from 'node:http'

/** The body of a request is larger than allowed. */
export class PayloadTooLarge extends Error {
  override name = 'PayloadTooLarge'
}

/**
 * Reads the whole body of a request.
 * @param limit bytes.
 * @throws PayloadTooLarge as soon as the Content-Length or the received bytes exceed the limit.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw new PayloadTooLarge()
  const chunks: Buffer[] = []
  let bytes = 0
  // Not destroyed on an early return: that would close the connection before the caller gets the response.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length
    if (bytes > limit) throw new PayloadTooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
