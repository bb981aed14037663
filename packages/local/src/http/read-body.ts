import type { IncomingMessage } from 'node:http'

export class PayloadTooLarge extends Error {
  override name = 'PayloadTooLarge'
}

/**
 * The whole body of a request.
 * @throws PayloadTooLarge as soon as more than `limit` bytes are announced or have come.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw new PayloadTooLarge()
  const chunks: Buffer[] = []
  let bytes = 0
  // Left open when we stop early: destroying it would take the connection along, and the caller's answer with it.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length
    if (bytes > limit) throw new PayloadTooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
