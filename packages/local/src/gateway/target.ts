const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const TARGET = new RegExp(`^/pod/((?:${OCTET}\\.){3}${OCTET})$`)

/**
 * The address in `/pod/<address>`; undefined for any other target. It reads the raw request target, undecoded and
 * anchored at both ends: a path that is decoded first lets `%3F`, `%2E` and `//` name what was never meant.
 */
export function addressIn(target: string | undefined): string | undefined {
  return TARGET.exec(target ?? '')?.[1]
}
