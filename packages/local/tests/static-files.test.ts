import { createHash } from 'node:crypto'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startDevServer } from '../src/dev-server/dev-server.ts'
import { call, rawCall, temporaryFolder, until } from './_util.ts'

async function testSite() {
  const folder = await temporaryFolder()
  const page = join(folder.path, 'dist')
  await writeFile(join(folder.path, 'secret.txt'), 'secret')
  const server = await startDevServer({
    port: 0,
    page,
    gateway: { upgrade: (_request, socket) => void socket.destroy() },
    onError: () => {},
    api: { name: 'api', timeoutMs: 1_000, handler: () => ({ statusCode: 200, body: 'api' }) },
  })
  return {
    port: server.port,
    page,
    async build() {
      await mkdir(join(page, 'assets'), { recursive: true })
      await writeFile(join(page, 'index.html'), '<!doctype html>home')
      await writeFile(join(page, 'assets/main-Ab3dEf9_.js'), 'code')
      await writeFile(join(page, 'icon.svg'), '<svg/>')
      await writeFile(join(page, '.built-from'), 'secret')
      await symlink(join(folder.path, 'secret.txt'), join(page, 'link.txt'))
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

describe('the page', () => {
  it('has its content type and is revalidated on every load', async () => {
    await using it = await testSite()
    await it.build()
    const reply = await call(it.port, '/?from=somewhere')
    expect(reply).toMatchObject({
      status: 200,
      body: '<!doctype html>home',
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      },
    })
    expect(reply.headers['content-security-policy']).toContain("default-src 'self'")
  })

  it('may run only its own inline scripts, allowed by their hash', async () => {
    await using it = await testSite()
    await it.build()
    await writeFile(join(it.page, 'index.html'), '<script src="/a.js"></script><script>go()</script>')
    const { headers } = await call(it.port, '/', { headers: { host: 'localhost:4400' } })
    const policy = String(headers['content-security-policy'])
    const hash = createHash('sha256').update('go()').digest('base64')
    expect(policy).toContain(`script-src 'self' 'sha256-${hash}';`)
    expect(policy).toContain("connect-src 'self' ws://localhost:4400;")
  })

  it('has immutable assets when their names contain a hash', async () => {
    await using it = await testSite()
    await it.build()
    expect(await call(it.port, '/assets/main-Ab3dEf9_.js')).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
      },
    })
    expect(await call(it.port, '/icon.svg')).toMatchObject({ headers: { 'cache-control': 'no-cache' } })
  })

  it('is 503 until it is built, and then appears without a restart', async () => {
    await using it = await testSite()
    expect(await call(it.port, '/')).toMatchObject({ status: 503, headers: { refresh: '1' } })
    await it.build()
    await until('the page', async () => (await call(it.port, '/')).status === 200)
  })

  it('answers HEAD without a body and rejects writing methods', async () => {
    await using it = await testSite()
    await it.build()
    expect(await call(it.port, '/', { method: 'HEAD' })).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-length': '19' },
    })
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
      expect(await call(it.port, '/', { method })).toMatchObject({
        status: 405,
        headers: { allow: 'GET, HEAD' },
      })
  })
})

describe('a hostile path', () => {
  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%252e%252e%252fsecret.txt',
    '//etc/passwd',
    '/etc/passwd',
    '/link.txt',
    '/assets',
    '/assets/',
    '/index.html/',
    '/index.html%00.js',
    '/.git/config',
    '/.built-from',
    '/__proto__',
    '/constructor',
    '/\u00e9',
  ])('is not found: %s', async (path) => {
    await using it = await testSite()
    await it.build()
    await call(it.port, '/')
    const raw = await rawCall(it.port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    expect(raw).toMatch(/^HTTP\/1\.1 40[04] /)
    expect(raw).not.toContain('secret')
  })

  it('is not fetched from another server', async () => {
    await using it = await testSite()
    await it.build()
    const raw = await rawCall(
      it.port,
      'GET http://169.254.169.254/latest HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    )
    // RFC 9112 section 3.2.2: the target's host counts, not the Host header.
    expect(raw).toMatch(/^HTTP\/1\.1 421 /)
  })
})
