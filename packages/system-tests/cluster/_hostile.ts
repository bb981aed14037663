/** Requests that the gateway must refuse, for a pod with the address `ip`. */
import { handshake } from '../../pod/tests/_util.ts'

/** Returns request targets that name no pod. A careless parser would find a pod's address in many of them. */
export function hostileTargets(ip: string): string[] {
  const octets = ip.split('.').map(Number)
  const [a = 0, b = 0, c = 0, d = 0] = octets
  const joined = (form: (octet: number) => string) => octets.map(form).join('.')
  const names = [
    '127.0.0.1', '127.0.0.1:9999', '127.0.0.1%3A9999', '127.0.0.1:9999%3F', '0.0.0.0', '255.255.255.255', '169.254.169.254',
    '169.254.169.254%2Flatest%2Fmeta-data', '10.0.0.1', '10.96.0.1', '192.168.0.1', '224.0.0.1', 'localhost', 'kubernetes.default.svc',
    'metadata.google.internal', 'gateway', '[::1]', `::ffff:${ip}`, '%5B%3A%3A1%5D',
    String(((a * 256 + b) * 256 + c) * 256 + d),
    `0x${octets.map((octet) => octet.toString(16).padStart(2, '0')).join('')}`,
    joined((octet) => `0x${octet.toString(16)}`),
    joined((octet) => `0${octet.toString(8)}`),
    joined((octet) => String(octet).padStart(3, '0')),
    `${a}.${b}.${c * 256 + d}`, `${a}.${b}.${c}`, `${a}.${b}.${c}.256`, `${a}.${b}.${c}.${d}.0`,
    `${ip}.`, `.${ip}`, `${ip}.nip.io`, `${ip}:8080`, `${ip}:9999`, `${ip}%3A9999`, `${ip}%3F`, `${ip}%23`, `${ip}%20`,
    `${ip}%09`, `${ip}%00`, `${ip}%0a`, `${ip}%0d%0aX:%201`, `${ip}%2f`, ip.replaceAll('.', '%2E'), ip.replaceAll('.', '%2e'),
    ip.replace(/^./, (digit) => `%3${digit}`), `user@${ip}`, `${ip}@169.254.169.254`, `${ip}/`, `${ip}/health`, `${ip}/metrics`,
    `${ip}/..`, `${ip}/../${ip}`, `${ip}?`, `${ip}?x=1`, `${ip}#x`, `${ip};x`, `${ip},${ip}`, `${ip}\\`, `./${ip}`, `x/../${ip}`,
    `..%2f${ip}`, `%2e%2e/${ip}`, `/${ip}`, '', '.', '..', '%', '%zz', '$named', '$(id)', `\${ip}`,
    ip.replaceAll('.', '。'), String.fromCodePoint(...[...ip].map((digit) => (digit === '.' ? 46 : 0xfee0 + digit.charCodeAt(0)))),
    'x'.repeat(900),
  ] // biome-ignore format: a list to be read, not a column
  const paths = [
    '/',
    '/pod',
    `//pod/${ip}`,
    `/./pod/${ip}`,
    `/x/../pod/${ip}`,
    `/pod\\${ip}`,
    `/POD/${ip}`,
    `/Pod/${ip}`,
    `/pod%2f${ip}`,
    `/%70od/${ip}`,
    `/health/../pod/${ip}`,
    `http://127.0.0.1/pod/${ip}/`,
    '*',
  ]
  return [...names.map((name) => `/pod/${name}`), ...paths]
}

/** Returns requests for a pod that are not a handshake, each with the expected status. */
export function hostileRequests(ip: string): [what: string, request: string, status: number][] {
  const good = handshake(`/pod/${ip}`, 'warm-pods.v1')
  const after = (header: string): string => good.replace('Host', `${header}\r\nHost`)
  return [
    ['two Hosts', good.replace('Host: pod', 'Host: pod\r\nHost: other'), 400],
    ['no Host', good.replace('Host: pod\r\n', ''), 400],
    ['a length and chunks', after('Content-Length: 5\r\nTransfer-Encoding: chunked'), 400],
    ['two lengths', after('Content-Length: 5\r\nContent-Length: 6'), 400],
    ['a NUL in a header', good.replace('Host: pod', 'Host: p\x00d'), 400],
    ['a NUL in the path', good.replace(ip, `${ip}\x00`), 400],
    ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n', 400],
    ['a head of 20 KB', after(`X: ${'x'.repeat(20_000)}`), 400],
    ['a target of 20 KB', good.replace(ip, 'x'.repeat(20_000)), 414],
    ['a body of 2 KB', good.replace('GET', 'POST').replace('Host', 'Content-Length: 2048\r\nHost'), 413],
    ['HTTP/1.0', good.replace('HTTP/1.1', 'HTTP/1.0'), 505],
    ['POST', good.replace('GET', 'POST'), 405],
    ['DELETE', good.replace('GET', 'DELETE'), 405],
    ['HEAD', good.replace('GET', 'HEAD'), 405],
    ['CONNECT', good.replace('GET', 'CONNECT'), 405],
    ['an upgrade to h2c', good.replace('Upgrade: websocket', 'Upgrade: h2c'), 426],
    ['an upgrade to either', good.replace('Upgrade: websocket', 'Upgrade: websocket, h2c'), 426],
    ['no upgrade', `GET /pod/${ip} HTTP/1.1\r\nHost: x\r\n\r\n`, 426],
  ]
}
