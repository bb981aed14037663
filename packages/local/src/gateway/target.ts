const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const TARGET = new RegExp(`^/pod/((?:${OCTET}\\.){3}${OCTET})$`)

/**
 * Matches the whole raw request target, undecoded. Decoding first would let `%3F`, `%2E` and `//` change its meaning.
 * @returns the IPv4 address in `/pod/<address>`; undefined for any other target.
 */
export function addressIn(target: string | undefined): string | undefined {
  return TARGET.exec(target ?? '')?.[1]
}
