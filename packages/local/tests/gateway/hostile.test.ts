import { describe, expect, it } from 'vitest'
import { handshake, rawPeer, visit } from '../../../pod/tests/_util.ts'
import { startCanary } from './_canary.ts'
import { startGateway } from './_util.ts'

const POD = '127.88.0.2'

/** Starts a gateway whose only pod is the canary, and records the addresses that it resolves. */
async function startGuarded() {
  const canary = await startCanary()
  const resolved: string[] = []
  const server = await startGateway({
    resolve(ip) {
      resolved.push(ip)
      return ip === POD ? { host: '127.0.0.1', port: canary.port } : undefined
    },
  })
  return {
    canary,
    resolved,
    port: server.port,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await canary[Symbol.asyncDispose]()
    },
  }
}

const NO_POD = [
  '/',
  '/pod',
  '/pod/',
  '/health',
  '/pod/127.0.0.1',
  '/pod/169.254.169.254',
  '/pod/0.0.0.0',
  '/pod/255.255.255.255',
  '/pod/10.0.0.1',
  '/pod/127.88.0.3',
  '/pod/localhost',
  '/pod/kubernetes.default.svc',
  '/pod/metadata.google.internal',
  '/pod/[::1]',
  '/pod/::ffff:127.88.0.2',
  '/pod/2136408066',
  '/pod/0x7f580002',
  '/pod/0x7f.0x58.0.2',
  '/pod/0177.0130.0.2',
  '/pod/127.088.0.2',
  '/pod/127.88.00.2',
  '/pod/127.88.2',
  '/pod/127.88.0.256',
  '/pod/127.88.0.2.',
  '/pod/.127.88.0.2',
  '/pod/127.88.0.2.nip.io',
  '/pod/127.88.0.2:8080',
  '/pod/127.88.0.2:9999',
  '/pod/127.88.0.2%3A9999',
  '/pod/127.88.0.2%3F',
  '/pod/127.88.0.2%20',
  '/pod/127.88.0.2%00',
  '/pod/127.88.0.2%0d%0aX:%201',
  '/pod/127%2E88%2E0%2E2',
  '/pod/%31%32%37.88.0.2',
  '/pod/user@127.88.0.2',
  '/pod/127.88.0.2@169.254.169.254',
  '/pod/127.88.0.2/',
  '/pod/127.88.0.2/health',
  '/pod/127.88.0.2/..',
  '/pod/127.88.0.2?',
  '/pod/127.88.0.2?x=1',
  '/pod/127.88.0.2#x',
  '/pod/127.88.0.2;x',
  '/pod//127.88.0.2',
  '//pod/127.88.0.2',
  '/./pod/127.88.0.2',
  '/pod/./127.88.0.2',
  '/pod/x/../127.88.0.2',
  '/pod/..%2f127.88.0.2',
  '/pod/%2e%2e/127.88.0.2',
  '/pod\\127.88.0.2',
  '/POD/127.88.0.2',
  '/pod/１２７.88.0.2',
  '/pod/127。88。0。2',
  'http://127.0.0.1/pod/127.88.0.2',
  '*',
]

describe('paths without a pod’s address', () => {
  it.each(NO_POD)(
    'get 404 and no connection to a pod, as an upgrade and as a plain request: %s',
    async (path) => {
      await using guarded = await startGuarded()
      const bytes = Buffer.from(path, 'utf8').toString('latin1')
      for (const request of [handshake(bytes, 'warm-pods.v1'), `GET ${bytes} HTTP/1.1\r\nHost: x\r\n\r\n`]) {
        using peer = await rawPeer(guarded.port, request)
        await peer.ended
        expect(peer.text()).toMatch(/^HTTP\/1\.1 40[04] /)
        expect(peer.text().toLowerCase()).not.toContain('169.254')
      }
      expect(guarded.canary.hits).toBe(0)
      expect(guarded.resolved.every((ip) => /^[\d.]+$/.test(ip) && ip !== POD)).toBe(true)
    },
  )
})

