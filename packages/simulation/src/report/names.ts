/** Names for people in a history: visitors by first names, uids and session ids shortened to them. */
const FIRST =
  'ada ben cleo dan eve finn gia hugo ida jon kim leo mia ned ola pia quin ravi sue tom una vic wes xia yan zoe'.split(
    ' ',
  )

export class Names {
  readonly #of = new Map<string, string>()

  /** The name of whoever holds a session; the first one asked for is Ada's. */
  visitor(sessionId: string): string {
    const known = this.#of.get(sessionId)
    if (known !== undefined) return known
    const n = this.#of.size
    const name = `${FIRST[n % FIRST.length]}${n < FIRST.length ? '' : Math.floor(n / FIRST.length) + 1}`
    this.#of.set(sessionId, name)
    return name
  }

  /** A line with names in place of session ids, and with the first characters of uids. */
  readable(line: string): string {
    let text = line
    for (const [id, name] of this.#of) text = text.replaceAll(id, name)
    return text
      .replaceAll(/([0-9a-f]{8})-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}/g, '$1')
      .replaceAll(/([0-9a-f]{8})[0-9a-f]{24}/g, '$1')
  }
}
