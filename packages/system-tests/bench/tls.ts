/** TLS on loopback for a benchmark, with a certificate of its own. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import { connect, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'

export interface Certificate extends AsyncDisposable {
  readonly key: Buffer
  readonly cert: Buffer
  /** File with the certificate, for NODE_EXTRA_CA_CERTS. */
  readonly file: string
}

/** Makes a certificate for 127.0.0.1 that is valid for a day. @throws Error when openssl is not installed. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'warm-pods-tls-'))
  const key = join(folder, 'key.pem')
  const file = join(folder, 'cert.pem')
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '1',
      ],
      ...['-subj', '/CN=bench', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', file],
    ],
    { stdio: 'ignore' },
  )
  return {
    key: readFileSync(key),
    cert: readFileSync(file),
    file,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

export interface TlsEndpoint extends AsyncDisposable {
  readonly url: string
}

/** Starts a proxy that ends TLS and forwards the bytes to a plain HTTP endpoint on this machine. */
export function tlsProxy(target: string, certificate: Certificate): Promise<TlsEndpoint> {
  const port = Number(new URL(target).port)
  const server = createTlsServer(certificate, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true })
    client.setNoDelay(true)
    client.pipe(upstream).pipe(client)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      one.on('error', () => other.destroy())
  })
  return listening(server, 'secureConnection')
}

/** Starts an HTTPS server. */
export function tlsServer(listener: RequestListener, certificate: Certificate): Promise<TlsEndpoint> {
  return listening(createServer(certificate, listener), 'secureConnection')
}

async function listening(server: Server, connection: string): Promise<TlsEndpoint> {
  const sockets = new Set<Socket>()
  server.on(connection, (socket: Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `https://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((closed) => server.close(closed))
    },
  }
}
