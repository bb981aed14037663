/**
 * Loaded into the functions and into `npm run smoke` by `--import`. It connects the deployed names, such as
 * `api.<domain>` and `lambda.<region>.amazonaws.com`, to the rehearsal's server on this machine. So the processes use
 * the deployed environment unchanged, with TLS, and need neither DNS records nor the port 443.
 */
import { Socket } from 'node:net'

interface Names {
  /** Domains whose names and subdomains are redirected. */
  readonly domains: readonly string[]
  readonly port: number
}

/** Variable with {@link Names} as JSON. */
const VARIABLE = 'REHEARSAL_NAMES'

const { domains, port } = JSON.parse(process.env[VARIABLE] ?? '{"domains":[],"port":0}') as Names
const connect = Socket.prototype.connect as (this: Socket, ...args: unknown[]) => Socket

/** `net.connect` passes an array whose first element has the options, `tls.connect` passes the options. */
Socket.prototype.connect = function redirected(this: Socket, ...args: unknown[]): Socket {
  const [first] = args
  if (Array.isArray(first)) first[0] = redirect(first[0])
  else args[0] = redirect(first)
  return connect.apply(this, args)
} as Socket['connect']

function redirect(options: unknown): unknown {
  if (typeof options !== 'object' || options === null || !('host' in options)) return options
  const host = String(options.host)
  const isOurs = domains.some((domain) => host === domain || host.endsWith(`.${domain}`))
  return isOurs ? { ...options, host: '127.0.0.1', port } : options
}
