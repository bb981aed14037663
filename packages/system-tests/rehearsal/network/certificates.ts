/** A certificate authority of the rehearsal and one server certificate, made by openssl. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificates {
  /** File of the CA's certificate, PEM. */
  readonly caFile: string
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/**
 * Writes keys and certificates, valid for a day, into `folder`.
 * @param names DNS names of the server certificate. It is also valid for 127.0.0.1.
 * @throws Error of openssl, ENOENT if it is not installed.
 */
export function makeCertificates(folder: string, names: readonly string[]): Certificates {
  const file = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  openssl(
    'req',
    '-x509',
    ...EC,
    '-days',
    '1',
    '-subj',
    '/CN=Warm Pods rehearsal',
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.crt'),
  )
  openssl('req', ...EC, '-subj', '/CN=rehearsal', '-keyout', file('server.key'), '-out', file('server.csr'))
  const alternatives = [...names.map((name) => `DNS:${name}`), 'IP:127.0.0.1'].join(',')
  writeFileSync(file('server.ext'), `subjectAltName=${alternatives}\n`)
  const signer = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial']
  openssl(
    'x509',
    '-req',
    '-in',
    file('server.csr'),
    ...signer,
    '-days',
    '1',
    '-extfile',
    file('server.ext'),
    '-out',
    file('server.crt'),
  )
  const read = (name: string) => readFileSync(file(name), 'utf8')
  return { caFile: file('ca.crt'), ca: read('ca.crt'), cert: read('server.crt'), key: read('server.key') }
}
