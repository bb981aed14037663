import { expect, it } from 'vitest'
import { handshake, rawPeer, startPod } from './_util.ts'

it('answers plain requests with short JSON and the right status', async () => {
  await using pod = await startPod()
  const cases: [string, string, number][] = [
    ['GET', '/health', 200],
    ['HEAD', '/health', 200],
    ['POST', '/health', 405],
    ['GET', '/', 426],
    ['DELETE', '/', 405],
    ['GET', '/metrics', 404],
    ['GET', '/health?x=1', 404],
    ['POST', '/<script>', 404],
  ]
  for (const [method, path, status] of cases) {
    const response = await fetch(`http://127.0.0.1:${pod.port}${path}`, { method })
    expect(response.status, `${method} ${path}`).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/json')
    const body = await response.text()
    expect(body.length).toBeLessThan(200)
    expect(body).not.toContain('script')
  }
})

it('stays healthy after bytes that are neither HTTP nor a handshake', async () => {
  await using pod = await startPod()
  const bad: [string, RegExp][] = [
    ['\x16\x03\x01\x02\x00\x01\x00', /^HTTP\/1\.1 400 /],
    ['GET / HTTP/1.1\r\nHost: \x00\r\n\r\n', /^HTTP\/1\.1 400 /],
    [`GET /health HTTP/1.1\r\nHost: pod\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    [handshake('/', 'warm-pods.v1').replace('Version: 13', 'Version: 12'), /^HTTP\/1\.1 400 /],
    [handshake('/', 'warm-pods.v1').replace('dGhlIHNhbXBsZSBub25jZQ==', 'short'), /^HTTP\/1\.1 400 /],
    [handshake('/', 'warm-pods.v1, warm-pods.v1'), /^HTTP\/1\.1 400 /],
    [handshake('/', 'a b'), /^HTTP\/1\.1 400 /],
    [handshake('/pod/127.0.0.1', 'warm-pods.v1'), /^HTTP\/1\.1 404 /],
  ]
  for (const [bytes, head] of bad) {
    using peer = await rawPeer(pod.port, bytes)
    await peer.ended
    expect(peer.text(), JSON.stringify(bytes.slice(0, 60))).toMatch(head)
  }
  expect((await fetch(`http://127.0.0.1:${pod.port}/health`)).status).toBe(200)
})