describe('requests that are not a handshake', () => {
  const good = handshake(`/pod/${POD}`, 'warm-pods.v1')
  const cases: [string, string, number][] = [
    ['two Hosts', good.replace('Host: pod', 'Host: pod\r\nHost: other'), 400],
    ['no Host', good.replace('Host: pod\r\n', ''), 400],
    ['a Content-Length', good.replace('Host', 'Content-Length: 5\r\nHost'), 400],
    ['a body of 2 KB', good.replace('GET', 'POST').replace('Host', 'Content-Length: 2048\r\nHost'), 413],
    ['a chunked body', good.replace('Host', 'Transfer-Encoding: chunked\r\nHost'), 400],
    [
      'a length and chunks',
      good.replace('Host', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\nHost'),
      400,
    ],
    ['two lengths', good.replace('Host', 'Content-Length: 5\r\nContent-Length: 6\r\nHost'), 400],
    ['a NUL in a header', good.replace('Host: pod', 'Host: p\x00d'), 400],
    ['a NUL in the path', good.replace(POD, `${POD}\x00`), 400],
    ['a space in the path', good.replace(POD, `${POD} x`), 400],
    ['a folded header', good.replace('Host: pod', 'Host: pod\r\n folded'), 400],
    ['a bare line feed', good.replace('Host: pod\r\n', 'Host: pod\n'), 400],
    ['a space before the colon', good.replace('Host:', 'Host :'), 400],
    ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01', 400],
    // nginx answers 400. Here the API uses the same port, and API Gateway answers 431.
    ['a head of 20 KB', good.replace('Host', `X: ${'x'.repeat(20_000)}\r\nHost`), 431],
    ['HTTP/1.0', good.replace('HTTP/1.1', 'HTTP/1.0'), 505],
    ['POST', good.replace('GET', 'POST'), 405],
    ['DELETE', good.replace('GET', 'DELETE'), 405],
    ['an upgrade to h2c', good.replace('Upgrade: websocket', 'Upgrade: h2c'), 426],
    ['no upgrade', `GET /pod/${POD} HTTP/1.1\r\nHost: x\r\n\r\n`, 426],
    ['a plain POST', `POST /pod/${POD} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`, 405],
  ]
  it.each(cases)('get an error without a connection to a pod: %s', async (_name, request, status) => {
    await using guarded = await startGuarded()
    using peer = await rawPeer(guarded.port, request)
    await peer.ended
    expect(peer.text()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(guarded.canary.hits).toBe(0)
  })

  it('forwards only the WebSocket headers of a handshake', async () => {
    await using guarded = await startGuarded()
    const extra = [
      'Cookie: a=b',
      'Authorization: Bearer x',
      'X-Forwarded-For: 1.2.3.4',
      'Origin: http://evil.example',
      'Sec-WebSocket-Extensions: permessage-deflate',
      'Sec-WebSocket-Protocol: token.x',
    ]
    using peer = await rawPeer(guarded.port, handshake(`/pod/${POD}`, 'warm-pods.v1', extra))
    await peer.received(' 101 ')
    expect(guarded.canary.heads[0]?.split('\r\n').sort()).toEqual([
      '',
      '',
      'GET / HTTP/1.1',
      'connection: Upgrade',
      'host: warm-pod',
      'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol: warm-pods.v1, token.x',
      'sec-websocket-version: 13',
      'upgrade: websocket',
    ])
    expect(peer.text()).not.toMatch(/set-cookie|server:/i)
  })

  it('do not stop the gateway', async () => {
    await using guarded = await startGuarded()
    for (const [, request] of cases) {
      using peer = await rawPeer(guarded.port, request)
      await peer.ended
    }
    using visitor = visit(`ws://127.0.0.1:${guarded.port}/pod/${POD}`, ['warm-pods.v1'])
    await new Promise((resolve) => visitor.ws.once('open', resolve))
    expect(guarded.canary.hits).toBe(1)
  })
})
